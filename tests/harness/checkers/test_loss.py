from dataclasses import replace

import pytest

from harness.checkers.loss import LossChecker
from harness.checkers.verdict import Verdict
from harness.scenario.judges import LossJudge

from .golden import CLOUD, E, Golden, is_invalid, is_unknown, is_valid, plan, rule, site
from .telling import ExporterSpec

LOSS = LossChecker(LossJudge())
SMALL = ExporterSpec(name="E", service="kinesis", target="T", batch_size=2)


def verdict(golden: Golden) -> Verdict:
    return rule(LOSS, golden)


def delivered() -> Golden:
    """Ten messages, delivered in two batches, and a drain that waited for them."""
    golden = site()
    golden.appends("S", range(10), at=0)
    golden.put("S/E", range(5), at=100)
    golden.put("S/E", range(5, 10), at=200)
    return golden


def gap(missing: range = range(5, 10)) -> Golden:
    """Fifteen messages, of which some were in no request although later ones were."""
    golden = site()
    golden.appends("S", range(15), at=0)
    sent = [number for number in range(15) if number not in missing]
    golden.put("S/E", sent[:5], at=300)
    golden.put("S/E", sent[5:], at=400)
    return golden


# -- legal -------------------------------------------------------------------------------------


def test_everything_delivered_is_valid() -> None:
    assert is_valid(verdict(delivered()))


def test_what_was_appended_after_the_drain_began_may_be_under_way() -> None:
    golden = delivered()
    golden.appends("S", range(10, 20), at=90_010)
    assert is_valid(verdict(golden))


def test_what_the_observer_had_not_seen_yet_is_not_owed() -> None:
    golden = delivered()
    golden.appends("S", range(10, 15), at=89_990, every=1)
    assert is_unknown(verdict(golden), "messages 10 to 14 of S/E")
    golden.drain(90_000, 95_000, S=9)
    assert is_valid(verdict(golden))


def test_a_rest_smaller_than_a_batch_is_in_flight_however_long_the_drain_waited() -> None:
    golden = delivered()
    golden.appends("S", range(10, 14), at=300)
    golden.drain(10_000, 90_000, False)
    assert is_valid(verdict(golden))


def test_a_rest_that_made_a_batch_just_before_the_deadline_still_has_time() -> None:
    golden = delivered()
    golden.appends("S", range(10, 14), at=300)
    golden.append("S", 14, at=89_000)
    golden.drain(10_000, 90_000, False)
    assert is_valid(verdict(golden))


def test_a_rest_that_a_restarted_server_forgot_to_be_due_is_a_rest() -> None:
    golden = delivered()
    golden.appends("S", range(10, 14), at=300)
    golden.put("S/E", range(10, 14), at=400, outcome="failed")
    golden.drain(10_000, 90_000, False)
    assert is_invalid(verdict(golden), "message 10 of S/E")
    golden.restart(5_000, 6_000)
    assert is_valid(verdict(golden))


def test_a_refused_message_that_came_later_is_delivered() -> None:
    golden = site()
    golden.appends("S", range(10), at=0)
    golden.put("S/E", range(5), at=100, rejected=[2])
    golden.put("S/E", range(5, 10), at=200)
    golden.put("S/E", [2], at=1_300)
    assert is_valid(verdict(golden))


def test_a_doubtful_request_counts_by_what_the_destination_holds() -> None:
    golden = site()
    golden.appends("S", range(5), at=0)
    golden.doubtful("S/E", range(5), at=100, stored=True)
    assert is_valid(verdict(golden))


def test_nobody_was_promised_what_was_refused_or_not_answered() -> None:
    golden = delivered()
    golden.refused("S", "S/refused", at=150)
    golden.append("S", None, at=160, outcome="unknown", hash_="S/hole")
    assert is_valid(verdict(golden))


def test_an_exporter_does_not_owe_what_was_there_before_it() -> None:
    golden = Golden()
    golden.stream("S")
    golden.appends("S", range(3), at=0)
    golden.stream("S", E, at=100, update=True)
    golden.appends("S", range(3, 8), at=200)
    golden.put("S/E", range(3, 8), at=300)
    assert is_valid(verdict(golden))


def test_a_changed_exporter_owes_what_it_owed_before() -> None:
    golden = gap()
    golden.stream("S", SMALL, at=250, update=True)
    assert is_invalid(verdict(golden), "message 5 of S/E")


def test_an_exporter_that_was_removed_owes_nothing_any_more() -> None:
    golden = delivered()
    golden.appends("S", range(10, 15), at=300)
    golden.drain(10_000, 90_000, False)
    assert is_invalid(verdict(golden), "message 10 of S/E")
    golden.stream("S", at=1_000, update=True)
    assert is_valid(verdict(golden))


