"""The load of a plan as the source of a site's readings, on a stream manager alone."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.commands.up import default_plan
from harness.environments.errors import EnvironmentUnavailable
from harness.environments.protocol import ProbeFailed
from harness.environments.site.load import LocustSource, begin_load, options_of
from harness.environments.site.ports import Ports, listening
from harness.environments.site.register import Register
from harness.environments.site.site import Site
from harness.environments.site.source import Source
from harness.environments.site.stages import Stages
from harness.load.schedule import LoadUser
from harness.load.shape import Shape, ShapeName
from harness.plan.model import Plan
from harness.plan.parts import Locust
from harness.waiting import wait_until

WAIT_S = 200
LOCUST = Locust(user=LoadUser.APPENDER, users=1, shape=Shape())


def plan_of(locust: Locust | None) -> Plan:
    plan = default_plan()
    workload = replace(plan.workload, sensors=("appender-1",), rate_hz=50.0, locust=locust)
    return replace(plan, workload=workload)


class Standing:
    """What is asked of an environment that stands."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.source: Source | None = None

    def use_source(self, source: Source) -> None:
        self.source = source

    def afterwards(self, restore: object) -> None:
        pass


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Standing]:
    """A site whose stream manager runs; another part of it is only a port that somebody listens on."""
    with Ports() as ports:
        port = ports.free()
    (tmp_path / "store").mkdir()
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "system.stream_manager"),
            *("--store", str(tmp_path / "store"), "--port", str(port)),
        ],
        env={"PATH": "/usr/bin:/bin"},
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            wait_until(lambda: listening(port), seconds=WAIT_S, what="the stream manager")
            yield Standing(_site(tmp_path, port))
        finally:
            server.kill()


def _site(folder: Path, port: int) -> Site:
    return Site(
        name="small",
        directory=folder / "site",
        witness=folder / "witness",
        logs=folder / "logs",
        origin_monotonic_ns=0,
        origin_wall_ms=0,
        cloud=1,
        toxiproxy=port,
        client_port=port,
        server_port=port,
        links={},
        ports={"sensor_api": 1, "aggregate_api": 1, "dashboard": 1},
    )


def test_a_load_waits_for_the_run_tells_how_far_it_is_and_ends_when_it_is_told(
    standing: Standing, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    # There is no cloud.
    monkeypatch.setenv("STREAM_CHAOS_LOAD_EXPORT", "none")
    stages = Stages(lambda _: None)

    begin_load(standing, plan_of(LOCUST), stages, register)  # type: ignore[arg-type]

    source = standing.source
    assert isinstance(source, LocustSource)
    try:
        assert [name for name, _ in stages.spent] == ["load"]
        with pytest.raises(ProbeFailed, match="it has not begun"):
            source.status()
        source.start(time.time())
        wait_until(lambda: _published(source) >= 10, seconds=WAIT_S, what="ten readings")
        ended = source.stop()
    finally:
        source.end()
    assert not ended.enabled
    assert ended.published >= 10
    assert ended.failed == 0
    assert (standing.site.logs / "load" / "load_stats.csv").is_file()
    assert (standing.site.logs / "load" / "report.html").is_file()
    with pytest.raises(ProbeFailed, match="locust ended"):
        source.start(time.time())


def _published(source: LocustSource) -> int:
    try:
        return source.status().published
    except ProbeFailed:
        return 0


def test_a_load_that_finds_no_way_into_the_site_keeps_it_from_standing(
    standing: Standing, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAM_CHAOS_LOAD_EXPORT", "none")
    nobody = replace(LOCUST, user=LoadUser.DEVICE)

    with pytest.raises(EnvironmentUnavailable, match="has no MQTT: SensorDevice cannot publish"):
        begin_load(standing, plan_of(nobody), Stages(lambda _: None), register)  # type: ignore[arg-type]


def test_a_plan_without_a_load_changes_nothing(standing: Standing, register: Register) -> None:
    begin_load(standing, plan_of(None), Stages(lambda _: None), register)  # type: ignore[arg-type]

    assert standing.source is None


def test_locust_gets_the_shape_and_the_seed_of_the_plan() -> None:
    shape = Shape(name=ShapeName.DUTY, every_ms=1500, lasting_ms=500)
    workload = plan_of(replace(LOCUST, shape=shape)).workload
    assert workload.locust is not None

    options = options_of(workload, workload.locust, seed=9)

    given = dict(zip(options[::2], options[1::2], strict=True))
    assert given["--rate"] == "50/s"
    assert given["--shape"] == "duty"
    assert (given["--every"], given["--lasting"]) == ("1500ms", "500ms")
    assert (given["--seed"], given["--users"], given["--sensors"]) == ("9", "1", "1")
