import pytest

from harness.checkers.duplication import DuplicationChecker
from harness.checkers.verdict import Verdict
from harness.scenario.judges import DuplicationJudge

from .golden import CLOUD, E, Golden, is_invalid, is_unknown, is_valid, rule, site
from .telling import ExporterSpec

DUPLICATION = DuplicationChecker(DuplicationJudge())


def verdict(golden: Golden) -> Verdict:
    return rule(DUPLICATION, golden)


def sent_again(at: float = 5_000, *, took: float | None = 5, answered: bool = True) -> Golden:
    """Five messages that arrived at 1 s and again later; both times the cloud kept them."""
    golden = site()
    golden.appends("S", range(5), at=0)
    golden.put("S/E", range(5), at=1_000, took=took, answered=answered)
    golden.put("S/E", range(5), at=at)
    return golden


# -- legal -------------------------------------------------------------------------------------


def test_one_copy_of_everything_is_valid() -> None:
    golden = site()
    golden.appends("S", range(5), at=0)
    golden.put("S/E", range(5), at=1_000)
    assert is_valid(verdict(golden))


def test_a_cut_while_the_answer_is_on_its_way_explains_a_second_copy() -> None:
    golden = sent_again()
    golden.cut(["kinesis"], 1_300, 4_000)
    found = verdict(golden)
    assert is_valid(found)
    assert found.figures["explained"] == {"cut": 5}


def test_an_answer_that_could_not_be_handed_over_explains_a_second_copy() -> None:
    assert is_valid(verdict(sent_again(answered=False)))


def test_a_request_that_failed_on_the_uplink_explains_a_second_copy() -> None:
    golden = sent_again()
    golden.uplink("kinesis", 900, 4_900, "failed")
    found = verdict(golden)
    assert is_valid(found)
    assert found.figures["explained"] == {"time-out": 5}


def test_a_request_that_never_ended_explains_a_second_copy() -> None:
    golden = sent_again()
    golden.uplink("kinesis", 900, None, "failed")
    assert is_valid(verdict(golden))


def test_a_doubtful_request_explains_a_second_copy() -> None:
    golden = site()
    golden.appends("S", range(5), at=0)
    golden.doubtful("S/E", range(5), at=1_000, stored=True)
    golden.put("S/E", range(5), at=5_000)
    assert is_valid(verdict(golden))


def test_a_request_given_up_on_a_slow_link_may_arrive_behind_the_one_sent_again() -> None:
    golden = sent_again(at=9_000)
    golden.cut(["kinesis"], -12_000, 500, kind="bandwidth")
    assert is_invalid(verdict(golden))
    golden.uplink("kinesis", -15_000, 0, "failed")
    found = verdict(golden)
    assert is_valid(found)
    assert found.figures["explained"] == {"slow link": 5}


def test_a_restart_explains_the_batch_in_flight() -> None:
    golden = sent_again()
    golden.restart(1_050, 3_000)
    found = verdict(golden)
    assert is_valid(found)
    assert found.figures["explained"] == {"restart": 5}


def test_a_restart_explains_the_batch_in_flight_also_if_it_comes_again_in_parts() -> None:
    golden = site()
    golden.appends("S", range(10), at=0)
    golden.put("S/E", range(5), at=1_000)
    golden.restart(1_050, 3_000)
    golden.put("S/E", range(2), at=3_100)
    golden.put("S/E", range(2, 5), at=3_200)
    golden.put("S/E", range(5, 10), at=3_300)
    assert is_valid(verdict(golden))


def test_a_quick_restart_explains_the_batch_in_flight_although_the_next_ones_follow_at_once() -> (
    None
):
    golden = site()
    golden.appends("S", range(20), at=0)
    golden.put("S/E", range(5), at=1_000)
    golden.restart(1_005, 1_040)
    for first in (0, 5, 10, 15):
        golden.put("S/E", range(first, first + 5), at=1_050 + first)
    assert is_valid(verdict(golden))