def test_a_deleted_stream_takes_what_was_in_it_along() -> None:
    golden = delivered()
    golden.appends("S", range(10, 15), at=300)
    golden.delete("S", at=400)
    golden.drain(10_000, 90_000, False)
    assert is_valid(verdict(golden))


# -- passed over -------------------------------------------------------------------------------


def test_what_an_exporter_passed_over_is_lost() -> None:
    assert is_invalid(verdict(gap()), "message 5 of S/E", "was in no request", "0.40 s")


def test_what_was_passed_over_is_lost_whatever_the_drain_and_the_reader_say() -> None:
    golden = gap()
    golden.drained, golden.read = None, False
    golden.silent = {"nemesis", "harness", "uplink-tap", "cloud-reader"}
    golden.interrupt(1_000)
    assert is_invalid(verdict(golden), "message 5 of S/E")


@pytest.mark.parametrize("witness", ["edge-tap", "cloud-tap"])
def test_without_a_tap_a_message_may_have_been_sent_unseen(witness: str) -> None:
    golden = gap()
    golden.silent = {witness}
    assert is_unknown(verdict(golden), "(5 to 9)", witness)


def test_a_message_whose_number_another_one_got_was_never_stored() -> None:
    golden = site()
    golden.appends("S", range(5), at=0)
    golden.append("S", 4, at=60, hash_="S/forgotten")
    golden.put("S/E", range(5), at=100)
    assert is_invalid(verdict(golden), "message 4 of S/E, acknowledged at 0.06 s")


def test_one_exporter_that_delivers_does_not_excuse_another() -> None:
    other = ExporterSpec(name="F", service="iotanalytics", target="C", batch_size=5)
    golden = site(E, other)
    golden.appends("S", range(15), at=0)
    golden.put("S/E", range(15), at=200)
    golden.put("S/F", [*range(5), *range(10, 15)], at=300)
    found = verdict(golden)
    assert is_invalid(found, "message 5 of S/F")
    assert len(found.examples) == 5


def test_two_messages_of_equal_payload_need_two_copies() -> None:
    golden = delivered()
    golden.append("S", 10, at=300, hash_="S/3")
    golden.appends("S", range(11, 15), at=310)
    golden.put("S/E", range(11, 15), at=400)
    assert is_unknown(verdict(golden), "messages 10 of S/E")
    golden.drain(10_000, 90_000, False)
    assert is_invalid(verdict(golden), "message 10 of S/E")
    golden.put("S/E", [3], at=500)
    assert is_valid(verdict(golden))


# -- given up, overdue, late -------------------------------------------------------------------


def test_what_was_refused_and_never_sent_again_is_lost() -> None:
    golden = site(SMALL)
    golden.appends("S", range(2), at=0)
    golden.put("S/E", [0, 1], at=100, rejected=[1])
    golden.appends("S", range(2, 22), at=200, every=1_000)
    for first in range(2, 22, 2):
        golden.put("S/E", [first, first + 1], at=first * 1_000)
    assert is_invalid(verdict(golden), "message 1 of S/E", "not kept", "sent in its place")


def test_what_was_refused_has_a_back_off_and_a_sound_link_to_be_sent_again() -> None:
    golden = site(SMALL)
    golden.appends("S", range(6), at=0)
    golden.put("S/E", [0, 1], at=100, rejected=[1])
    golden.put("S/E", [2, 3], at=200)
    golden.cut(["kinesis"], 300, 60_000)
    golden.put("S/E", [4, 5], at=61_000)
    assert is_unknown(verdict(golden), "messages 1 of S/E had not arrived when the drain ended")


def test_what_the_drain_waited_for_in_vain_is_lost() -> None:
    golden = delivered()
    golden.appends("S", range(10, 15), at=300)
    golden.drain(10_000, 90_000, False)
    assert is_invalid(verdict(golden), "message 10 of S/E", "had not arrived", "90.00 s")


def test_a_rest_that_is_older_than_its_interval_is_overdue() -> None:
    golden = site(
        ExporterSpec(name="E", service="kinesis", target="T", batch_size=5, interval_ms=2_000)
    )
    golden.appends("S", range(8), at=0)
    golden.put("S/E", range(5), at=100)
    golden.drain(10_000, 90_000, False)
    assert is_invalid(verdict(golden), "message 5 of S/E")


