"""The environment of a function process, as the documentation of Greengrass v1 lists it."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from system.greengrass import runtime
from system.greengrass.supervision.process import Launch
from system.greengrass.v1.arns import ROUTER_ARN, SECRETS_ARN, SHADOW_ARN
from system.greengrass.v1.function_output import LOG_CHANNEL, LOG_VARIABLE
from system.greengrass.v1.group import Function

RUNTIME = Path(runtime.__file__).parent
WORKER_MODULE = "greengrass_ipc_python_sdk.worker"

_NOT_FOR_FUNCTIONS = frozenset(
    {
        # Our interpreter's; the function has one of its own.
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONSTARTUP",
        "VIRTUAL_ENV",
        # The core's identity in the cloud; a function asks the core for credentials.
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
    }
)


def base_interpreter() -> str:
    """The interpreter that our virtual environment was made from: functions bring their own packages."""
    return str(getattr(sys, "_base_executable", sys.executable))


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSurroundings:
    """What is the same for all functions of a core.

    Attributes:
        region: of the core's thing.
        daemon_port: the local HTTP interface.
        stream_manager_port: where functions find the stream manager; None: the group has none.
        log_level: the group's, for functions.
        inherited: the core's own environment.
    """

    region: str
    daemon_port: int
    stream_manager_port: int | None
    log_level: str
    inherited: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def variables(self, function: Function, token: str) -> dict[str, str]:
        """The environment of a function, its own variables included."""
        kept = {
            name: value for name, value in self.inherited.items() if name not in _NOT_FOR_FUNCTIONS
        }
        port = self.stream_manager_port
        return {
            **kept,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            **({} if port is None else {"STREAM_MANAGER_SERVER_PORT": str(port)}),
            "LOG_LEVEL": self.log_level,
            **function.variables,
            # What follows makes the function run at all: a group cannot overrule it.
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": token,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": (
                f"http://localhost:{self.daemon_port}/2016-11-01/credentialprovider/"
            ),
            "ENCODING_TYPE": function.encoding.value,
            "GG_DAEMON_PORT": str(self.daemon_port),
            "GG_HANDLER": function.handler,
            "MY_FUNCTION_ARN": function.arn,
            "PYTHONPATH": os.pathsep.join([str(RUNTIME), str(function.code)]),
            "PYTHONUNBUFFERED": "1",
            "ROUTER_FUNCTION_ARN": ROUTER_ARN,
            "SECRETS_MANAGER_FUNCTION_ARN": SECRETS_ARN,
            "SHADOW_FUNCTION_ARN": SHADOW_ARN,
        }


def worker_launch(
    function: Function, surroundings: FunctionSurroundings, *, token: str, worker: str, work: Path
) -> Launch:
    """How to start a worker of a function; `-P` keeps what it writes into `work` out of its imports."""
    work.mkdir(parents=True, exist_ok=True)
    return Launch(
        command=(base_interpreter(), "-s", "-P", "-m", WORKER_MODULE),
        environment={**surroundings.variables(function, token), "GG_WORKER_ID": worker},
        directory=work,
        channels={LOG_VARIABLE: LOG_CHANNEL},
    )
