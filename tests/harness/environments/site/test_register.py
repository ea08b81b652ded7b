"""The register of sites: what an interrupted run left is found and removed, what stands is left alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

from harness.environments.site.processes import MARK
from harness.environments.site.register import Entry, Register, owned
from harness.environments.site.site import Link, Site

# Starts a child of its own and waits: what a killed core or emulator leaves behind is a grandchild.
FAMILY = (
    "import subprocess, sys;"
    "child = subprocess.Popen(['sleep', '300']);"
    "print(child.pid, flush=True);"
    "child.wait()"
)


def dead_owner(name: str) -> Entry:
    gone = subprocess.Popen(["true"])
    gone.wait()
    return Entry(name=name, owner=gone.pid, owner_started=1.0)


def family(register: Register, name: str) -> tuple[subprocess.Popen[str], int]:
    parent = subprocess.Popen(
        [sys.executable, "-c", FAMILY],
        env={**os.environ, MARK: register.mark(name)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    with parent.stdout as output:
        return parent, int(output.readline())


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]
    except OSError:
        return False


def example(register: Register, name: str) -> Site:
    return Site(
        name=name,
        directory=register.folder(name),
        witness=register.folder(name) / "witness",
        logs=register.folder(name) / "logs",
        origin_monotonic_ns=1,
        origin_wall_ms=2,
        cloud=3,
        toxiproxy=4,
        client_port=5,
        server_port=6,
        links={"kinesis": Link(uplink_tap=7, toxiproxy=8, cloud_tap=9)},
        ports={"sensor_api": 10, "aggregate_api": 11, "dashboard": 12},
    )


def test_a_site_comes_back_from_its_json(register: Register) -> None:
    site = example(register, "one")
    assert Site.from_json(json.loads(json.dumps(site.to_json()))) == site


def test_clean_kills_the_whole_family_of_an_abandoned_site(register: Register) -> None:
    register.enter(dead_owner("left"))
    parent, child = family(register, "left")
    assert alive(child)
    assert register.clean() == ["site left: 2 processes"]
    parent.wait()
    assert not alive(child)
    assert list(register.entries()) == []


def test_clean_kills_processes_whose_site_is_not_registered(register: Register) -> None:
    parent, child = family(register, "forgotten")
    assert register.clean() == ["2 processes of no site"]
    parent.wait()
    assert not alive(child)


def test_clean_leaves_a_running_site_alone(register: Register) -> None:
    register.enter(owned("running"))
    parent, child = family(register, "running")
    assert register.clean() == []
    assert alive(child)
    register.remove("running")
    parent.wait()


def test_clean_leaves_a_standing_site_alone(register: Register) -> None:
    register.enter(Entry(name="standing"))
    register.describe(example(register, "standing"))
    assert register.clean() == []
    assert [site.name for site in register.standing()] == ["standing"]


def test_another_register_s_sites_are_not_ours_to_clean(register: Register, tmp_path: Path) -> None:
    other = Register(tmp_path / "elsewhere")
    parent, child = family(other, "theirs")
    assert register.clean() == []
    assert alive(child)
    other.remove("theirs")
    parent.wait()


def test_an_entry_that_cannot_be_read_does_not_stop_the_others(register: Register) -> None:
    register.enter(Entry(name="a"))
    (register.folder("a") / "entry.json").write_text("{torn")
    register.enter(Entry(name="b"))
    assert [entry.name for entry in register.entries()] == ["b"]