def test_a_rest_that_made_a_batch_early_in_the_drain_is_overdue() -> None:
    golden = delivered()
    golden.appends("S", range(10, 14), at=300)
    golden.append("S", 14, at=20_000)
    golden.drain(10_000, 90_000, False)
    assert is_invalid(verdict(golden), "message 10 of S/E")


def test_what_came_only_after_the_deadline_is_late() -> None:
    golden = delivered()
    golden.appends("S", range(10, 15), at=300)
    golden.drain(10_000, 90_000, False)
    golden.put("S/E", range(10, 15), at=90_500)
    found = verdict(golden)
    assert is_invalid(found, "message 10 of S/E", "arrived at 90.50 s")
    assert "delivered after the deadline" in found.reason.lower()


def test_a_rest_that_came_after_the_deadline_was_not_due_before() -> None:
    golden = delivered()
    golden.appends("S", range(10, 14), at=300)
    golden.append("S", 14, at=89_500)
    golden.drain(10_000, 90_000, False, S=13)
    golden.put("S/E", range(10, 15), at=90_500)
    assert is_valid(verdict(golden))


@pytest.mark.parametrize("witness", ["edge-tap", "uplink-tap", "cloud-tap", "nemesis", "harness"])
def test_a_deadline_proves_nothing_if_somebody_on_the_way_died(witness: str) -> None:
    golden = delivered()
    golden.appends("S", range(10, 15), at=300)
    golden.drain(10_000, 90_000, False)
    golden.silent = {witness}
    assert is_unknown(verdict(golden), witness)


def test_a_deadline_proves_nothing_while_a_link_is_faulty() -> None:
    golden = delivered()
    golden.appends("S", range(10, 15), at=300)
    golden.drain(10_000, 90_000, False)
    golden.cut(["kinesis"], 400, None)
    assert is_unknown(verdict(golden), "not all links were healed")


def test_a_deadline_proves_nothing_on_a_machine_that_stood_still() -> None:
    golden = delivered()
    golden.appends("S", range(10, 15), at=300)
    golden.drain(10_000, 90_000, False)
    golden.stall(50_000, 80_000)
    assert is_unknown(verdict(golden), "the machine stood still during the drain")


@pytest.mark.parametrize(("took", "enough"), [(9_999, True), (10_000, False)])
def test_a_deadline_proves_nothing_while_the_cloud_has_no_time(took: float, enough: bool) -> None:
    golden = delivered()
    golden.appends("S", range(10, 15), at=300)
    golden.put("S/E", range(10, 15), at=60_000, took=took, outcome="failed")
    golden.drain(10_000, 90_000, False)
    found = verdict(golden)
    assert is_invalid(found) if enough else is_unknown(found, "the cloud took 10 s and more")


def test_a_deadline_proves_nothing_where_the_links_cannot_carry_what_comes_in() -> None:
    golden = delivered()
    golden.appends("S", range(10, 50), at=300)
    golden.drain(10_000, 90_000, False)
    # Eight batches in 80 s.
    assert is_invalid(rule(LOSS, golden, plan(latency="10s")), "message 10 of S/E")
    reason = "8 batches had to be sent, and links of 10001 ms carry 7 in that time"
    assert is_unknown(rule(LOSS, golden, plan(latency="10001ms")), reason)


def test_what_one_exporter_has_to_send_takes_the_threads_of_another() -> None:
    first, second = replace(E, name="E"), replace(E, name="F", target="U")
    golden = site(first, second)
    golden.appends("S", range(10), at=0)
    golden.put("S/E", range(10), at=20_000)
    golden.drain(10_000, 90_000, False)
    assert is_unknown(rule(LOSS, golden, plan(latency="30s")), "4 batches", "carry 2")
    assert is_invalid(rule(LOSS, golden, plan(latency="30s", pool=2)), "message 0 of S/F")


def test_smaller_batches_that_age_makes_are_counted() -> None:
    golden = site(replace(E, interval_ms=20_000))
    golden.appends("S", range(5), at=0)
    golden.put("S/E", range(1), at=20_000)
    golden.drain(10_000, 90_000, False)
    assert is_invalid(rule(LOSS, golden, plan(latency="16s")), "message 1 of S/E")
    assert is_unknown(rule(LOSS, golden, plan(latency="17s")), "5 batches", "carry 4")


def test_where_those_before_it_were_evicted_a_message_makes_a_batch_with_those_behind_it() -> None:
    # Two segments of two messages hold no batch of five.
    golden = site(max_size=400, segment_size=200)
    golden.appends("S", range(20), at=0)
    golden.put("S/E", range(5), at=350)
    golden.drain(10_000, 90_000, False)
    found = verdict(golden)
    assert is_valid(found)
    assert found.figures["S/E"]["in_flight"] > 0


