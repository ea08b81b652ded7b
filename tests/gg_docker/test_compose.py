"""The compose file stands the core up against a deployed stack, without the harness."""

import os
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import docker
import pytest
import requests

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.loopback import reach_loopback_directly
from harness.environments.site.ports import Ports
from harness.images import Images, ensure_images
from harness.images.engine import connect
from harness.tools.bundles import packer
from harness.waiting import wait_until
from system.aws.clients import Cloud
from system.stack import Stack, StackParameters, write_core_assets

COMPOSE_FILE = Path(__file__).parents[2] / "gg_docker" / "docker-compose.yml"
FOLDERS = ("certs", "config", "data", "deployment", "log")
SOCKET = "/var/run/docker.sock"
SOMEBODY = 4321
UP_S, ANSWER_S = 180.0, 10.0

pytestmark = [pytest.mark.docker, pytest.mark.localstack, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def images() -> Images:
    try:
        connect()
    except EnvironmentUnavailable as error:
        pytest.skip(str(error))
    return ensure_images(print)


@dataclass(frozen=True)
class Standing:
    """A core by its compose file, in a folder of its own."""

    folder: Path
    images: Images
    variables: dict[str, str]

    def compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `docker compose` from the core's own image: not every engine comes with it."""
        settings = [part for each in self.variables for part in ("--env", each)]
        place = str(self.folder)
        return subprocess.run(
            [
                *("docker", "run", "--rm", "--volume", f"{SOCKET}:{SOCKET}"),
                *("--volume", f"{place}:{place}", "--workdir", place, *settings),
                *("--entrypoint", "docker", self.images.core.reference, "compose", *arguments),
            ],
            env={**os.environ, **self.variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def get(self, port: str, path: str) -> Any:
        """What an API answers; None while it does not."""
        with suppress(requests.RequestException, ValueError):
            url = f"http://127.0.0.1:{self.variables[port]}{path}"
            return requests.get(url, timeout=ANSWER_S).json()
        return None

    def owners(self) -> set[int]:
        """Who owns the files that were written."""
        written = [path for name in ("log", "data") for path in (self.folder / name).rglob("*")]
        return {path.stat().st_uid for path in written}


@pytest.fixture
def standing(images: Images, tmp_path: Path) -> Iterator[Standing]:
    """A folder as `gg_docker` is, an own network with a cloud on it, and the stack deployed to that cloud."""
    reach_loopback_directly()
    name = f"core-{uuid.uuid4().hex[:8]}"
    client = docker.from_env()
    with Ports() as held:
        ports = {each: held.free() for each in ("cloud", "mqtt", "sensor", "aggregate")}
    folder = tmp_path / "gg_docker"
    for each in FOLDERS:
        (folder / each).mkdir(parents=True)
    (folder / "docker-compose.yml").write_bytes(COMPOSE_FILE.read_bytes())
    made = Standing(
        folder=folder,
        images=images,
        variables={
            "STREAM_CHAOS_CORE": images.core.reference,
            "GG_NAME": name,
            "GREENGRASS_NETWORK": name,
            "GG_CONTAINERS": "process",
            "GG_MQTT_PORT": str(ports["mqtt"]),
            "GG_SENSOR_PORT": str(ports["sensor"]),
            "GG_AGGREGATE_PORT": str(ports["aggregate"]),
            "AWS_ENDPOINT_URL": f"http://{name}-cloud:4566",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        },
    )
    cloud = client.containers.run(
        images.localstack.reference,
        name=f"{name}-cloud",
        ports={"4566/tcp": ("127.0.0.1", ports["cloud"])},
        detach=True,
    )
    try:
        deploy(f"http://127.0.0.1:{ports['cloud']}", folder, tmp_path)
        give_away(folder)
        yield made
    finally:
        print(made.compose("logs").stdout)
        # Before the network, which is not removed while anybody is on it.
        cloud.remove(force=True, v=True)
        print(made.compose("down", "--timeout", "5").stderr)
        client.close()


def deploy(endpoint: str, folder: Path, scratch: Path) -> None:
    def ready() -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{endpoint}/_localstack/health", timeout=ANSWER_S).ok
        return False

    wait_until(ready, seconds=UP_S, what="the cloud to answer")
    parameters = StackParameters(sensor_source={"SENSOR_AUTOSTART": "true"})
    stack = Stack(parameters, Cloud(endpoint, "us-east-1"), scratch / "state.json", packer(print))
    outputs = stack.deploy(print).outputs
    write_core_assets(outputs, folder, daemon_port=8000, seen_as=PurePosixPath("/greengrass"))


def give_away(folder: Path) -> None:
    """Make the folder what it is where no root is about: all of it its user's."""
    for path in (folder, *folder.rglob("*")) if os.geteuid() == 0 else ():
        os.chown(path, SOMEBODY, SOMEBODY)


def test_up_logs_and_stop(standing: Standing) -> None:
    up = standing.compose("up", "--detach", "--no-build")
    assert up.returncode == 0, up.stderr
    client = docker.from_env()
    network = client.networks.get(standing.variables["GREENGRASS_NETWORK"])
    network.connect(f"{standing.variables['GG_NAME']}-cloud")
    wait_until(
        lambda: standing.get("GG_AGGREGATE_PORT", "/api/v1/aggregate") is not None,
        seconds=UP_S,
        what="the aggregates",
        poll_s=0.5,
    )
    assert standing.get("GG_SENSOR_PORT", "/api/v1/sensor/data/status") is not None
    if os.geteuid() == 0:
        assert standing.owners() == {SOMEBODY}, "nothing of root's is left in the user's folders"
    stop = standing.compose("stop")
    assert stop.returncode == 0, stop.stderr
    container = client.containers.get(standing.variables["GG_NAME"])
    assert container.attrs["State"]["ExitCode"] == 0, "it ended by itself"
    assert "greengrass core stopped in" in standing.compose("logs").stdout
    assert list((standing.folder / "log" / "user").rglob("*SensorSource.log"))
    client.close()