def test_a_restart_explains_what_was_accepted_beside_a_refused_message_that_was_in_flight() -> None:
    golden = site()
    golden.appends("S", range(5), at=0)
    golden.put("S/E", range(5), at=1_000, rejected=[2])
    golden.put("S/E", [2], at=2_000)
    golden.restart(2_050, 3_000)
    golden.put("S/E", range(2, 5), at=3_100)
    assert is_valid(verdict(golden))


def test_a_refused_message_that_is_sent_again_is_no_second_copy() -> None:
    golden = site()
    golden.appends("S", range(5), at=0)
    golden.put("S/E", range(5), at=1_000, rejected=[2])
    golden.put("S/E", [2], at=2_000)
    assert is_valid(verdict(golden))


def test_a_failed_request_that_is_sent_again_is_no_second_copy() -> None:
    golden = site()
    golden.appends("S", range(5), at=0)
    golden.put("S/E", range(5), at=1_000, outcome="failed")
    golden.put("S/E", range(5), at=2_000)
    assert is_valid(verdict(golden))


def test_what_was_sent_again_for_no_reason_and_not_kept_is_no_second_copy() -> None:
    golden = site()
    golden.appends("S", range(5), at=0)
    golden.put("S/E", range(5), at=1_000)
    golden.doubtful("S/E", range(5), at=2_000, stored=False)
    assert is_valid(verdict(golden))


def test_as_many_copies_as_messages_of_equal_payload_are_none_too_many() -> None:
    golden = site()
    for number, at in enumerate((0, 10)):
        golden.append("S", number, at=at, hash_="S/equal")
    golden.put("S/E", [], at=1_000, hashes=["S/equal"])
    golden.put("S/E", [], at=2_000, hashes=["S/equal"])
    assert is_valid(verdict(golden))
    golden.put("S/E", [], at=3_000, hashes=["S/equal"])
    assert is_invalid(verdict(golden), "of S/E")


def test_a_producer_that_appends_again_without_an_answer_makes_two_messages() -> None:
    golden = site()
    golden.append("S", None, at=0, outcome="unknown", hash_="S/1")
    golden.append("S", 1, at=3_000)
    golden.put("S/E", [1, 1], at=4_000)
    assert is_valid(verdict(golden))


def test_two_exporters_to_one_target_bring_one_copy_each() -> None:
    golden = site(E, ExporterSpec(name="F", service="kinesis", target="T", batch_size=5))
    golden.appends("S", range(5), at=0)
    golden.put("S/E", range(5), at=1_000)
    golden.put("S/F", range(5), at=1_010)
    assert is_valid(verdict(golden))


# -- unexplained -------------------------------------------------------------------------------


def test_a_second_copy_without_a_reason_is_accused() -> None:
    found = verdict(sent_again())
    assert is_invalid(found, "message 0 of S/E", "kept at 1.00 s", "sent again at 5.00 s")
    assert found.figures["wrong"] == {"unexplained": 5}


@pytest.mark.parametrize(
    ("begin", "end"), [(-3_000, 900), (3_500, 4_000)], ids=["before", "long after"]
)
def test_a_cut_that_did_not_touch_the_answer_explains_nothing(begin: float, end: float) -> None:
    golden = sent_again()
    golden.cut(["kinesis"], begin, end)
    assert is_invalid(verdict(golden), "message 0 of S/E")


@pytest.mark.parametrize(
    ("begun", "ended", "outcome", "is_heard"),
    [
        pytest.param(900, 1_010, "ok", True, id="before the cut"),
        pytest.param(900, 1_600, "ok", False, id="at the last moment"),
        pytest.param(900, 1_002, "ok", False, id="something else"),
        pytest.param(1_100, 1_110, "ok", False, id="another request's"),
        pytest.param(900, None, "ok", False, id="never"),
    ],
)
def test_a_cut_explains_nothing_if_the_answer_was_back_at_the_edge_before(
    begun: float, ended: float | None, outcome: str, is_heard: bool
) -> None:
    golden = sent_again()
    golden.cut(["kinesis"], 2_500, 4_000)
    golden.uplink("kinesis", begun, ended, outcome)
    found = verdict(golden)
    assert is_invalid(found, "message 0 of S/E") if is_heard else is_valid(found)


