"""The observer, fed with lines as the witnesses write them."""

from itertools import count
from typing import Any

import pytest

from harness.run.observer import Observer

KIB = 1024


class Site:
    """Writes the lines of a site in the order in which things happen, and an observer reads them.

    Attributes:
        at: milliseconds, of the next line.
    """

    def __init__(self) -> None:
        self.observer = Observer()
        self.at = 0.0
        self._ids = count(1)
        self._number: dict[str, int] = {}

    def line(self, witness: str, kind: str, type: str, **fields: Any) -> None:
        self.observer.take(
            {"at": self.at, "witness": witness, "kind": kind, "type": type, **fields}
        )

    def operation(
        self, witness: str, kind: str, ending: str, ended: dict[str, Any], **asked: Any
    ) -> None:
        name = f"{witness}-{next(self._ids)}"
        self.line(witness, kind, "invoked", id=name, **asked)
        self.line(witness, kind, ending, id=name, **ended)

    def create(
        self, stream: str = "S", *, ending: str = "ok", kind: str = "create", **definition: Any
    ) -> None:
        exports = {
            "kinesis": [{"identifier": "K", "kinesisStreamName": "data"}],
            "iotAnalytics": [{"identifier": "A", "iotChannel": "channel"}],
        }
        wanted = {"name": stream, "strategyOnFull": 1, "exportDefinition": exports, **definition}
        self.operation("edge-tap", kind, ending, {}, stream=stream, definition=wanted)

    def append(self, *hashes: str, stream: str = "S", size: int = 100, ending: str = "ok") -> None:
        for each in hashes:
            number = self._number.get(stream, 0)
            self._number[stream] = number + (ending == "ok")
            ended = {"sequence_number": number} if ending == "ok" else {"error": "no"}
            self.operation("edge-tap", "append", ending, ended, stream=stream, hash=each, size=size)

    def put(
        self,
        *hashes: str,
        service: str = "kinesis",
        target: str = "data",
        ending: str = "ok",
        rejected: tuple[int, ...] = (),
    ) -> None:
        asked = {"service": service, "target": target, "hashes": list(hashes)}
        self.operation("cloud-tap", "put", ending, {"rejected": list(rejected)}, **asked)

    def exporter(self, name: str = "K", stream: str = "S") -> Any:
        return self.observer.exporters[stream, name]

    def backlog(self, name: str = "K") -> int:
        return self.observer.backlog(self.exporter(name))


@pytest.fixture
def site() -> Site:
    return Site()


# -- backlog ---------------------------------------------------------------------------------------


def test_what_is_acknowledged_and_has_not_arrived_is_owed(site: Site) -> None:
    site.create()
    assert site.backlog() == 0
    site.append("a", "b", "c")
    assert (site.backlog("K"), site.backlog("A")) == (3, 3)
    site.put("a", "b")
    site.put("a", service="iotanalytics", target="channel")
    assert (site.backlog("K"), site.backlog("A")) == (1, 2)
    assert (site.exporter().delivered, site.exporter().arrivals) == (1, 2)


@pytest.mark.parametrize("ending", ["failed", "unknown"])
def test_an_append_that_was_not_acknowledged_is_not_owed(site: Site, ending: str) -> None:
    site.create()
    site.append("a", ending=ending)
    assert site.backlog() == 0
    assert site.observer.streams["S"].appended == 0


@pytest.mark.parametrize("ending", ["failed", "unknown"])
def test_a_put_that_was_not_accepted_delivers_nothing(site: Site, ending: str) -> None:
    site.create()
    site.append("a")
    site.put("a", ending=ending)
    assert site.backlog() == 1


def test_what_a_put_rejects_is_still_owed(site: Site) -> None:
    site.create()
    site.append("a", "b", "c")
    site.put("a", "b", "c", rejected=(1, 2))
    assert (site.backlog(), site.exporter().arrivals) == (2, 1)


def test_a_second_copy_is_no_second_arrival(site: Site) -> None:
    site.create()
    site.append("a")
    site.put("a")
    site.put("a")
    assert site.exporter().arrivals == 1


def test_another_destination_s_put_does_not_count(site: Site) -> None:
    site.create()
    site.append("a")
    site.put("a", target="other")
    site.put("a", service="iotanalytics", target="data")
    assert (site.backlog("K"), site.backlog("A")) == (1, 1)


def test_a_put_that_is_told_before_its_append_counts_all_the_same(site: Site) -> None:
    site.create()
    site.append("a")
    site.put("a", "b")
    site.append("b")
    assert (site.backlog(), site.exporter().arrivals) == (0, 2)
    site.append("b")
    assert site.backlog() == 1, "an equal message that came later has not arrived"


def test_a_put_whose_answer_was_handed_over_is_delivered_once(site: Site) -> None:
    site.create()
    site.append("a")
    asked = {"service": "kinesis", "target": "data", "hashes": ["a"]}
    site.line("cloud-tap", "put", "invoked", id="p", **asked)
    site.line("cloud-tap", "put", "note", id="p", answered=False)
    assert site.backlog() == 1
    site.line("cloud-tap", "put", "ok", id="p", rejected=[])
    site.line("cloud-tap", "put", "note", id="p", answered=True)
    assert site.backlog() == 0


def test_all_exporters_have_to_have_delivered_up_to_a_number(site: Site) -> None:
    site.create()
    site.append("a", "b")
    owed = {"S": 1}
    site.put("a", "b")
    assert not site.observer.delivered_up_to(owed)
    site.put("a", "b", service="iotanalytics", target="channel")
    assert site.observer.delivered_up_to(owed)
    assert site.observer.delivered_up_to({}), "nothing is owed of a stream that is not named"


