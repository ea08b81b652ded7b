"""LocalStack as a process of a site, in host mode: no Docker, no account, nothing of it outside the site's folder."""

import os
import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.emulator import SETTINGS, services
from harness.environments.site.parts import tail
from harness.environments.site.ports import LOOPBACK
from harness.environments.site.processes import MARK, Part, kill_with_children, start, stop
from harness.environments.site.suspending import suspended
from harness.tools.localstack import KINESIS_LOCAL_VERSION, LIBRARIES, LocalStackTool
from harness.waiting import WaitedInVain, wait_until

HEALTH_S = 60.0

# LocalStack takes many settings from the environment; what a user has set for another one, or for the AWS client in his
# shell, must not reach ours.
NOT_FOR_LOCALSTACK = re.compile(
    r"AWS_\w+|LOCALSTACK_\w+|PYTHON(PATH|HOME|STARTUP)|VIRTUAL_ENV|ACTIVATE_PRO|SERVICES|DEBUG|LS_LOG|PERSISTENCE"
    r"|GATEWAY_\w+|EDGE_\w+|KINESIS_\w+|LAMBDA_\w+|PROVIDER_OVERRIDE_\w+|STRICT_SERVICE_LOADING|CONFIG_PROFILE"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalStackProcess:
    """A running LocalStack.

    Attributes:
        part: its process.
        port: where every service is reached.
    """

    part: Part
    port: int

    @property
    def endpoint(self) -> str:
        """The URL of every service."""
        return f"http://{LOOPBACK}:{self.port}"

    def wait(self, seconds: float = HEALTH_S) -> None:
        """Return when it answers.

        Raises:
            EnvironmentUnavailable: it ended, or did not answer in time.
        """

        def settled() -> bool:
            return not self.part.alive() or bool(services(self.endpoint))

        try:
            wait_until(settled, seconds=seconds, what="LocalStack to answer", poll_s=0.05)
        except WaitedInVain as error:
            raise EnvironmentUnavailable(
                f"LocalStack runs (pid {self.part.process.pid}) but did not answer on {self.endpoint}"
                f" within {seconds:g} s",
                f"Is the machine very busy? The end of {self.part.log}:\n{tail(self.part)}",
            ) from error
        if not self.part.alive():
            raise self.part.died()

    def pause(self) -> AbstractContextManager[None]:
        """It stands still with everything that it started; leaving the block lets it go on.

        Raises:
            InjectionFailed: it has ended.
        """
        return suspended("the cloud", self.part.process.pid, with_children=True)

    def stop(self) -> None:
        """End it and everything that it started, at once: nobody reads its state afterwards."""
        kill_with_children(self.part)
        stop(self.part)


def environment(tool: LocalStackTool, *, port: int, directory: Path, mark: str) -> dict[str, str]:
    """All variables that LocalStack sees."""
    inherited = {
        name: value for name, value in os.environ.items() if not NOT_FOR_LOCALSTACK.fullmatch(name)
    }
    not_proxied = ",".join(filter(None, [inherited.get("no_proxy"), LOOPBACK, "localhost"]))
    address = f"{LOOPBACK}:{port}"
    return {
        **inherited,
        MARK: mark,
        "PATH": f"{tool.node}:{inherited.get('PATH', os.defpath)}",
        "PYTHONPATH": str(tool.plugin),
        "PYTHONDONTWRITEBYTECODE": "",
        "XDG_CACHE_HOME": str(tool.home),
        "NO_PROXY": not_proxied,
        "no_proxy": not_proxied,
        **SETTINGS,
        "GATEWAY_LISTEN": address,
        # The address in the answers, such as where a function's code is.
        "LOCALSTACK_HOST": address,
        # Else it takes itself for a container where /.dockerenv exists, and writes to /var/lib/localstack.
        "OVERRIDE_IN_DOCKER": "0",
        "FILESYSTEM_ROOT": str(directory),
        "DOCKER_HOST": f"unix://{directory}/no-docker.sock",
    }


def _place_libraries(tool: LocalStackTool, directory: Path) -> None:
    libraries = directory / LIBRARIES
    kinesis = libraries / "kinesis-local" / KINESIS_LOCAL_VERSION
    kinesis.parent.mkdir(parents=True, exist_ok=True)
    places = {libraries / path.name: path for path in tool.libraries.iterdir()}
    for place, path in {**places, kinesis: tool.kinesis}.items():
        if not place.is_symlink():
            place.symlink_to(path)


def start_localstack(
    tool: LocalStackTool, *, port: int, directory: Path, log: Path, mark: str
) -> LocalStackProcess:
    """Start LocalStack and return at once; `wait` for it.

    Args:
        tool: where it is installed.
        port: of the loopback, where it listens.
        directory: where it keeps its state; made if missing.
        log: file for its output.
        mark: of the site, so that its processes are found again.

    Raises:
        EnvironmentUnavailable: it cannot be started at all.
    """
    directory.mkdir(parents=True, exist_ok=True)
    _place_libraries(tool, directory)
    part = start(
        "LocalStack",
        [str(tool.python), "-m", "localstack.runtime.main"],
        environment=environment(tool, port=port, directory=directory, mark=mark),
        log=log,
        directory=directory,
    )
    return LocalStackProcess(part=part, port=port)
