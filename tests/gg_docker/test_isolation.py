"""A core in a container refuses functions that ask for a container of their own, and says so where one looks."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from harness.environments.errors import EnvironmentUnavailable
from harness.images import ensure_images
from harness.images.engine import connect
from harness.waiting import wait_until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1800)]

REFUSED_S = 120.0
ARN = "arn:aws:lambda:us-east-1:000000000000:function:boxed:1"
CONFIGURATION = {
    "coreThing": {
        "caPath": "root.ca.pem",
        "certPath": "certificate.pem",
        "keyPath": "private.key",
        "thingArn": "arn:aws:iot:us-east-1:000000000000:thing/core",
        "iotHost": "localhost",
        "ggHost": "localhost",
        "keepAlive": 600,
        "ggDaemonPort": 8000,
    },
    "runtime": {"cgroup": {"useSystemd": "no"}},
}
GROUP = {
    "format": 1,
    "group": {"id": "g", "version": "v", "deployment": "d"},
    "functions": {
        "DefaultConfig": {"Execution": {"IsolationMode": "GreengrassContainer"}},
        "Functions": [{"Id": "boxed", "FunctionArn": ARN, "FunctionConfiguration": {}}],
    },
    "code": {
        ARN: {"arn": ARN, "directory": "lambda", "handler": "boxed.main", "runtime": "python3.11"}
    },
}


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Any]:
    """The container of a core whose group asks for containers; its cloud cannot be reached."""
    try:
        connect()
    except EnvironmentUnavailable as error:
        pytest.skip(str(error))
    reference = ensure_images(print).core.reference
    deployment = tmp_path / "deployment"
    for place in (tmp_path / "config", deployment / "group", deployment / "lambda"):
        place.mkdir(parents=True)
    (tmp_path / "config" / "config.json").write_text(json.dumps(CONFIGURATION))
    (deployment / "group" / "group.json").write_text(json.dumps(GROUP))
    client = docker.from_env()
    container = client.containers.run(
        reference,
        name=f"core-{uuid.uuid4().hex[:8]}",
        init=True,
        detach=True,
        network_mode="none",
        environment={"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
        volumes=[
            f"{tmp_path}/config:/greengrass/config",
            f"{deployment}:/greengrass/ggc/deployment",
        ],
    )
    yield container
    container.remove(force=True, v=True)
    client.close()


def test_it_names_function_and_isolation_and_goes_on(core: Any) -> None:
    sentence = (
        "boxed asks for the isolation GreengrassContainer, which this core cannot give: "
        "set IsolationMode to NoContainer"
    )
    wait_until(
        lambda: sentence in core.logs().decode(), seconds=REFUSED_S, what="the refusal", poll_s=0.2
    )
    core.reload()
    assert core.status == "running", "it waits for a deployment that it can carry out"
    core.stop(timeout=60)
    core.reload()
    assert core.attrs["State"]["ExitCode"] == 0
    assert "greengrass core stopped in" in core.logs().decode()
