"""What comes first after both links were healed at once, told by hand: legal, and then illegal in one way each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from harness.checkers.verdict import Ruling
from harness.plan.model import Plan

from .plans import plan
from .telling import ExporterSpec, Telling
from .urgency import RAW_KEY, URGENT, URGENT_KEY, aggregate, begun, send_raw, verdict


@dataclass
class Outage:
    """Both links are down from 3,000 to 5,000 ms; raw readings and aggregates 1 to 4 wait."""

    raw: Sequence[float] = (5_500.0,)
    urgent: Sequence[float] = (5_550.0, 5_600.0, 5_650.0, 5_700.0)
    both: bool = True
    told: Telling = field(init=False)

    def __post_init__(self) -> None:
        told = self.told = begun()
        number = send_raw(told, [1000.0 + 100 * n for n in range(19)])
        aggregate(told, 0, 1_020.0, 1_040.0)
        for each, at in zip((1, 2, 3, 4), [*self.urgent, *[None] * 4], strict=False):
            aggregate(told, each, 3_100.0 + 100 * each, at)
        if self.both:
            told.cut(["kinesis", "iotanalytics"], 3_000.0, 5_000.0)
        rest = [9_000.0 + 30_000.0 + 100 * n for n in range(10)]
        send_raw(told, [*self.raw, *rest], first=number)


def after_heal(told: Telling, the_plan: Plan | None = None) -> str:
    return " ".join(verdict(told, the_plan).examples)


def test_one_less_urgent_batch_may_come_first_after_a_heal() -> None:
    found = verdict(Outage().told)
    assert found.verdict is Ruling.VALID, found
    assert found.figures["heals_judged"] == 1
    assert found.figures["first_urgent_after_heal_ms"] == [548.0]


def test_a_second_less_urgent_batch_may_not() -> None:
    found = verdict(Outage(raw=(5_400.0, 5_500.0)).told)
    assert found.verdict is Ruling.INVALID
    assert "after the heal at 5.00 s messages 40 to 41 of Raw/RawData arrived" in found.examples[0]
    assert (
        "message 1 of Aggregate/AggregateData, which had waited, came at 5.55 s"
        in found.examples[0]
    )


def test_links_that_are_healed_one_after_the_other_are_not_healed_at_once() -> None:
    def told(kinesis_back: float) -> Telling:
        told = Outage(raw=(5_400.0, 5_500.0), both=False).told
        told.cut(["iotanalytics"], 3_000.0, 5_000.0)
        told.cut(["kinesis"], 3_000.0, kinesis_back)
        return told

    assert verdict(told(5_300.0)).verdict is Ruling.INVALID
    assert verdict(told(5_530.0)).verdict is Ruling.VALID


def test_links_that_were_healed_one_long_after_the_other_are_not_judged() -> None:
    urgent = (6_050.0, 6_100.0, 6_150.0, 6_200.0)
    told = Outage(raw=(5_950.0, 5_990.0), urgent=urgent, both=False).told
    told.cut(["iotanalytics"], 3_000.0, 5_000.0)
    told.cut(["kinesis"], 3_000.0, 5_900.0)
    assert after_heal(told) == ""


def test_a_link_that_came_back_a_moment_earlier_may_be_used_then() -> None:
    told = Outage(raw=(5_001.0, 5_500.0)).told
    assert after_heal(told) == ""


def test_an_urgent_exporter_that_tried_and_failed_may_sleep_again() -> None:
    told = Outage(raw=(5_400.0, 5_500.0)).told
    told.uplink("kinesis", 5_425.0, 5_430.0, "failed")
    assert after_heal(told) == ""
    told = Outage(raw=(5_400.0, 5_500.0)).told
    told.uplink("kinesis", 5_325.0, 5_330.0, "failed")
    assert after_heal(told) != ""


def test_a_first_batch_that_did_not_get_through_tells_nobody_that_the_link_is_back() -> None:
    told = Outage(raw=()).told
    told.put(RAW_KEY, [38, 39], at=5_400.0, outcome="failed")
    told.put(RAW_KEY, [38, 39], at=5_500.0)
    assert after_heal(told) == ""


def test_an_urgent_message_that_came_after_the_heal_did_not_wait() -> None:
    told = Outage(raw=(5_400.0, 5_500.0), urgent=()).told
    told.lines = [
        each for each in told.lines if each.get("stream") != "Aggregate" or each["at"] < 3_000
    ]
    aggregate(told, 1, 5_420.0, 5_550.0)
    assert after_heal(told) == ""


def test_an_urgent_batch_that_is_sent_again_has_waited() -> None:
    told = Outage(raw=(5_400.0, 5_500.0), urgent=()).told
    told.put(URGENT_KEY, [1], at=2_990.0, answered=False)
    told.put(URGENT_KEY, [1], at=5_550.0)
    assert "message 1 of" in after_heal(told)


def test_a_message_that_was_refused_makes_a_batch_of_its_own() -> None:
    two = ExporterSpec(
        name="AggregateData", service="kinesis", target="aggregates", batch_size=2, priority=1
    )
    for rejected, accused in (([1], True), ([], False)):
        told = begun(two)
        number = send_raw(told, [1000.0 + 100 * n for n in range(19)])
        for each in (0, 1) if rejected else (0, 1, 2):
            aggregate(told, each, 1_020.0 + each, None)
        told.put(URGENT_KEY, [0, 1], at=1_040.0, rejected=rejected)
        told.cut(["kinesis", "iotanalytics"], 3_000.0, 5_000.0)
        send_raw(told, (5_400.0, 5_500.0), first=number)
        told.put(URGENT_KEY, [1] if rejected else [2], at=5_550.0)
        assert bool(after_heal(told)) is accused


def test_the_first_urgent_batch_has_a_deadline() -> None:
    """A back-off of 5 s and a read time-out of 15 s."""
    late = tuple(at + 20_000.0 for at in (5_100.0, 5_150.0, 5_200.0, 5_250.0))
    found = verdict(Outage(raw=(), urgent=late).told)
    assert found.verdict is Ruling.INVALID
    assert "came at 25.10 s, and not within 20 s" in found.examples[0]
    assert after_heal(Outage(raw=(), urgent=late).told, plan(backoff_ms=5_200)) == ""


def test_an_urgent_message_that_never_comes_is_late() -> None:
    assert "never came" in after_heal(Outage(raw=(), urgent=()).told)


def test_what_may_have_been_overwritten_is_not_waited_for() -> None:
    told = Outage(raw=(), urgent=()).told
    told.stream("Aggregate", URGENT, max_size=1_024, segment_size=1_024, at=2_000.0, update=True)
    for number in range(5, 40):
        told.append("Aggregate", number, at=4_000.0 + number)
    assert "message 1 of" not in after_heal(told)
    assert "never came" in after_heal(told)


@pytest.mark.parametrize(
    "disturb",
    [
        pytest.param(lambda told: told.cut(["kinesis"], 5_410.0, 5_440.0), id="a fault"),
        pytest.param(lambda told: told.restart(5_300.0, 5_350.0), id="a restart"),
        pytest.param(lambda told: told.stall(5_300.0, 5_350.0), id="a stall"),
        pytest.param(
            lambda told: told.stream("Aggregate", URGENT, at=5_300.0, update=True),
            id="another definition",
        ),
    ],
)
def test_what_happens_after_the_heal_excuses(disturb: Callable[[Telling], None]) -> None:
    told = Outage(raw=(5_400.0, 5_500.0)).told
    disturb(told)
    assert after_heal(told) == ""


def test_a_run_that_ended_before_the_deadline_accuses_nobody() -> None:
    told = Outage(raw=(), urgent=()).told
    told.lines = [each for each in told.lines if each["at"] < 20_000.0]
    assert after_heal(told) == ""
