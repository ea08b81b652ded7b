"""How far a run is with its conditions, in a few words."""

from typing import Any

import pytest

from harness.plan.parts import Workload
from harness.run.observer import Observer
from harness.run.progress import progress
from harness.scenario.conditions import condition_from_json

WORKLOAD = Workload(
    sensors=("sensor-1",), rate_hz=20.0, reading_bytes=0, warm_up_ms=1000, run_for_ms=100_000
)
EXPORTS = {
    "kinesis": [{"identifier": "K", "kinesisStreamName": "data"}],
    "iotAnalytics": [{"identifier": "A", "iotChannel": "channel"}],
}


class Site:
    """Tells an observer what happens, and asks how far a condition is."""

    def __init__(self) -> None:
        self.observer = Observer()

    def line(self, at_s: float, witness: str, kind: str, type: str, **fields: Any) -> None:
        line = {"at": at_s * 1000, "witness": witness, "kind": kind, "type": type, **fields}
        self.observer.take(line)

    def cut(
        self,
        id: str,
        from_s: float,
        to_s: float | None,
        *services: str,
        kind: str = "link_down",
        noticed: str = "",
    ) -> None:
        """`noticed`: by a request to this service alone; unless it is given, by one to each."""
        fields = {"id": id, "services": services, "fault": {"kind": kind, "services": services}}
        self.line(from_s, "nemesis", "fault", "ok", phase="inject", **fields)
        for service in (noticed,) if noticed else services:
            self.line(from_s, "uplink-tap", "connection", "failed", id="u", service=service)
        if to_s is not None:
            self.line(to_s, "nemesis", "fault", "ok", phase="heal", **fields)

    def append(self, count: int) -> None:
        definition = {"name": "S", "exportDefinition": EXPORTS}
        self.line(0, "edge-tap", "create", "invoked", id="c", definition=definition)
        self.line(0, "edge-tap", "create", "ok", id="c")
        for n in range(count):
            asked = {"stream": "S", "hash": f"h{n}", "size": 1}
            self.line(0, "edge-tap", "append", "invoked", id=f"a{n}", **asked)
            self.line(0, "edge-tap", "append", "ok", id=f"a{n}", sequence_number=n)

    def deliver(self, *messages: str) -> None:
        asked = {"service": "kinesis", "target": "data", "hashes": list(messages)}
        self.line(0, "cloud-tap", "put", "invoked", id="p", **asked)
        self.line(0, "cloud-tap", "put", "ok", id="p", rejected=[])

    def progress(self, name: str, **parameters: Any) -> str:
        return progress(condition_from_json({name: parameters}), self.observer, WORKLOAD)


@pytest.fixture
def site() -> Site:
    return Site()


def test_only_outages_of_the_wanted_kind_count(site: Site) -> None:
    site.cut("f1", 1, 31, "kinesis", "s3")
    site.cut("f2", 40, 50, "kinesis", kind="link_silent")
    site.cut("f3", 60, 61, "kinesis", kind="latency")
    assert site.progress("outages", at_least=3) == "outages 2/3"
    assert site.progress("outages", mode="silent") == "silent outages 1/1"
    assert site.progress("outages", mode="refused", lasting="31s") == "refused outages 0/1"
    assert site.progress("outages", services=["s3", "kinesis"]) == "outages 1/1"


def test_an_outage_that_nobody_noticed_does_not_count(site: Site) -> None:
    site.cut("f1", 1, 5, "kinesis", "s3", noticed="iot")
    assert site.progress("outages") == "outages 0/1"
    site.cut("f2", 7, 9, "kinesis", "s3", noticed="s3")
    assert site.progress("outages") == "outages 1/1"
    assert site.progress("outages", services=["kinesis"]) == "outages 0/1"


def test_what_hung_in_a_silent_link_fails_when_it_is_healed(site: Site) -> None:
    site.cut("f1", 1, 5, "kinesis", kind="link_silent", noticed="iot")
    site.line(5.5, "uplink-tap", "request", "failed", id="r", service="kinesis")
    assert site.progress("outages") == "outages 1/1"


def test_an_outage_counts_when_it_is_over(site: Site) -> None:
    site.cut("f1", 1, None, "kinesis")
    assert site.progress("outages") == "outages 0/1"


def test_what_waits_is_told_while_something_is_disturbed(site: Site) -> None:
    site.append(5)
    site.deliver("h0", "h1")
    assert site.progress("waiting_at_heal", stream="S", at_least=4) == ""
    site.cut("f1", 1, None, "kinesis")
    # Every exporter has to have so many.
    assert site.progress("waiting_at_heal", stream="S", at_least=4) == "S waiting 3/4"
    named = site.progress("waiting_at_heal", stream="S", exporter="A", at_least=4)
    assert named == "S waiting 5/4"


def test_time_down_counts_overlapping_faults_once_and_goes_on_while_one_is_in_force(
    site: Site,
) -> None:
    site.cut("f1", 10, 20, "kinesis")
    site.cut("f2", 15, 30, "s3", kind="link_silent")
    site.cut("f3", 40, 50, "s3", kind="bandwidth")
    assert site.progress("time_down", at_least="30%") == "down 20%/30%"
    site.cut("f4", 60, None, "kinesis")
    site.observer.take({"at": 70_000.0})
    assert site.progress("time_down", at_least="30%") == "down 30%/30%"
    assert site.progress("time_down", at_least="30%", services=["s3"]) == "down 15%/30%"


def test_kills_readings_and_segments_are_counted(site: Site) -> None:
    fault = {"kind": "process_kill", "target": "core"}
    site.line(1, "nemesis", "fault", "ok", id="f1", phase="inject", services=[], fault=fault)
    site.append(7)
    assert site.progress("process_killed", target="core") == "core killed 1/1"
    assert site.progress("process_killed", target="stream_manager") == "stream_manager killed 0/1"
    assert site.progress("readings_offered", at_least=10) == "readings 7/10"
    assert site.progress("segments_evicted", stream="S", at_least=3) == "segments evicted 0/3"


def test_restarts_and_pauses_are_counted_and_only_pauses_that_are_over(site: Site) -> None:
    for number, kind in enumerate(["process_restart", "process_pause"]):
        fields = {"id": f"f{number}", "services": [], "fault": {"kind": kind, "target": "core"}}
        site.line(1, "nemesis", "fault", "ok", phase="inject", **fields)
    assert site.progress("process_restarted", target="core") == "core restarted 1/1"
    assert site.progress("process_killed", target="core") == "core killed 0/1"
    assert site.progress("process_paused", target="core") == "core paused 0/1"
    site.line(3, "nemesis", "fault", "ok", phase="heal", **fields)
    assert site.progress("process_paused", target="core", lasting="2s") == "core paused 1/1"
    assert site.progress("process_paused", target="core", lasting="3s") == "core paused 0/1"
    assert site.progress("time_down", at_least="30%") == "down 0%/30%"


def test_what_can_only_be_known_in_the_end_says_nothing(site: Site) -> None:
    assert site.progress("healed_together", services="all") == ""
