"""Runs told by hand, legal and then illegal in one way each.

Raw readings go to IoT Analytics in batches of two, one every 100 ms from 1,000 ms on; each aggregate is a batch of its
own, urgent, and goes to Kinesis. A batch is answered after 20 ms.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from harness.checkers.verdict import Ruling

from .plans import plan
from .telling import ExporterSpec, Telling
from .urgency import RAW_KEY, URGENT, URGENT_KEY, aggregate, begun, send_raw, verdict


@dataclass
class Meeting:
    """Aggregate 1 meets raw batches at 2,500 (X), 2,600 (G) and 2,700 ms.

    It is acknowledged at 2,430 ms and arrives at 2,650 ms: G went before it.
    """

    acknowledged: float = 2_430.0
    arrived: float = 2_650.0
    urgent: ExporterSpec = URGENT
    told: Telling = field(init=False)

    def __post_init__(self) -> None:
        self.told = begun(self.urgent)
        send_raw(self.told, [1000.0 + 100 * n for n in range(30)])
        aggregate(self.told, 0, 1_420.0, 1_440.0)
        aggregate(self.told, 1, self.acknowledged, self.arrived)


def inversions(told: Telling) -> int:
    return int(verdict(told).figures["inversions"])


# -- inversions ----------------------------------------------------------------------------------


def test_an_urgent_message_goes_as_soon_as_the_batch_under_way_is_settled() -> None:
    found = verdict(Meeting(arrived=2_540.0).told)
    assert found.verdict is Ruling.VALID, found
    # The first five batches arrived before the urgent exporter had ever got through.
    assert found.figures["judged"] == 25


def test_a_less_urgent_batch_may_not_go_before_an_urgent_message_that_waits() -> None:
    found = verdict(Meeting().told)
    assert found.verdict is Ruling.INVALID
    assert found.examples == (
        "messages 32 to 33 of Raw/RawData arrived at 2.60 s, while message 1 of Aggregate/AggregateData, "
        "acknowledged at 2.43 s, still waited; it arrived at 2.65 s",
    )


def test_the_worst_inversion_comes_first() -> None:
    told = Meeting().told
    aggregate(told, 2, 2_770.0, 3_950.0)
    found = verdict(told)
    assert found.figures["inversions"] == 12
    assert "message 2 of" in found.examples[0]


def test_what_came_in_while_the_batch_before_was_on_its_way_did_not_wait() -> None:
    assert inversions(Meeting(acknowledged=2_510.0).told) == 0


def test_two_times_closer_than_the_tolerance_have_no_order() -> None:
    assert inversions(Meeting(acknowledged=2_479.0).told) == 1
    assert inversions(Meeting(acknowledged=2_481.0).told) == 0
    assert inversions(Meeting(arrived=2_621.0).told) == 1
    assert inversions(Meeting(arrived=2_619.0).told) == 0
    wide = verdict(Meeting(arrived=2_621.0).told, tolerance="30ms")
    assert wide.figures["inversions"] == 0


@pytest.mark.parametrize(
    "again",
    [
        pytest.param((RAW_KEY, [32, 33]), id="the less urgent batch"),
        pytest.param((RAW_KEY, [30, 31]), id="the batch before it"),
        pytest.param((RAW_KEY, [31]), id="a half of the batch before it"),
        pytest.param((URGENT_KEY, [1]), id="the urgent batch"),
    ],
)
def test_a_batch_that_was_seen_more_than_once_proves_nothing(
    again: tuple[str, Sequence[int]],
) -> None:
    told = Meeting().told
    told.put(*again, at=5_000.0)
    assert inversions(told) == 0


def test_the_head_of_a_line_is_pending_until_its_last_copy() -> None:
    told = Meeting(arrived=2_690.0).told
    told.put(URGENT_KEY, [0], at=2_650.0)
    assert inversions(told) == 0


def test_an_exporter_whose_last_batch_is_ambiguous_is_not_judged() -> None:
    told = Meeting(arrived=2_540.0).told
    told.put(URGENT_KEY, [0], at=5_000.0)
    # Its first batch proves nothing, so that only those after 2,540 ms are left.
    assert verdict(told).figures["judged"] == 14


@pytest.mark.parametrize(
    ("back", "outcome", "found"),
    [
        pytest.param(2_481.0, "ok", 1, id="got through"),
        pytest.param(2_900.0, "failed", 0, id="given up"),
        pytest.param(None, "ok", 0, id="nobody heard of it"),
    ],
)
def test_an_exporter_got_through_with_the_last_copy_of_what_it_sent_again(
    back: float | None, outcome: str, found: int
) -> None:
    """Aggregate 1 was under way when the link was cut and comes again after the heal; aggregate 2 is left waiting."""
    told = Meeting(acknowledged=1_900.0, arrived=1_990.0).told
    told.cut(["kinesis"], 2_000.0, 2_300.0)
    told.put(URGENT_KEY, [1], at=2_450.0, took=30.0)
    if back is not None:
        told.uplink("kinesis", 2_440.0, back, outcome)
    aggregate(told, 2, 2_420.0, 2_650.0)
    assert inversions(told) == found


def test_a_copy_that_is_not_the_last_may_be_one_that_a_silent_link_held() -> None:
    told = Meeting(acknowledged=1_900.0, arrived=1_990.0).told
    told.cut(["kinesis"], 2_000.0, 2_300.0)
    told.put(URGENT_KEY, [1], at=2_450.0, took=30.0)
    told.uplink("kinesis", 2_440.0, 2_481.0, "ok")
    told.put(URGENT_KEY, [1], at=2_640.0, took=5.0)
    aggregate(told, 2, 2_420.0, 2_650.0)
    assert inversions(told) == 0


def test_an_urgent_message_that_never_arrives_was_passed_by_all_that_followed() -> None:
    told = Meeting(arrived=2_540.0).told
    aggregate(told, 2, 2_770.0, None)
    found = verdict(told)
    assert found.figures["inversions"] == 11
    assert "message 2 of Aggregate/AggregateData" in found.examples[0]
    assert "still waited; it never arrived" in found.examples[0]


def test_a_rest_that_makes_no_batch_never_arrives_lawfully() -> None:
    two = ExporterSpec(
        name="AggregateData", service="kinesis", target="aggregates", batch_size=2, priority=1
    )
    told = begun(two)
    send_raw(told, [1000.0 + 100 * n for n in range(30)])
    aggregate(told, 0, 1_390.0, None)
    aggregate(told, 1, 1_395.0, None)
    told.put(URGENT_KEY, [0, 1], at=1_440.0, took=20.0)
    aggregate(told, 2, 2_430.0, None)
    assert inversions(told) == 0


def test_what_an_exporter_left_out_is_not_what_it_has_to_send_next() -> None:
    """A message that it lost on its way is an affair of another judge."""
    told = begun()
    send_raw(told, [1000.0 + 100 * n for n in range(30)])
    aggregate(told, 0, 1_420.0, 1_440.0)
    aggregate(told, 1, 1_700.0, None)
    aggregate(told, 2, 1_710.0, 1_740.0)
    assert inversions(told) == 0


def test_an_exporter_sends_one_batch_at_a_time() -> None:
    """The urgent one waits for an answer from 2,440 to 2,610 ms."""
    told = Meeting(acknowledged=2_475.0).told
    told.append("Aggregate", 2, at=2_420.0)
    told.put(URGENT_KEY, [2], at=2_440.0, took=170.0)
    assert inversions(told) == 0


def test_equal_payloads_prove_nothing() -> None:
    told = Meeting().told
    told.append("Aggregate", 2, at=2_800.0, hash_="Aggregate/1")
    assert inversions(told) == 0


@pytest.mark.parametrize(("service", "found"), [("kinesis", 0), ("iotanalytics", 0), ("logs", 1)])
def test_a_fault_on_either_link_meanwhile_excuses(service: str, found: int) -> None:
    told = Meeting().told
    told.cut([service], 2_550.0, 2_560.0)
    assert inversions(told) == found


def test_an_exporter_that_has_not_got_through_since_a_fault_may_still_sleep() -> None:
    told = Meeting().told
    told.cut(["kinesis"], 2_300.0, 2_350.0)
    assert inversions(told) == 0
    told = begun()
    send_raw(told, [1000.0 + 100 * n for n in range(30)])
    told.cut(["kinesis"], 2_300.0, 2_350.0)
    aggregate(told, 0, 2_410.0, 2_440.0)
    aggregate(told, 1, 2_475.0, 2_650.0)
    assert inversions(told) == 1


def test_an_exporter_that_never_got_through_proves_nothing() -> None:
    told = begun()
    send_raw(told, [1000.0 + 100 * n for n in range(30)])
    aggregate(told, 0, 2_430.0, 2_650.0)
    assert inversions(told) == 0


@pytest.mark.parametrize(
    "last",
    [
        pytest.param({"outcome": "failed"}, id="failed"),
        pytest.param({"outcome": "unknown"}, id="unknown"),
        pytest.param({"answered": False}, id="never told"),
        pytest.param({"rejected": [0]}, id="refused"),
    ],
)
def test_an_exporter_whose_last_batch_failed_may_back_off(last: dict[str, object]) -> None:
    def told(**last: object) -> Telling:
        told = Meeting(acknowledged=2_475.0).told
        told.append("Aggregate", 0, at=2_400.0)
        told.append("Aggregate", 2, at=2_400.0)
        told.put(URGENT_KEY, [2], at=2_440.0, took=5.0, **last)  # type: ignore[arg-type]
        return told

    assert inversions(told()) == 1
    assert inversions(told(**last)) == 0


@pytest.mark.parametrize("kind", ["request", "connection"])
def test_an_exporter_that_was_seen_to_fail_may_back_off(kind: str) -> None:
    told = Meeting().told
    told.uplink("kinesis", 2_440.0, 2_450.0, "failed", kind)
    assert inversions(told) == 0
    told = Meeting().told
    told.uplink("iotanalytics", 2_440.0, 2_450.0, "failed", kind)
    told.uplink("kinesis", 2_440.0, 2_450.0, "ok", kind)
    assert inversions(told) == 1


def test_a_batch_that_has_not_been_answered_may_still_be_waited_for() -> None:
    """X is answered after G arrived: nobody knows when G was chosen."""
    told = begun()
    send_raw(told, [1000.0 + 100 * n for n in range(15)])
    told.put(RAW_KEY, [30, 31], at=2_500.0, took=120.0)
    send_raw(told, [2_600.0 + 100 * n for n in range(10)], first=32)
    aggregate(told, 0, 1_420.0, 1_440.0)
    aggregate(told, 1, 2_430.0, 2_650.0)
    assert inversions(told) == 0


def test_a_restart_meanwhile_excuses() -> None:
    told = Meeting().told
    told.restart(2_530.0, 2_570.0)
    assert inversions(told) == 0


@pytest.mark.parametrize(
    ("batch_size", "interval_ms", "found"),
    [(1, None, 1), (2, None, 0), (2, 2_000, 0), (2, 40, 1), (2, 60, 0)],
)
def test_a_message_that_makes_no_batch_waits_lawfully(
    batch_size: int, interval_ms: int | None, found: int
) -> None:
    urgent = ExporterSpec(
        name="AggregateData",
        service="kinesis",
        target="aggregates",
        batch_size=batch_size,
        interval_ms=interval_ms,
        priority=1,
    )
    assert inversions(Meeting(urgent=urgent).told) == found


def test_messages_behind_it_make_it_a_batch() -> None:
    two = ExporterSpec(
        name="AggregateData", service="kinesis", target="aggregates", batch_size=2, priority=1
    )
    told = Meeting(urgent=two).told
    told.append("Aggregate", 2, at=2_440.0)
    assert inversions(told) == 1


def test_a_request_that_is_nobodys_proves_nothing() -> None:
    told = Meeting().told
    told.put(RAW_KEY, [], at=2_520.0, hashes=["somebody else's"])
    assert inversions(told) == 0


def test_a_stall_of_the_machine_leaves_no_order() -> None:
    told = Meeting().told
    told.stall(2_510.0, 2_590.0)
    assert inversions(told) == 0


def test_an_exporter_without_a_priority_is_behind_all_others() -> None:
    least = ExporterSpec(
        name="AggregateData", service="kinesis", target="aggregates", batch_size=1, priority=10
    )
    assert inversions(Meeting(urgent=least).told) == 1


def test_an_exporter_is_not_more_urgent_before_it_is_defined_so() -> None:
    told = Meeting().told
    told.stream("Aggregate", URGENT, at=2_550.0, update=True)
    assert inversions(told) == 0


# -- when nothing is proven ------------------------------------------------------------------------


@pytest.mark.parametrize("pool", [None, 2, 5])
def test_with_more_than_one_exporter_at_once_nothing_is_judged(pool: int | None) -> None:
    found = verdict(Meeting().told, plan(pool=pool))
    assert found.verdict is Ruling.UNKNOWN
    assert "STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE" in found.reason


def test_with_exporters_of_equal_urgency_nothing_is_judged() -> None:
    equal = ExporterSpec(name="AggregateData", service="kinesis", target="a", batch_size=1)
    assert verdict(Meeting(urgent=equal).told).verdict is Ruling.UNKNOWN


def test_too_few_batches_prove_nothing() -> None:
    found = verdict(Meeting(arrived=2_540.0).told, batches_at_least=26)
    assert found.verdict is Ruling.UNKNOWN
    assert found.reason.endswith("Unknown: at least 26 are needed.")


def test_too_few_batches_are_enough_to_accuse() -> None:
    assert verdict(Meeting().told, batches_at_least=1000).verdict is Ruling.INVALID


@pytest.mark.parametrize("witness", ["cloud-tap", "uplink-tap", "nemesis", "harness"])
def test_without_a_witness_nobody_is_accused(witness: str) -> None:
    told = Meeting().told
    told.silent = {witness}
    found = verdict(told)
    assert found.verdict is Ruling.UNKNOWN
    assert f"the witness {witness} did not end in order" in found.reason


def test_an_acknowledgement_that_was_seen_is_a_fact() -> None:
    told = Meeting().told
    told.silent = {"edge-tap"}
    told.line(9_000.0, "harness", "interrupted", "note", reason="Ctrl-C")
    assert verdict(told).verdict is Ruling.INVALID


@pytest.mark.parametrize("witness", ["edge-tap", "cloud-tap", "cloud-reader"])
def test_without_a_witness_nobody_is_acquitted(witness: str) -> None:
    told = Meeting(arrived=2_540.0).told
    told.silent = {witness}
    assert verdict(told).verdict is Ruling.UNKNOWN


def test_a_run_that_went_wrong_acquits_nobody() -> None:
    for go_wrong in (
        lambda told: told.line(9_000.0, "harness", "interrupted", "note", reason="Ctrl-C"),
        lambda told: told.line(9_000.0, "nemesis", "trigger", "failed", id="f1", reason="never"),
        lambda told: told.cut(["logs"], 9_000.0, None, failed="no"),
    ):
        told = Meeting(arrived=2_540.0).told
        go_wrong(told)
        assert verdict(told).verdict is Ruling.UNKNOWN
