from harness.checkers.matching import Arrival, arrivals, rivals
from harness.history.history import History
from harness.history.operations import Outcome

from .golden import E, Golden, site
from .telling import ExporterSpec


def found(golden: Golden, exporter: str = "S/E") -> list[Arrival]:
    history = golden.history()
    return arrivals(history, next(each for each in history.exporters if each.key == exporter))


def told(golden: Golden) -> list[tuple[int | None, int, int]]:
    """Number, place in the request and copy of each arrival."""
    return [(each.number, each.position, each.copy) for each in found(golden)]


def test_every_message_of_every_request_is_matched_by_arrival() -> None:
    golden = site()
    golden.appends("S", range(3), at=0)
    golden.put("S/E", [2], at=200)
    golden.put("S/E", [0, 1], at=100)
    assert told(golden) == [(0, 0, 0), (1, 1, 0), (2, 0, 0)]


def test_a_message_that_comes_again_is_a_copy_whatever_became_of_the_first() -> None:
    golden = site()
    golden.appends("S", range(2), at=0)
    golden.put("S/E", [0, 1], at=100, outcome="failed")
    golden.put("S/E", [0], at=200)
    golden.put("S/E", [0, 1], at=300)
    assert told(golden) == [(0, 0, 0), (1, 1, 0), (0, 0, 1), (0, 0, 2), (1, 1, 1)]


def test_what_nobody_appended_has_no_number() -> None:
    golden = site()
    golden.refused("S", "S/7", at=0)
    golden.put("S/E", [7, 8], at=100)
    assert [(each.append, each.number) for each in found(golden)] == [(None, None), (None, None)]


def test_a_message_without_an_answer_is_matched_and_has_no_number() -> None:
    golden = site()
    golden.append("S", 0, at=0, outcome="unknown")
    golden.put("S/E", [0], at=100)
    arrival = found(golden)[0]
    assert arrival.number is None
    assert arrival.append is not None
    assert arrival.append.hash == "S/0"


def test_equal_payloads_are_matched_in_turn_and_are_ambiguous() -> None:
    golden = site()
    for number in (1, 0):
        golden.append("S", number, at=10 - number, hash_="S/same")
    golden.append("S", 2, at=20)
    for at in (100, 200, 300):
        golden.put("S/E", [], at=at, hashes=["S/same"])
    golden.put("S/E", [2], at=400)
    assert told(golden) == [(0, 0, 0), (1, 0, 0), (0, 0, 1), (2, 0, 0)]
    assert [each.ambiguous for each in found(golden)] == [True, True, True, False]


def test_whether_a_message_was_kept_is_told_for_each() -> None:
    golden = site()
    golden.appends("S", range(2), at=0)
    golden.put("S/E", [0, 1], at=100, rejected=[1])
    golden.put("S/E", [1], at=200, outcome="unknown")
    golden.put("S/E", [1], at=300, outcome="failed")
    assert [each.kept for each in found(golden)] == [
        Outcome.OK,
        Outcome.FAILED,
        Outcome.UNKNOWN,
        Outcome.FAILED,
    ]


def test_what_two_exporters_to_one_target_may_both_have_sent_is_ambiguous() -> None:
    golden = site(E, ExporterSpec(name="F", service="kinesis", target="T", batch_size=5))
    golden.stream("U", ExporterSpec(name="G", service="kinesis", target="T", batch_size=5))
    golden.append("S", 0, at=0)
    golden.append("U", 0, at=0)
    golden.put("S/E", [0], at=100)
    golden.put("U/G", [0], at=200)
    assert [(each.number, each.ambiguous) for each in found(golden)] == [(0, True), (None, True)]
    assert [(e.number, e.ambiguous) for e in found(golden, "U/G")] == [(None, True), (0, False)]


def names(history: History, exporter: str) -> list[str]:
    each = next(each for each in history.exporters if each.key == exporter)
    return [other.key for other in rivals(history, each)]


def test_rivals_deliver_to_the_same_target() -> None:
    golden = site(E, ExporterSpec(name="F", service="iotanalytics", target="T", batch_size=5))
    golden.stream("U", ExporterSpec(name="G", service="kinesis", target="T", batch_size=5))
    history = golden.history()
    assert names(history, "S/E") == ["U/G"]
    assert names(history, "S/F") == []
