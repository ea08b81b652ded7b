"""What a night remembers of a run, measured on histories told by hand."""

from harness.history.history import History
from harness.nightly.figures import counted, measured, quantile

from ..report.conftest import Told, an_outage  # noqa: TID252 - tests are no package that has a name


def test_latencies_count_from_the_acknowledgement_to_the_first_copy() -> None:
    told = Told()
    told.stream("S", "kinesis")
    for number in range(4):
        told.append("S", number, at_s=number)
    told.put("S", "kinesis", [0, 1], at_s=2)
    told.put("S", "kinesis", [0, 1], at_s=9)
    told.put("S", "kinesis", [2, 3], at_s=3, ending="failed")
    told.put("S", "kinesis", [2, 3], at_s=8)
    found = measured(told.history())
    assert (found["arrival_p50_ms"], found["arrival_p99_ms"]) == (5000, 6000)
    assert found["append_p99_ms"] == 0
    # Four first copies in the six seconds from the first to the last.
    assert found["delivered_hz"] == 0.667


def test_caught_up_is_when_what_was_acknowledged_before_the_heal_had_arrived() -> None:
    # The link is back at 6 s, and the last message until then goes with the nine behind it, at 5 + 6.5 / 2 s.
    assert measured(an_outage(Told()).history())["caught_up_s"] == 2.25


def test_what_did_not_happen_is_not_measured() -> None:
    assert set(measured(History()).values()) == {None}
    undisturbed = Told()
    undisturbed.stream("S", "kinesis")
    undisturbed.append("S", 0, at_s=1)
    assert measured(undisturbed.history())["caught_up_s"] is None


def test_classes_are_summed_over_all_exporters() -> None:
    streams = {"S/a": {"appended": 2, "lost": 1}, "S/b": {"appended": 3, "duplicates": None}}
    found = counted({"streams": streams})
    assert (found["appended"], found["lost"], found["duplicates"]) == (5, 1, 0)
    assert set(counted({}).values()) == {0}


def test_quantiles() -> None:
    assert quantile([], 0.5) is None
    assert [quantile(range(100), share) for share in (0.5, 0.99)] == [50, 99]
