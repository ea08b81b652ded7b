"""What the core sees of this machine, and what can be killed of it."""

import os
from pathlib import Path

import pytest

from harness.environments.errors import InjectionFailed
from harness.environments.local.core import Core, environment
from harness.environments.site.site import SERVICES, Site
from harness.fault.service import ALL_SERVICES
from harness.fault.target import Target

from ..example_site import site_in  # noqa: TID252 - tests are no package that could be named


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return site_in(tmp_path)


def test_every_service_that_can_be_cut_has_a_link() -> None:
    assert tuple(str(service) for service in ALL_SERVICES) == SERVICES


def test_every_service_is_reached_over_its_own_link(site: Site) -> None:
    variables = environment(site, "mark", {})
    endpoints = {name: url for name, url in variables.items() if "ENDPOINT" in name}
    assert endpoints == {
        "AWS_ENDPOINT_URL_KINESIS": "http://127.0.0.1:42000",
        "AWS_ENDPOINT_URL_IOTANALYTICS": "http://127.0.0.1:42001",
        "AWS_ENDPOINT_URL_IOT": "http://127.0.0.1:42002",
        "AWS_ENDPOINT_URL_GREENGRASS": "http://127.0.0.1:42003",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:42004",
        "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": "http://127.0.0.1:42005",
        "AWS_ENDPOINT_URL_LAMBDA": "http://127.0.0.1:42006",
        "AWS_ENDPOINT_URL_IOTSITEWISE": "http://127.0.0.1:42007",
    }


def test_what_a_user_has_set_for_his_own_cloud_does_not_reach_the_edge(site: Site) -> None:
    own = {
        "AWS_PROFILE": "production",
        "AWS_ENDPOINT_URL": "http://elsewhere",
        "AWS_SESSION_TOKEN": "secret",
        "STREAM_MANAGER_STORE_ROOT_DIR": "/data",
        "SENSOR_COUNT": "9",
        "RAW_BATCH_SIZE": "7",
        "LOCAL_STREAM_MAX_SIZE": "1",
        "PORT": "80",
    }
    variables = environment(site, "mark", {**own, "PATH": "/bin", "JAVA_HOME": "/java"})
    assert not own.keys() & variables.keys()
    assert (variables["PATH"], variables["JAVA_HOME"]) == ("/bin", "/java")
    assert variables["AWS_ACCESS_KEY_ID"] == "test"


@pytest.mark.parametrize("target", Target, ids=str)
def test_what_does_not_run_cannot_be_killed(site: Site, target: Target) -> None:
    with pytest.raises(InjectionFailed, match=f"{target} cannot be killed: it does not run now"):
        Core(site, "mark", None).kill(target)


def test_a_stranger_with_a_number_from_an_old_file_is_not_killed(site: Site) -> None:
    state = site.root / "ggc/var/state"
    state.mkdir(parents=True)
    (state / "processes.json").write_text(f'{{"stream_manager": {{"pid": {os.getpid()}}}}}')
    assert Core(site, "mark", None).processes() == {}
