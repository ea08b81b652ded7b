"""A site as others read it from its file."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.environments.site.site import Site
from harness.environments.site.surface import REFERENCE
from system.stack import StackParameters
from system.stack.names import Names
from system.stack.reference import DEVICE, SENSOR_TOPIC

from ..example_site import site_in  # noqa: TID252 - tests are no package that could be named


@pytest.fixture
def site(tmp_path: Path) -> Site:
    ports = {"sensor_api": 10, "aggregate_api": 11, "dashboard": 12}
    return site_in(tmp_path, mqtt_port=5, ports=ports)


def test_a_device_finds_in_it_what_it_needs(site: Site) -> None:
    folder = site.root / "certs" / "devices" / "greengrass-stream-mgr-accel_device"
    assert site.to_json()["mqtt"] == {
        "host": "127.0.0.1",
        "port": 5,
        "ca": str(folder / "group.ca.pem"),
        "certificate": str(folder / "certificate.pem"),
        "key": str(folder / "private.key"),
        "client_id": "greengrass-stream-mgr-accel_device",
        "topic": "sensor_data",
    }


def test_the_device_is_that_of_the_stack(site: Site) -> None:
    assert site.mqtt is not None
    assert site.mqtt["client_id"] == Names(StackParameters()).device(DEVICE)
    assert site.mqtt["topic"] == SENSOR_TOPIC


def test_a_site_without_a_device_says_so(site: Site) -> None:
    own = replace(site, surface=replace(REFERENCE, device=None))
    assert own.to_json()["mqtt"] is None
    assert replace(site, mqtt_port=0).mqtt is None


def test_a_site_is_read_as_it_was_written(site: Site) -> None:
    assert Site.from_json(site.to_json()) == site