# -- legally gone ------------------------------------------------------------------------------


def overwriting(first_sent: float) -> Golden:
    """A stream of two segments of five messages; the first five went when message 10 came, and 5 to 9 with 15.

    The exporter slept, and went on with message 10 at `first_sent`.
    """
    golden = site(max_size=1_000, segment_size=500)
    golden.appends("S", range(20), at=0, every=1_000)
    golden.put("S/E", range(10, 15), at=first_sent)
    golden.put("S/E", range(15, 20), at=first_sent + 5_000)
    return golden


def test_what_was_overwritten_before_the_exporter_went_on_is_legally_gone() -> None:
    found = verdict(overwriting(first_sent=15_500))
    assert is_valid(found)
    assert found.figures["S/E"]["overwritten"] == 10


def test_what_was_overwritten_only_after_it_was_passed_over_is_lost() -> None:
    # Whatever a record takes, at least one of them was still there.
    assert is_invalid(verdict(overwriting(first_sent=14_500)), "message 9 of S/E")


def test_what_was_sent_in_vain_and_overwritten_before_it_could_be_sent_again_is_legally_gone() -> (
    None
):
    golden = site(max_size=1_000, segment_size=500)
    golden.appends("S", range(20), at=0, every=1_000)
    golden.put("S/E", range(5), at=5_000, outcome="failed")
    golden.put("S/E", range(5), at=8_000, rejected=range(5))
    golden.put("S/E", range(10, 20), at=40_000)
    assert is_valid(verdict(golden))


def test_a_stream_that_refuses_when_full_overwrites_nothing() -> None:
    golden = overwriting(first_sent=15_500)
    for line in golden.lines:
        if line["kind"] == "create" and line["type"] == "invoked":
            line["definition"]["strategyOnFull"] = 0
    assert is_invalid(verdict(golden), "message 0 of S/E")


def test_what_lived_too_long_before_the_exporter_went_on_is_legally_gone() -> None:
    golden = site(timeToLiveMillis=60_000)
    golden.appends("S", range(10), at=0)
    golden.put("S/E", range(5, 10), at=61_000)
    assert is_valid(verdict(golden))
    early = site(timeToLiveMillis=60_000)
    early.appends("S", range(10), at=0)
    early.put("S/E", range(5, 10), at=59_000)
    assert is_invalid(verdict(early), "message 0 of S/E")


# -- unknown -----------------------------------------------------------------------------------


def test_a_destination_that_was_not_read_completely_proves_nothing() -> None:
    golden = delivered()
    golden.read = False
    assert is_unknown(verdict(golden), "kinesis/T was not read completely")


def test_what_a_half_read_destination_does_not_show_is_not_lost() -> None:
    golden = delivered()
    golden.appends("S", range(10, 15), at=300)
    golden.drain(10_000, 90_000, False)
    golden.read = False
    assert is_unknown(verdict(golden), "kinesis/T was not read completely")


def test_what_the_cloud_lost_is_no_fault_of_the_site() -> None:
    golden = delivered()
    golden.forgets = {"S/7"}
    assert is_unknown(verdict(golden), "(7)", "the cloud lost what it had said that it keeps")


@pytest.mark.parametrize("witness", ["edge-tap", "uplink-tap", "cloud-tap", "cloud-reader"])
def test_a_witness_that_died_may_have_missed_a_loss(witness: str) -> None:
    golden = delivered()
    golden.silent = {witness}
    assert is_unknown(verdict(golden), witness)


def test_a_run_that_ended_early_did_not_wait() -> None:
    golden = delivered()
    golden.interrupt(1_000)
    assert is_unknown(verdict(golden), "Ctrl-C")


def test_a_run_without_a_drain_did_not_wait() -> None:
    golden = delivered()
    golden.drained = None
    assert is_unknown(verdict(golden), "nobody waited")


def test_a_run_in_which_nothing_was_delivered_proves_nothing() -> None:
    golden = site()
    golden.appends("S", range(4), at=0)
    assert is_unknown(verdict(golden), "nothing was delivered")


def test_what_the_drain_should_have_waited_for_leaves_the_question_open() -> None:
    golden = delivered()
    golden.appends("S", range(10, 15), at=300)
    assert is_unknown(verdict(golden), "messages 10 to 14 of S/E had not arrived")


def test_what_arrived_although_nobody_knows_by_which_request_is_there() -> None:
    golden = site()
    golden.appends("S", range(5), at=0)
    golden.held = [(*CLOUD, f"S/{number}") for number in range(5)]
    assert is_valid(rule(LOSS, golden, plan()))