def test_a_cut_of_another_link_explains_nothing() -> None:
    golden = sent_again()
    golden.cut(["iotanalytics"], 900, 4_000)
    assert is_invalid(verdict(golden))


@pytest.mark.parametrize(
    ("service", "begin", "end", "outcome"),
    [
        ("kinesis", 900, 1_100, "ok"),
        ("iotanalytics", 900, 4_900, "failed"),
        ("kinesis", 100, 800, "failed"),
        ("kinesis", 2_000, 4_900, "failed"),
    ],
    ids=["one that was answered", "another link's", "an earlier one", "a later one"],
)
def test_the_uplink_request_of_another_explains_nothing(
    service: str, begin: float, end: float, outcome: str
) -> None:
    golden = sent_again()
    golden.uplink(service, begin, end, outcome)
    assert is_invalid(verdict(golden))


def test_a_slow_link_long_before_or_only_afterwards_explains_nothing() -> None:
    golden = sent_again(at=30_000)
    golden.cut(["kinesis"], -30_000, -20_000, kind="latency")
    golden.uplink("kinesis", -25_000, -24_000, "failed")
    golden.cut(["kinesis"], 20_000, 29_000, kind="latency")
    golden.uplink("kinesis", 21_000, 22_000, "failed")
    assert is_invalid(verdict(golden))


def test_a_restart_before_or_after_both_copies_explains_nothing() -> None:
    golden = sent_again()
    golden.restart(100, 300)
    golden.restart(20_000, 21_000)
    assert is_invalid(verdict(golden))


def both_batches_again(restarted: float = 2_050) -> Golden:
    """Two batches are delivered, and both come again after a restart."""
    golden = site()
    golden.appends("S", range(10), at=0)
    golden.put("S/E", range(5), at=1_000)
    golden.put("S/E", range(5, 10), at=2_000)
    golden.restart(restarted, restarted + 950)
    golden.put("S/E", range(5), at=restarted + 1_050)
    golden.put("S/E", range(5, 10), at=restarted + 1_150)
    return golden


def test_a_restart_explains_one_batch_and_no_other() -> None:
    golden = both_batches_again()
    found = verdict(golden)
    assert is_invalid(found, "message 0 of S/E")
    assert found.figures == {"explained": {"restart": 5}, "wrong": {"unexplained": 5}}


@pytest.mark.parametrize("kind", ["disk_full", "slow_disk", "disk_errors"])
def test_a_disk_that_fails_until_a_restart_explains_what_it_could_not_remember(kind: str) -> None:
    golden = both_batches_again()
    golden.cut([], 1_050, 3_050, kind=kind)
    found = verdict(golden)
    assert is_valid(found)
    assert found.figures["explained"] == {"disk": 10}


def test_what_was_stored_before_the_disk_failed_or_after_it_was_well_is_not_explained() -> None:
    golden = both_batches_again(restarted=60_000)
    golden.cut([], 30_000, 59_000, kind="disk_errors")
    assert verdict(golden).figures["explained"] == {"restart": 5}
    golden = both_batches_again(restarted=60_000)
    golden.cut([], 1_050, 50_000, kind="disk_errors")
    assert verdict(golden).figures["explained"] == {"restart": 5}


def test_a_disk_that_fails_explains_nothing_where_nobody_was_started_again() -> None:
    golden = sent_again()
    golden.cut([], 1_050, 3_050, kind="disk_errors")
    assert is_invalid(verdict(golden))


def test_the_restart_of_another_process_explains_nothing() -> None:
    golden = sent_again()
    golden.kill(1_050, 3_000, target="stream_producer")
    assert is_invalid(verdict(golden))


