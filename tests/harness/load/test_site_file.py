import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.commands.outcome import CommandFailed, ExitStatus
from harness.environments.site.site import Link, Site
from harness.load.site_file import check_standing, read_site

MQTT = {
    "host": "127.0.0.1",
    "port": 8883,
    "ca": "/c/ca.pem",
    "certificate": "/c/device.pem",
    "key": "/c/device.key",
    "client_id": "device-1",
    "topic": "sensor_data",
}


@pytest.fixture
def toxiproxy_port() -> Iterator[int]:
    """Where somebody listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def described(toxiproxy: int = 1, **more: Any) -> dict[str, object]:
    site = Site(
        name="here",
        directory=Path("/d"),
        witness=Path("/w"),
        logs=Path("/l"),
        origin_monotonic_ns=1,
        origin_wall_ms=2,
        cloud=4566,
        toxiproxy=toxiproxy,
        client_port=8088,
        server_port=8089,
        links={"kinesis": Link(uplink_tap=1, toxiproxy=2, cloud_tap=3)},
        ports={"sensor_api": 8180, "aggregate_api": 8181, "dashboard": 8082},
    )
    return {**site.to_json(), **more}


def written(tmp_path: Path, content: object) -> str:
    file = tmp_path / "site.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return str(file)


def refusal(file: str | None) -> CommandFailed:
    with pytest.raises(CommandFailed) as failed:
        read_site(file)
    return failed.value


def test_a_load_reads_what_up_wrote(tmp_path: Path) -> None:
    site = read_site(written(tmp_path, described()))

    assert (site.name, site.stream_manager, site.broker) == ("here", 8088, None)
    assert site.cloud_url == "http://127.0.0.1:4566"
    assert site.sensor_api == "http://127.0.0.1:8180"


def test_a_site_with_mqtt_has_a_broker(tmp_path: Path) -> None:
    broker = read_site(written(tmp_path, described(mqtt=MQTT))).broker

    assert broker is not None
    assert (broker.host, broker.port, broker.topic) == ("127.0.0.1", 8883, "sensor_data")
    assert broker.certificate == Path("/c/device.pem")


def test_a_site_of_ones_own_has_not_our_functions(tmp_path: Path) -> None:
    site = read_site(written(tmp_path, described(ports={"mine": 9000})))

    assert (site.sensor_api, site.aggregate_api) == ("", "")


def test_no_site_that_is_named_is_bad_input() -> None:
    refused = refusal(None)

    assert "Set STREAM_CHAOS_SITE=FILE" in str(refused)
    assert refused.status is ExitStatus.BAD_INPUT


def test_a_file_that_is_not_there_is_a_site_that_is_not_there(tmp_path: Path) -> None:
    refused = refusal(str(tmp_path / "none.json"))

    assert "No such file" in str(refused)
    assert refused.status is ExitStatus.NO_ENVIRONMENT


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "it is no JSON"),
        ([], "it lacks or garbles"),
        ({"name": "x"}, "it lacks or garbles 'ports'"),
        (described(client_port="many"), "it lacks or garbles"),
        (described(mqtt={"host": "h"}), "it lacks or garbles 'ca'"),
    ],
)
def test_a_file_of_something_else_gets_one_sentence(
    tmp_path: Path, content: object, why: str
) -> None:
    refused = refusal(written(tmp_path, content))

    assert why in str(refused)
    assert refused.status is ExitStatus.BAD_INPUT


def test_a_site_that_is_gone_is_told_before_anything_begins(tmp_path: Path) -> None:
    site = read_site(written(tmp_path, described()))

    with pytest.raises(CommandFailed, match="The site here is not there") as failed:
        check_standing(site)

    assert failed.value.status is ExitStatus.NO_ENVIRONMENT


def test_a_site_that_stands_is_enough(tmp_path: Path, toxiproxy_port: int) -> None:
    check_standing(read_site(written(tmp_path, described(toxiproxy_port))))
