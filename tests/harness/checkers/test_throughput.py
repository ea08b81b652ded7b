"""Twenty readings per second of two sensors for one second, told by hand, and then less of them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.checkers.throughput import ThroughputChecker, percentiles
from harness.checkers.verdict import Ruling, Verdict
from harness.scenario.judges import ThroughputJudge

from .golden import Golden
from .plans import plan
from .telling import ExporterSpec, Telling

CHANNEL = ExporterSpec(name="RawData", service="iotanalytics", target="channel", batch_size=1)
KINESIS = ExporterSpec(name="RawKinesis", service="kinesis", target="raw", batch_size=1)
SENSORS = ("sensor-1", "sensor-2")


@dataclass
class Run:
    """A run of 40 readings; the edge sees each 3 ms after it is due, acknowledges it after 4, delivers it after 100.

    Attributes:
        silent_source: readings that were never appended.
        refused: readings whose append was refused.
        unsent: by exporter, readings that were never delivered.
        late: by reading, milliseconds before it is acknowledged.
    """

    silent_source: Collection[str] = ()
    refused: Collection[str] = ()
    unsent: dict[str, Collection[str]] = field(default_factory=dict)
    late: dict[str, float] = field(default_factory=dict)
    exporters: tuple[ExporterSpec, ...] = (CHANNEL, KINESIS)
    ordinals: int = 20
    told: Telling = field(default_factory=Telling)

    def tell(self) -> Telling:
        told = self.told
        told.first_reading_ms = 500.0
        told.stream("Raw", *self.exporters)
        number = 0
        for ordinal in range(self.ordinals):
            for sensor in SENSORS:
                reading, due = f"{sensor}/{ordinal}", 500.0 + 50.0 * ordinal
                if reading in self.silent_source:
                    continue
                outcome = "failed" if reading in self.refused else "ok"
                took = self.late.get(reading, 4.0) - 3.0
                told.append(
                    "Raw",
                    number,
                    at=due + 3.0,
                    took=took,
                    outcome=outcome,
                    reading=reading,
                    hash_=reading,
                )
                if outcome == "ok":
                    self._deliver(number, reading, due + 100.0)
                    number += 1
        return told

    def _deliver(self, number: int, reading: str, at: float) -> None:
        for each in self.exporters:
            if reading not in self.unsent.get(each.name, ()):
                self.told.put(f"Raw/{each.name}", [number], at=at, hashes=[reading])


def verdict(told: Telling, **judge: Any) -> Verdict:
    checker = ThroughputChecker(ThroughputJudge.model_validate(judge))
    return checker.check(told.history(), plan(run_for="1s", rate="20/s", sensors=2))


def test_every_planned_reading_went_through() -> None:
    found = verdict(Run().tell())
    assert found.verdict is Ruling.VALID
    assert found.reason == (
        "Of 40 readings 40 were offered, 40 were acknowledged, 40 were delivered by every exporter."
    )
    assert found.figures["verdicts"] == dict.fromkeys(("offered", "appended", "delivered"), "valid")


def test_readings_after_the_run_do_not_count() -> None:
    found = verdict(Run(ordinals=30, unsent={"RawData": ["sensor-1/25"]}).tell())
    assert found.verdict is Ruling.VALID
    assert (found.figures["planned"], found.figures["appended"]) == (40, 40)


def test_latencies_count_from_the_intended_times() -> None:
    found = verdict(Run(late={"sensor-2/7": 44.0}).tell()).figures["latency_ms"]
    assert found["offered"] == {"p50": 3.0, "p95": 3.0, "p99": 3.0, "max": 3.0}
    assert found["appended"] == {"p50": 4.0, "p95": 4.0, "p99": 44.0, "max": 44.0}
    assert found["delivered"]["Raw/RawKinesis"]["p50"] == 100.0


def test_a_reading_that_was_never_seen_was_not_offered() -> None:
    found = verdict(Run(silent_source=["sensor-1/3"]).tell())
    assert found.verdict is Ruling.INVALID
    assert "too few offered and appended and delivered" in found.reason
    assert found.examples[0] == "sensor-1/3, due at 0.15 s, was not offered"


def test_a_source_that_says_so_is_believed_but_by_name() -> None:
    told = Run(silent_source=["sensor-1/3"]).tell()
    told.source(2_000.0, published=40, next_ordinal=20)
    found = verdict(told, appended_at_least="97%", delivered_at_least="97%")
    assert found.verdict is Ruling.VALID
    assert "40 were offered, 1 of them by the source's own claim" in found.reason
    assert (found.figures["offered"], found.figures["offered_by_claim"]) == (39, 1)


@pytest.mark.parametrize(
    ("published", "next_ordinal"),
    [pytest.param(39, 20, id="published no more"), pytest.param(40, 3, id="not so far")],
)
def test_a_source_that_does_not_say_so_is_not(published: int, next_ordinal: int) -> None:
    told = Run(silent_source=["sensor-1/3"]).tell()
    told.source(2_000.0, published=published, next_ordinal=next_ordinal)
    assert verdict(told).figures["offered_by_claim"] == 0


def test_a_source_that_was_started_again_counts_from_nothing() -> None:
    told = Run(silent_source=["sensor-1/3"]).tell()
    told.source(600.0, published=10, next_ordinal=5)
    told.source(2_000.0, published=30, next_ordinal=20)
    assert verdict(told).figures["offered_by_claim"] == 0
    told = Run(silent_source=["sensor-1/3"]).tell()
    told.source(600.0, published=30, next_ordinal=15)
    told.source(2_000.0, published=10, next_ordinal=20)
    assert verdict(told).figures["offered_by_claim"] == 1


def test_a_reading_that_was_refused_was_offered_only() -> None:
    found = verdict(Run(refused=["sensor-1/3"]).tell())
    assert found.figures["verdicts"] == {
        "offered": "valid",
        "appended": "invalid",
        "delivered": "invalid",
    }
    assert found.examples[0] == "sensor-1/3, due at 0.15 s, was not appended"


def test_every_exporter_has_to_deliver() -> None:
    found = verdict(Run(unsent={"RawKinesis": ["sensor-2/9"]}).tell())
    assert found.verdict is Ruling.INVALID
    assert found.figures["delivered_by"] == {"Raw/RawData": 40, "Raw/RawKinesis": 39}
    assert found.examples == ("sensor-2/9, due at 0.45 s, was not delivered",)


def test_a_destination_that_does_not_hold_what_it_kept_has_not_got_it() -> None:
    told = Run().tell()
    told.forgets = {"sensor-2/9"}
    assert verdict(told).figures["verdicts"]["delivered"] == "invalid"


def test_the_first_copy_that_was_kept_counts() -> None:
    run = Run(unsent={"RawData": ["sensor-1/0"], "RawKinesis": ["sensor-1/0"]})
    told = run.tell()
    for exporter in ("Raw/RawData", "Raw/RawKinesis"):
        told.put(exporter, [0], at=530.0, hashes=["sensor-1/0"], outcome="failed")
        told.put(exporter, [0], at=540.0, hashes=["sensor-1/0"], rejected=[0])
        told.put(exporter, [0], at=1_500.0, hashes=["sensor-1/0"])
        told.put(exporter, [0], at=1_700.0, hashes=["sensor-1/0"])
    assert verdict(told).figures["latency_ms"]["delivered"]["Raw/RawData"]["max"] == 1_000.0


def test_streams_without_readings_owe_nothing() -> None:
    told = Run().tell()
    other = ExporterSpec(name="AggregateData", service="kinesis", target="a", batch_size=1)
    told.stream("Aggregate", other)
    told.append("Aggregate", 0, at=700.0)
    found = verdict(told)
    assert found.verdict is Ruling.VALID
    assert sorted(found.figures["delivered_by"]) == ["Raw/RawData", "Raw/RawKinesis"]


def test_a_share_may_be_enough() -> None:
    told = Run(silent_source=["sensor-1/3", "sensor-1/4"]).tell()
    enough = {f"{name}_at_least": "95%" for name in ("offered", "appended", "delivered")}
    assert verdict(told, **enough).verdict is Ruling.VALID
    enough["offered_at_least"] = "96%"
    assert verdict(told, **enough).verdict is Ruling.INVALID


def test_readings_have_to_be_acknowledged_in_time_if_the_judge_says_so() -> None:
    late = {"sensor-1/3": 80.0}
    assert verdict(Run(late=late).tell()).verdict is Ruling.VALID
    found = verdict(Run(late=late).tell(), appended_p99="50ms")
    assert found.verdict is Ruling.INVALID
    assert "1 were not acknowledged within 50 ms" in found.reason
    assert verdict(Run(late=late).tell(), appended_p99="80ms").verdict is Ruling.VALID


def test_a_reading_that_was_never_acknowledged_is_late() -> None:
    told = Run(refused=["sensor-1/3"]).tell()
    found = verdict(told, appended_at_least="90%", delivered_at_least="90%", appended_p99="50ms")
    assert found.figures["verdicts"]["in time"] == "invalid"


def test_after_a_stall_nothing_is_said_of_times() -> None:
    told = Run(late={"sensor-1/3": 80.0}).tell()
    told.stall(600.0, 700.0)
    found = verdict(told, appended_p99="50ms")
    assert found.verdict is Ruling.UNKNOWN
    assert "the machine stood still" in found.reason
    assert verdict(told, appended_p99="80ms").verdict is Ruling.VALID


def test_a_stall_excuses_no_reading_that_is_missing() -> None:
    told = Run(refused=["sensor-1/3"]).tell()
    told.stall(600.0, 700.0)
    assert verdict(told).verdict is Ruling.INVALID


def test_what_the_cloud_had_no_time_for_accuses_nobody() -> None:
    told = Golden()
    Run(unsent={"RawKinesis": ["sensor-1/19"]}, told=told).tell()
    told.put("Raw/RawKinesis", (), at=20_000, took=None, hashes=["sensor-1/19"], outcome="unknown")
    assert verdict(told).verdict is Ruling.INVALID
    told.drain(15_000, 30_000, False)
    found = verdict(told)
    assert found.verdict is Ruling.UNKNOWN
    assert "the cloud took 10 s and more for 1 requests" in found.reason


@pytest.mark.parametrize("witness", ["edge-tap", "harness", "cloud-tap", "cloud-reader"])
def test_without_a_witness_nothing_is_proven(witness: str) -> None:
    told = Run().tell()
    told.silent = {witness}
    assert verdict(told).verdict is Ruling.UNKNOWN


def test_what_the_edge_tap_may_have_missed_accuses_nobody() -> None:
    told = Run(silent_source=["sensor-1/3"]).tell()
    told.silent = {"edge-tap"}
    assert verdict(told).verdict is Ruling.UNKNOWN


def test_what_the_cloud_side_missed_does_not_excuse_the_edge() -> None:
    told = Run(refused=["sensor-1/3"]).tell()
    told.silent = {"cloud-tap"}
    found = verdict(told)
    assert found.verdict is Ruling.INVALID
    assert found.figures["verdicts"]["delivered"] == "unknown"


def test_a_destination_that_was_not_read_proves_nothing() -> None:
    told = Run().tell()
    told.read = False
    found = verdict(told)
    assert found.verdict is Ruling.UNKNOWN
    assert found.figures["delivered"] == 40
    assert "was not read completely (cut off)" in found.reason


def test_a_run_that_ended_early_accuses_nobody_of_what_was_still_to_come() -> None:
    told = Run(ordinals=10).tell()
    told.line(1_200.0, "harness", "interrupted", "note", reason="Ctrl-C")
    assert verdict(told).verdict is Ruling.UNKNOWN


def test_a_fault_that_failed_proves_nothing_but_excuses_nobody() -> None:
    for run, ruling in ((Run(), Ruling.UNKNOWN), (Run(refused=["sensor-1/3"]), Ruling.INVALID)):
        told = run.tell()
        told.cut(["kinesis"], 600.0, None, failed="Toxiproxy is gone")
        assert verdict(told).verdict is ruling


def test_a_stream_without_an_exporter_delivers_nothing_that_could_be_judged() -> None:
    found = verdict(Run(exporters=()).tell())
    assert found.verdict is Ruling.UNKNOWN
    assert "no stream with readings has an exporter" in found.reason


def test_without_a_first_reading_there_is_nothing_to_judge() -> None:
    told = Run().tell()
    told.first_reading_ms = None
    assert verdict(told).verdict is Ruling.UNKNOWN


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentiles([float(n) for n in range(1, 201)]) == {
        "p50": 100.0,
        "p95": 190.0,
        "p99": 198.0,
        "max": 200.0,
    }
    assert percentiles([]) == {"p50": None, "p95": None, "p99": None, "max": None}