# -- definitions -----------------------------------------------------------------------------------


def test_a_definition_that_was_refused_changes_nothing(site: Site) -> None:
    site.create(ending="failed")
    assert (site.observer.streams, site.observer.exporters) == ({}, {})


def test_a_stream_has_the_defaults_of_the_protocol_unless_told_otherwise(site: Site) -> None:
    site.create(strategyOnFull=0)
    stream = site.observer.streams["S"]
    assert (stream.max_size, stream.segment_size) == (256 * KIB * KIB, 16 * KIB * KIB)
    assert not stream.overwrites
    site.create(kind="update", maxSize=4 * KIB, streamSegmentSize=KIB)
    assert (stream.max_size, stream.segment_size, stream.overwrites) == (4 * KIB, KIB, True)


def test_a_stream_without_exports_has_no_exporters(site: Site) -> None:
    site.create(exportDefinition=None)
    site.append("a")
    assert site.observer.exporters == {}
    assert site.observer.delivered_up_to({"S": 0})


def test_a_stream_that_is_made_again_begins_anew(site: Site) -> None:
    site.create()
    site.create("other")
    site.append("a", "b")
    site.operation("edge-tap", "delete", "failed", {}, stream="S")
    assert site.backlog() == 2
    site.operation("edge-tap", "delete", "ok", {}, stream="S")
    assert set(site.observer.exporters) == {("other", "K"), ("other", "A")}
    site.create()
    assert site.backlog() == 0


# -- eviction --------------------------------------------------------------------------------------


def test_a_full_stream_loses_its_oldest_segment_and_owes_only_what_it_holds(site: Site) -> None:
    site.create(maxSize=4 * KIB, streamSegmentSize=KIB)
    stream = site.observer.streams["S"]
    site.append(*map(str, range(8)), size=512)
    assert (stream.evicted, stream.oldest, site.backlog()) == (0, 0, 8)
    site.append("8", size=512)
    assert (stream.evicted, stream.oldest, site.backlog()) == (1, 2, 7)
    site.append("9", "10", "11", "12", size=512)
    assert (stream.evicted, stream.oldest) == (3, 6)
    site.put("12")
    assert site.backlog() == 0


def test_a_stream_that_rejects_evicts_nothing(site: Site) -> None:
    site.create(maxSize=KIB, streamSegmentSize=KIB, strategyOnFull=0)
    site.append(*map(str, range(8)), size=512)
    assert (site.observer.streams["S"].evicted, site.backlog()) == (0, 8)


# -- links, faults, phases -------------------------------------------------------------------------


def test_a_request_is_in_flight_until_it_ends(site: Site) -> None:
    uplink = {"witness": "uplink-tap", "kind": "request", "service": "kinesis"}
    for number, ending in enumerate(("ok", "failed", "unknown")):
        site.line(type="invoked", id=f"r{number}", **uplink)
        assert site.observer.in_flight["kinesis"] == {f"r{number}"}
        site.line(type=ending, id=f"r{number}", **uplink)
        assert site.observer.in_flight["kinesis"] == set()
    assert len(site.observer.failures) == 2


def test_a_connection_that_is_refused_is_a_failed_request(site: Site) -> None:
    for type in ("invoked", "ok", "failed", "note"):
        site.line("uplink-tap", "connection", type, id="c", service="s3")
    assert site.observer.failures == [(0.0, "s3")]
    assert site.observer.failed_between(0.0, 1.0, ["s3", "iot"])
    assert not site.observer.failed_between(0.0, 1.0, ["kinesis"])
    assert not site.observer.failed_between(0.5, 1.0, ["s3"])


def test_a_fault_is_in_force_from_its_injection_to_its_healing(site: Site) -> None:
    def step(type: str, phase: str) -> set[str]:
        site.line("nemesis", "fault", type, id="f1", phase=phase, services=["kinesis", "s3"])
        return set(site.observer.faults)

    assert step("invoked", "inject") == set()
    assert step("ok", "inject") == {"f1"}
    assert step("invoked", "heal") == {"f1"}
    assert step("failed", "heal") == {"f1"}
    assert site.observer.healed.total() == 0
    assert step("ok", "heal") == set()
    assert site.observer.healed == {"kinesis": 1, "s3": 1}


def test_a_fault_that_is_over_at_once_is_never_in_force(site: Site) -> None:
    site.line("nemesis", "fault", "ok", id="f1", phase="inject", services=[])
    assert site.observer.faults == {}


def test_the_phase_is_the_one_told_last(site: Site) -> None:
    assert site.observer.phase == "prepare"
    site.line("harness", "phase", "note", phase="disturb")
    assert site.observer.phase == "disturb"


# -- rates -----------------------------------------------------------------------------------------


def test_rates_are_those_of_the_last_five_seconds(site: Site) -> None:
    site.create()
    for second in range(10):
        site.at = second * 1000.0
        names = [f"{second}-{n}" for n in range(10)]
        site.append(*names)
        site.put(*names[:5])
    site.at = 9_500.0
    site.observer.take({"at": site.at})
    assert site.observer.rate_hz("appended") == pytest.approx(10)
    assert site.observer.rate_hz("delivered") == pytest.approx(5)
    site.observer.take({"at": 60_000.0})
    assert site.observer.rate_hz("appended") == 0


def test_lines_of_no_interest_change_nothing_but_the_time(site: Site) -> None:
    site.at = 7.0
    site.line("edge-tap", "read", "invoked", id="1")
    site.line("someone", "else", "ok")
    assert site.observer == Observer(at_ms=7.0)
    site.observer.take({"at": 3.0})
    assert site.observer.at_ms == 7.0, "the files of several witnesses are not in step"