def test_a_refused_neighbour_explains_no_copy_of_what_was_accepted() -> None:
    golden = site()
    golden.appends("S", range(5), at=0)
    golden.put("S/E", range(5), at=1_000, rejected=[2])
    golden.put("S/E", range(5), at=2_000)
    found = verdict(golden)
    assert is_invalid(found, "message 0 of S/E")
    assert found.figures["wrong"] == {"unexplained": 4}


def test_a_third_copy_needs_a_reason_of_its_own() -> None:
    golden = sent_again()
    golden.cut(["kinesis"], 1_300, 4_000)
    golden.put("S/E", [0], at=9_000)
    found = verdict(golden)
    assert is_invalid(found, "message 0 of S/E was kept at 5.00 s")
    assert found.figures["wrong"] == {"unexplained": 1}


# -- unsent, unexpected ------------------------------------------------------------------------


def test_more_copies_than_requests_are_accused() -> None:
    golden = site()
    golden.appends("S", range(5), at=0)
    golden.put("S/E", range(5), at=1_000)
    golden.held = [(*CLOUD, "S/3")]
    assert is_invalid(verdict(golden), "2 copies of message 3 of S", "1 requests")


def test_what_nobody_appended_is_accused() -> None:
    golden = site()
    golden.appends("S", range(5), at=0)
    golden.put("S/E", range(5), at=1_000)
    golden.put("S/E", [77], at=2_000)
    assert is_invalid(verdict(golden), "kinesis/T holds", "no append explains")


def test_what_was_refused_to_its_client_and_yet_stored_is_accused() -> None:
    golden = site()
    golden.refused("S", "S/9", at=0)
    golden.put("S/E", [9], at=1_000)
    assert is_invalid(verdict(golden), "no append explains")


def test_a_server_that_failed_itself_may_have_stored_a_message() -> None:
    golden = site()
    golden.refused("S", "S/9", at=0, status=1)
    golden.put("S/E", [9], at=1_000)
    assert is_valid(verdict(golden))


# -- unknown -----------------------------------------------------------------------------------


@pytest.mark.parametrize("witness", ["cloud-tap", "uplink-tap", "nemesis", "harness"])
def test_a_witness_that_died_may_know_the_reason(witness: str) -> None:
    golden = sent_again()
    golden.silent = {witness}
    assert is_unknown(verdict(golden), "5 unexplained", witness)


def test_what_was_stored_twice_is_a_fact_whatever_the_reader_says() -> None:
    golden = sent_again()
    golden.read = False
    golden.silent = {"cloud-reader"}
    assert is_invalid(verdict(golden), "message 0 of S/E")


def test_what_an_edge_tap_missed_may_explain_what_nobody_appended() -> None:
    golden = site()
    golden.put("S/E", [77], at=2_000)
    golden.silent = {"edge-tap"}
    assert is_unknown(verdict(golden), "edge-tap")
    golden.silent = set()
    golden.line(100, "edge-tap", "frame", "note", id="1", reason="request: garbage")
    assert is_unknown(verdict(golden), "request: garbage")


def test_a_destination_that_was_not_read_completely_may_hold_more() -> None:
    golden = site()
    golden.appends("S", range(5), at=0)
    golden.put("S/E", range(5), at=1_000)
    golden.read = False
    assert is_unknown(verdict(golden), "kinesis/T was not read completely")


def test_a_run_in_which_nothing_was_sent_proves_nothing() -> None:
    golden = site()
    golden.appends("S", range(3), at=0)
    assert is_unknown(verdict(golden), "nothing was sent")


def test_an_entry_of_two_values_leaves_both_of_them_at_sitewise() -> None:
    golden = site(ExporterSpec(name="E", service="iotsitewise", target="*", batch_size=1))
    golden.append("S", 0, at=0)
    golden.put("S/E", [0], at=100)
    golden.forgets = {"S/0"}
    golden.held += [("iotsitewise", "*", "the first value"), ("iotsitewise", "*", "the second")]
    assert is_valid(verdict(golden))
