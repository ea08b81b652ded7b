"""The commands about standing sites where none stands, several do, or one only seems to; and what `up` refuses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.environments.site.register import Entry, Register, owned
from harness.environments.site.site import SERVICES, Link, Site

Chaos = Callable[..., Any]

ABOUT_A_SITE = [("status",), ("down",), ("heal",), ("cut", "all"), ("cut", "s3", "--for", "1s")]


@pytest.fixture(autouse=True)
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Register:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Register()


def enter(register: Register, entry: Entry, records: Path) -> Site:
    """A site that is written down and has no process."""
    # Ports that nobody has without being root.
    links = {service: Link(uplink_tap=1, toxiproxy=1, cloud_tap=1) for service in SERVICES}
    site = Site(
        name=entry.name,
        directory=register.folder(entry.name),
        witness=records / "witness",
        logs=records / "logs",
        origin_monotonic_ns=1,
        origin_wall_ms=2,
        cloud=1,
        toxiproxy=1,
        client_port=1,
        server_port=1,
        links=links,
        ports={"sensor_api": 1, "aggregate_api": 1, "dashboard": 1},
    )
    register.enter(entry)
    register.describe(site)
    site.logs.mkdir(parents=True)
    return site


@pytest.mark.parametrize("arguments", ABOUT_A_SITE, ids=" ".join)
def test_without_a_site_it_is_told_how_to_have_one(
    chaos: Chaos, arguments: tuple[str, ...]
) -> None:
    ended = chaos(*arguments)
    assert ended.status == 2
    assert ended.errors == "No site stands; `stream-chaos up` stands one up.\n"


@pytest.mark.parametrize("arguments", ABOUT_A_SITE, ids=" ".join)
def test_with_several_sites_it_is_told_how_to_name_one(
    chaos: Chaos, register: Register, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    for name in ("one", "two"):
        enter(register, Entry(name=name), tmp_path / name)
    ended = chaos(*arguments)
    assert ended.status == 2
    assert ended.errors == "2 sites stand, one and two; say which one is meant with --site NAME.\n"


def test_a_name_that_no_site_has_is_told_with_those_that_there_are(
    chaos: Chaos, register: Register, tmp_path: Path
) -> None:
    enter(register, Entry(name="one"), tmp_path / "one")
    ended = chaos("status", "--site", "two")
    assert (ended.status, ended.errors) == (2, "No site is called two; there is one.\n")


@pytest.mark.parametrize("verb", [("status",), ("heal",), ("cut", "all")], ids=" ".join)
def test_a_site_that_does_not_run_any_more_is_told_and_can_be_removed(
    chaos: Chaos, register: Register, tmp_path: Path, verb: tuple[str, ...]
) -> None:
    enter(register, Entry(name="one"), tmp_path / "one")
    ended = chaos(*verb)
    assert ended.status == 4
    assert ended.errors.startswith("The site one does not run any more: its Toxiproxy")
    assert chaos("down").output == "The site one is down; 0 processes were ended.\n"
    assert list(register.entries()) == []


def test_down_removes_no_records_but_those_that_up_made(
    chaos: Chaos, register: Register, tmp_path: Path
) -> None:
    own = tmp_path / "state" / "stream-chaos" / "up" / "one"
    enter(register, Entry(name="one"), own)
    enter(register, Entry(name="two"), tmp_path / "reports" / "two")
    chaos("down", "--site", "one")
    chaos("down", "--site", "two")
    assert not own.exists()
    assert (tmp_path / "reports" / "two" / "logs").is_dir()


def test_clean_tells_what_it_removed(chaos: Chaos, register: Register, tmp_path: Path) -> None:
    records = tmp_path / "state" / "stream-chaos" / "up"
    enter(register, Entry(name="abandoned", owner=1, owner_started=1.0), records / "abandoned")
    enter(register, Entry(name="standing"), records / "standing")
    enter(register, owned("rising"), records / "rising")
    (records / "failed").mkdir()
    ended = chaos("clean")
    assert ended.status == 0
    gone = f"removed records and logs of a site that is gone: {records}"
    assert ended.output.splitlines() == [
        "removed site abandoned: 0 processes",
        f"{gone}/abandoned",
        f"{gone}/failed",
    ]
    assert sorted(folder.name for folder in records.iterdir()) == ["rising", "standing"]
    assert chaos("clean").output == "Nothing was left.\n"


@pytest.mark.parametrize(
    ("port", "reason"),
    [
        ("page=80", "no port is called 'page'; known: sensor_api, aggregate_api, dashboard"),
        ("dashboard", "'dashboard'; write dashboard=N, N from 1 to 65535, or 0 for any"),
        ("dashboard=65536", "write dashboard=N"),
        ("dashboard=-1", "write dashboard=N"),
    ],
)
def test_up_refuses_a_port_that_makes_no_sense(chaos: Chaos, port: str, reason: str) -> None:
    ended = chaos("up", "--port", port)
    assert ended.status == 2
    assert reason in ended.errors


def test_up_refuses_one_port_for_two(chaos: Chaos) -> None:
    ended = chaos("up", "--port", "dashboard=9000", "--port", "cloud=9000")
    assert ended.status == 2
    assert "two names cannot have the same port" in ended.errors


def test_up_refuses_a_file_that_it_could_not_write_in_the_end(chaos: Chaos, tmp_path: Path) -> None:
    ended = chaos("up", "--json", "nowhere/site.json")
    assert ended.status == 2
    assert f"there is no folder {tmp_path}/nowhere; make it first" in ended.errors


def test_up_refuses_a_scenario_with_mistakes(chaos: Chaos, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("scenario: bad\ndescription: x\njudge: [loss]\n")
    ended = chaos("up", "--scenario", "bad.yaml")
    assert ended.status == 2
    assert "workload" in ended.errors


def test_cut_knows_services_and_durations(chaos: Chaos) -> None:
    assert "'foo' is not one of 'kinesis'" in chaos("cut", "foo").errors
    ended = chaos("cut", "all", "--for", "30")
    assert ended.status == 2
    assert "'30' is no duration; write a number with a unit" in ended.errors
