import pytest

from harness.checkers.ordering import OrderingChecker
from harness.checkers.verdict import Verdict
from harness.scenario.judges import OrderingJudge

from .golden import E, Golden, is_invalid, is_unknown, is_valid, rule, site
from .telling import ExporterSpec

ORDERING = OrderingChecker(OrderingJudge())


def verdict(golden: Golden) -> Verdict:
    return rule(ORDERING, golden)


def sent(*batches: range | list[int], every: float = 100) -> Golden:
    """Fifteen messages, and these batches one after the other."""
    golden = site()
    golden.appends("S", range(15), at=0)
    for place, numbers in enumerate(batches):
        golden.put("S/E", numbers, at=1_000 + place * every)
    return golden


# -- legal -------------------------------------------------------------------------------------


def test_batches_in_order_are_valid() -> None:
    found = verdict(sent(range(5), range(5, 10), range(10, 15)))
    assert is_valid(found)
    assert found.figures == {"judged": 15, "swapped": 0}


def test_a_gap_is_not_out_of_order() -> None:
    assert is_valid(verdict(sent(range(5), range(10, 15))))


def test_a_batch_that_is_sent_again_proves_nothing() -> None:
    assert is_valid(verdict(sent(range(5), range(5, 10), range(5), range(10, 15))))


def test_a_batch_that_is_sent_again_in_part_proves_nothing() -> None:
    # The first request was given up; its message 4 came again, in another batch, before it arrived.
    assert is_valid(verdict(sent([4, 5, 6], range(5), range(7, 12))))


def test_a_refused_part_may_follow_its_neighbours() -> None:
    golden = site()
    golden.appends("S", range(15), at=0)
    golden.put("S/E", range(5), at=1_000, rejected=[2])
    golden.put("S/E", range(5, 10), at=1_100)
    golden.put("S/E", [2], at=1_200)
    golden.put("S/E", range(10, 15), at=1_300)
    assert is_valid(verdict(golden))


def test_a_failed_batch_that_is_sent_again_in_its_turn_is_in_order() -> None:
    golden = site()
    golden.appends("S", range(10), at=0)
    golden.put("S/E", range(5), at=1_000, outcome="failed")
    golden.put("S/E", range(5), at=2_000)
    golden.put("S/E", range(5, 10), at=3_000)
    found = verdict(golden)
    assert is_valid(found)
    assert found.figures["judged"] == 10


def test_messages_of_equal_payload_prove_nothing() -> None:
    golden = site()
    for number, hash_ in enumerate(["S/a", "S/b", "S/a"]):
        golden.append("S", number, at=number, hash_=hash_)
    golden.put("S/E", [], at=100, hashes=["S/b"])
    golden.put("S/E", [], at=200, hashes=["S/a"])
    golden.put("S/E", [], at=300, hashes=["S/a"])
    golden.appends("S", range(3, 6), at=400)
    golden.put("S/E", range(3, 6), at=500)
    assert is_valid(verdict(golden))


def test_what_another_exporter_to_the_same_target_may_have_sent_proves_nothing() -> None:
    golden = site(E, ExporterSpec(name="F", service="kinesis", target="T", batch_size=5))
    golden.appends("S", range(10), at=0)
    golden.put("S/E", range(5), at=1_000)
    golden.put("S/E", range(5, 10), at=1_100)
    golden.put("S/F", range(5), at=1_200)
    golden.put("S/F", range(5, 10), at=1_300)
    assert is_unknown(verdict(golden), "no two messages of one exporter could be compared")


def test_two_exporters_are_two_lines() -> None:
    golden = site(E, ExporterSpec(name="F", service="iotanalytics", target="C", batch_size=5))
    golden.appends("S", range(10), at=0)
    golden.put("S/E", range(5), at=1_000)
    golden.put("S/E", range(5, 10), at=1_100)
    golden.put("S/F", range(5), at=1_200)
    golden.put("S/F", range(5, 10), at=1_300)
    assert is_valid(verdict(golden))


def test_a_stream_that_was_made_again_begins_a_new_line() -> None:
    golden = sent(range(10, 15))
    golden.delete("S", at=2_000)
    golden.stream("S", E, at=2_100)
    for number in range(5):
        golden.append("S", number, at=2_200 + number, hash_=f"S/again {number}")
    golden.put("S/E", [], at=3_000, hashes=[f"S/again {number}" for number in range(5)])
    assert is_valid(verdict(golden))


def test_a_request_that_a_slow_link_held_until_it_was_given_up_proves_nothing() -> None:
    golden = sent(range(10, 15), range(5))
    assert is_invalid(verdict(golden))
    golden.cut(["kinesis"], -16_000, 1_000, kind="latency")
    assert is_invalid(verdict(golden))
    golden.uplink("kinesis", -15_000, 0, "failed")
    golden.appends("S", range(15, 25), at=5_000)
    golden.put("S/E", range(15, 20), at=9_000)
    golden.put("S/E", range(20, 25), at=9_500)
    assert is_valid(verdict(golden))
    golden.put("S/E", range(5, 10), at=10_000)
    assert is_invalid(verdict(golden), "message 5 of S/E")


# -- illegal -----------------------------------------------------------------------------------


def test_a_batch_that_came_after_a_later_one_is_accused() -> None:
    found = verdict(sent(range(5), range(10, 15), range(5, 10)))
    assert is_invalid(found, "message 5 of S/E arrived at 1.20 s, after message 14", "1.10 s")
    assert found.figures["swapped"] == 5


def test_messages_that_are_swapped_in_one_batch_are_accused() -> None:
    found = verdict(sent([0, 1, 3, 2, 4]))
    assert is_invalid(found, "message 2 of S/E stood behind message 3 in the request")


def test_a_failed_batch_that_let_others_go_first_is_accused() -> None:
    golden = site()
    golden.appends("S", range(10), at=0)
    golden.put("S/E", range(5), at=1_000, outcome="failed")
    golden.put("S/E", range(5, 10), at=2_000)
    golden.put("S/E", range(5), at=3_000)
    assert is_invalid(verdict(golden), "message 0 of S/E arrived at 3.00 s, after message 9")


def test_the_worst_is_told_first() -> None:
    found = verdict(sent([1, 0, 14, 2]))
    assert found.examples[0].startswith("message 2 of S/E")


def test_a_swap_is_a_fact_whatever_else_is_missing() -> None:
    golden = sent(range(5), range(10, 15), range(5, 10))
    golden.read, golden.drained = False, None
    golden.silent = {"uplink-tap", "nemesis", "harness", "cloud-reader"}
    golden.interrupt(5_000)
    assert is_invalid(verdict(golden))


# -- unknown -----------------------------------------------------------------------------------


@pytest.mark.parametrize("witness", ["edge-tap", "cloud-tap"])
def test_without_a_tap_a_swapped_batch_may_have_been_seen_twice(witness: str) -> None:
    golden = sent(range(5), range(10, 15), range(5, 10))
    golden.silent = {witness}
    assert is_unknown(verdict(golden), witness)


def test_without_a_witness_nothing_is_in_order() -> None:
    golden = sent(range(5), range(5, 10))
    golden.silent = {"cloud-tap"}
    assert is_unknown(verdict(golden), "cloud-tap")


def test_one_message_has_no_order() -> None:
    assert is_unknown(verdict(sent([0])), "no two messages of one exporter could be compared")
