"""A core on this machine with a deployment that is there already, as after a restart without a link."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.waiting import wait_until

THING = "arn:aws:iot:us-east-1:000000000000:thing/core"
PREFIX = "arn:aws:lambda:us-east-1:000000000000:function:"
STREAM_MANAGER = "arn:aws:lambda:::function:GGStreamManager:1"
CONNECTOR = "arn:aws:greengrass:us-east-1::/connectors/DockerApplicationDeployment/versions/7"
READY_S = 40
SEEN_S = 20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Edge:
    """A root directory that is filled step by step, and the core that runs on it."""

    root: Path
    environment: dict[str, str]
    configuration: dict[str, Any] = field(
        default_factory=lambda: {
            "coreThing": {"thingArn": THING, "ggDaemonPort": 0},
            "runtime": {"cgroup": {"useSystemd": "no"}},
        }
    )
    functions: list[dict[str, Any]] = field(default_factory=list)
    subscriptions: list[dict[str, Any]] = field(default_factory=list)
    connectors: list[dict[str, Any]] = field(default_factory=list)
    loggers: list[dict[str, Any]] = field(default_factory=list)
    code: dict[str, dict[str, str]] = field(default_factory=dict)
    devices: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def deployment(self) -> Path:
        return self.root / "ggc/deployment"

    def function(
        self,
        name: str,
        source: str,
        *,
        sdk: Path | None = None,
        handler: str = "app.handler",
        variables: Mapping[str, str] | None = None,
        environment: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> str:
        """Add a function with one module; returns its ARN."""
        arn = f"{PREFIX}{name}:1"
        directory = self.deployment / "lambda" / name
        directory.mkdir(parents=True)
        (directory / "app.py").write_text(textwrap.dedent(source))
        for package in sdk.iterdir() if sdk else ():
            (directory / package.name).symlink_to(package)
        self.code[arn] = {
            "arn": arn,
            "handler": handler,
            "runtime": "python3.11",
            "sha256": "",
            "directory": f"lambda/{name}",
        }
        with_variables = {"Variables": dict(variables or {}), **(environment or {})}
        defaults = {"EncodingType": "binary", "Pinned": False, "Timeout": 10}
        self.functions.append(
            {
                "Id": name,
                "FunctionArn": arn,
                "FunctionConfiguration": {**defaults, "Environment": with_variables, **settings},
            }
        )
        return arn

    def stream_manager(self, **variables: str) -> None:
        self.functions.append(
            {
                "Id": "stream-manager",
                "FunctionArn": STREAM_MANAGER,
                "FunctionConfiguration": {"Environment": {"Variables": variables}},
            }
        )

    def subscribe(self, source: str, subject: str, target: str) -> None:
        identity = f"subscription-{len(self.subscriptions)}"
        self.subscriptions.append(
            {"Id": identity, "Source": source, "Subject": subject, "Target": target}
        )

    def connector(self, **parameters: str) -> None:
        self.connectors.append(
            {"Id": "docker", "ConnectorArn": CONNECTOR, "Parameters": parameters}
        )

    def document(self) -> dict[str, Any]:
        return {
            "format": 1,
            "group": {"id": "group-1", "version": "version-1", "deployment": "deployment-1"},
            "functions": {
                "DefaultConfig": {"Execution": {"IsolationMode": "NoContainer"}},
                "Functions": self.functions,
            },
            "subscriptions": {"Subscriptions": self.subscriptions},
            "connectors": {"Connectors": self.connectors},
            "loggers": {"Loggers": self.loggers},
            "resources": {},
            "code": self.code,
            **self.devices,
        }

    def write(self) -> None:
        for path, document in (
            (self.root / "config/config.json", self.configuration),
            (self.deployment / "group/group.json", self.document()),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(document))

    def launch(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "system.greengrass", "--root", str(self.root), *arguments]
        with (self.root / "core.out").open("ab") as output:
            self.process = subprocess.Popen(
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self.process

    def start(self, *arguments: str) -> dict[str, Any]:
        """Start the core; returns its deployment's status once it has one."""
        self.write()
        process = self.launch(*arguments)
        wait_until(
            lambda: self.status() or process.poll() is not None,
            seconds=READY_S,
            what="the deployment's status",
        )
        assert process.poll() is None, (self.root / "core.out").read_text()
        return self.status()

    def stop(self) -> float:
        """Stop the core; returns the seconds it took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(15) == 0
        return time.monotonic() - began

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def _state(self, name: str) -> dict[str, Any]:
        path = self.root / "ggc/var/state" / name
        found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return found

    def status(self) -> dict[str, Any]:
        return self._state("deployment.json")

    def processes(self) -> dict[str, Any]:
        return self._state("processes.json")

    def log(self, relative: str) -> str:
        path = self.root / "ggc/var/log" / relative
        return path.read_text() if path.exists() else ""

    def function_log(self, name: str) -> str:
        return self.log(f"user/us-east-1/000000000000/{name}.log")

    def runtime_log(self) -> str:
        return self.log("system/runtime.log")

    def work(self, name: str) -> Path:
        return self.root / "ggc/work/functions" / name

    def port(self) -> int:
        found = re.search(r"local interface listens on port (\d+)", self.runtime_log())
        assert found
        return int(found[1])

    def lines(self, name: str, file: str = "seen") -> list[str]:
        """What a test's function wrote into a file of its working directory."""
        path = self.work(name) / file
        return path.read_text().splitlines() if path.exists() else []

    def wait_for_lines(self, name: str, count: int, file: str = "seen") -> list[str]:
        wait_until(
            lambda: len(self.lines(name, file)) >= count,
            seconds=SEEN_S,
            what=f"{count} lines of {name}, saw {self.lines(name, file)[-3:]}",
        )
        return self.lines(name, file)


def edge_without_cloud(root: Path) -> Edge:
    """A core without a cloud: nobody listens where it looks for one."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "STREAM_MANAGER_")) and not name.lower().endswith("_proxy")
    }
    environment = {
        **kept,
        "AWS_ENDPOINT_URL": nowhere,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }
    root.mkdir()
    return Edge(root, environment)


@pytest.fixture(scope="session")
def new_edge() -> Callable[[Path], Edge]:
    """Makes a core without a cloud below a folder; whoever makes it ends it."""
    return edge_without_cloud


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    """A core without a cloud."""
    made = edge_without_cloud(tmp_path / "greengrass")
    yield made
    made.end()


def _installed(directory: Path, *requirements: str) -> Path:
    uv = Path(sys.executable).with_name("uv")
    command: Sequence[str | Path] = [
        uv, "pip", "install", "--quiet", "--python", sys.executable, "--target", directory, *requirements
    ]  # fmt: skip
    # A bundle has versions of its own, whatever this environment was installed with.
    free = {name: value for name, value in os.environ.items() if name != "UV_CONSTRAINT"}
    subprocess.run(command, check=True, timeout=120, env=free)
    return directory


@pytest.fixture(scope="session")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The newest SDK as a bundle has it, with its own stream manager client and the cbor2 that it wants."""
    return _installed(tmp_path_factory.mktemp("sdk"), "greengrasssdk==1.6.1")


@pytest.fixture(scope="session")
def older_sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SDK that installs beside the stream manager's own client."""
    return _installed(
        tmp_path_factory.mktemp("older_sdk"), "greengrasssdk==1.4.0", "stream-manager==1.1.2"
    )
