"""Exporters in the engine: batches, priority, the pool, back-off and the return of the link."""

import pytest

from system.stream_manager.export.batch import Delivered, Failed
from system.wire.operations import StatusCode, StrategyOnFull

BROKEN = Failed(reason="connection refused", transport=True)
SILENT = Failed(reason="no answer", transport=True, doubtful=True)
DENIED = Failed(reason="access denied")


def test_a_batch_is_sent_when_it_is_full_and_not_before(rig):
    rig.create("S", rig.exporter("cloud", batch_size=3))
    rig.append_many("S", 2)
    assert rig.under_way() == []
    rig.append_many("S", 2)
    assert rig.under_way() == [("cloud", [0, 1, 2])]


def test_a_batch_is_sent_when_its_oldest_message_has_waited_long_enough(rig):
    rig.create("S", rig.exporter("cloud", batch_size=3, batch_interval_millis=60_000))
    rig.append("S")
    rig.round()
    assert rig.wake_at_ms == rig.clock.monotonic + 60_000
    rig.pass_ms(59_999)
    assert rig.under_way() == []
    rig.pass_ms(1)
    assert rig.under_way() == [("cloud", [0])]


def test_one_batch_of_an_exporter_is_under_way_at_a_time_and_they_follow_each_other(rig):
    rig.create("S", rig.exporter("cloud", batch_size=2))
    rig.append_many("S", 5)
    seen = []
    while rig.batches:
        seen += rig.under_way()
        rig.settle()
    assert seen == [("cloud", [0, 1]), ("cloud", [2, 3])]


def test_exporters_of_one_stream_do_not_hold_each_other_back(rig):
    rig.create("S", rig.exporter("a", batch_size=1), rig.exporter("b", batch_size=1))
    rig.append_many("S", 2)
    assert rig.under_way() == [("a", [0]), ("b", [0])]
    rig.settle(DENIED)
    rig.settle()
    assert rig.under_way() == [("b", [1])]


def test_a_status_tells_what_was_delivered_and_why_the_last_attempt_failed(rig):
    rig.create("S", rig.exporter("cloud", batch_size=2))
    rig.append_many("S", 4, b"abc")
    rig.settle()
    assert rig.status("S") == {
        "exportConfigIdentifier": "cloud",
        "lastExportedSequenceNumber": 1,
        "lastExportTime": rig.clock.wall,
        "errorMessage": "",
        "exportedBytesFromStream": 6,
        "exportedMessagesCount": 2,
    }
    rig.pass_ms(10)
    rig.settle(DENIED)
    status = rig.status("S")
    assert status["errorMessage"] == "access denied"
    assert status["lastExportTime"] == rig.clock.wall
    assert status["exportedMessagesCount"] == 2
    assert "WARN S/cloud: access denied; tried again in 1 s" in rig.log.lines
    rig.pass_ms(1000)
    rig.settle()
    assert rig.status("S")["errorMessage"] == ""
    assert "INFO S/cloud: delivers again" in rig.log.lines


# -- priority and pool -----------------------------------------------------------------------------


@pytest.fixture
def single(make_rig):
    """A pool of one."""
    return make_rig(pool_size=1)


def order_of(rig, count):
    """Identifiers of the next batches, each delivered at once."""
    seen = []
    for _ in range(count):
        [(identifier, _)] = rig.under_way()
        seen.append(identifier)
        rig.settle()
    return seen


def test_as_long_as_the_most_urgent_has_something_due_the_others_wait(single):
    single.create(
        "S",
        single.exporter("without", batch_size=1),
        single.exporter("ten", batch_size=1, priority=10),
        single.exporter("one", batch_size=1, priority=1),
    )
    single.append_many("S", 3)
    assert order_of(single, 9) == ["one"] * 3 + ["ten"] * 3 + ["without"] * 3


def test_a_batch_under_way_is_not_interrupted_but_the_next_one_is_the_most_urgent(single):
    single.create("Raw", single.exporter("raw", batch_size=1, priority=2))
    single.create("Means", single.exporter("means", batch_size=1, priority=1))
    single.append_many("Raw", 3)
    single.append_many("Means", 2)
    assert order_of(single, 5) == ["raw", "means", "means", "raw", "raw"]


def test_an_urgent_exporter_whose_batch_is_not_full_holds_nobody_back(single):
    single.create("Raw", single.exporter("raw", batch_size=1, priority=2))
    single.create("Means", single.exporter("means", batch_size=10, priority=1))
    single.append_many("Means", 9)
    single.append("Raw")
    assert single.under_way() == [("raw", [0])]


def test_an_urgent_exporter_that_backs_off_holds_nobody_back(single):
    single.create("Raw", single.exporter("raw", batch_size=1, priority=2))
    single.create("Means", single.exporter("means", batch_size=1, priority=1))
    single.append("Means")
    single.settle(DENIED)
    single.append_many("Raw", 2)
    assert single.under_way() == [("raw", [0])]
    single.pass_ms(1000)
    single.settle()
    assert single.under_way() == [("means", [0])]


def test_among_equals_goes_first_who_sent_longest_ago(single):
    single.create("S", *(single.exporter(each, batch_size=1, priority=5) for each in "abc"))
    single.append_many("S", 2)
    assert order_of(single, 6) == ["a", "b", "c", "a", "b", "c"]


@pytest.mark.parametrize("pool_size", [1, 2, 5])
def test_no_more_batches_are_under_way_than_the_pool_has_places(make_rig, pool_size):
    rig = make_rig(pool_size=pool_size)
    rig.create("S", *(rig.exporter(f"e{number}", batch_size=1) for number in range(4)))
    rig.append("S")
    assert len(rig.batches) == min(4, pool_size)


def test_a_batch_of_a_deleted_stream_keeps_its_place_until_it_is_answered(single):
    single.create("S", single.exporter("gone", batch_size=1))
    single.append("S")
    single.delete("S")
    single.create("S", single.exporter("gone", batch_size=1))
    single.append("S")
    assert [batch.generation for batch in single.batches] == [1]
    single.settle()
    assert [batch.generation for batch in single.batches] == [2]
    assert single.status("S")["exportedMessagesCount"] == 0


def test_all_exports_together_keep_to_the_bandwidth_and_to_their_priority(make_rig):
    rig = make_rig(max_bandwidth_kbit_per_s=80)
    rig.create("Raw", rig.exporter("raw", batch_size=1, priority=2))
    rig.create("Means", rig.exporter("means", batch_size=1, priority=1))
    began = rig.clock.monotonic
    rig.append_many("Raw", 1000, bytes(5_000))
    rig.append_many("Means", 20, bytes(5_000))
    seen = []
    while rig.batches and rig.clock.monotonic < began + 50_000:
        seen += [identifier for identifier, _ in rig.under_way()]
        while rig.batches:
            rig.settle()
        rig.pass_ms(rig.wake_at_ms - rig.clock.monotonic)
    # 80 kbit/s carry 10,000 bytes, two messages, a second.
    assert len(seen) == 100
    assert seen[1:21] == ["means"] * 20


# -- back-off and the return of the link -----------------------------------------------------------


def attempts_ms(rig, count, result):
    """The waits between an exporter's attempts, each ending as told."""
    waits = []
    for _ in range(count):
        rig.settle(result)
        waited = 0
        while not rig.batches:
            step = rig.wake_at_ms - rig.clock.monotonic
            rig.pass_ms(step)
            waited += step
        waits.append(waited)
    return waits


@pytest.mark.parametrize("result", [BROKEN, SILENT, DENIED])
def test_waits_double_from_a_second_up_to_the_cap_and_begin_again_after_a_success(rig, result):
    rig.create("S", rig.exporter("cloud", batch_size=1))
    rig.append_many("S", 3)
    assert attempts_ms(rig, 5, result) == [1000, 2000, 4000, 5000, 5000]
    rig.settle()
    assert attempts_ms(rig, 1, result) == [1000]


def test_after_a_failure_the_same_messages_come_again_in_the_same_order(rig):
    rig.create("S", rig.exporter("cloud", batch_size=2))
    rig.append_many("S", 4)
    rig.settle(BROKEN)
    rig.pass_ms(1000)
    assert rig.under_way() == [("cloud", [0, 1])]


def test_after_a_doubtful_failure_batches_halve_and_grow_again_with_success(rig):
    rig.create("S", rig.exporter("cloud", batch_size=4))
    rig.append_many("S", 8)
    rig.settle(SILENT)
    rig.pass_ms(1000)
    assert rig.under_way() == [("cloud", [0, 1])]
    rig.settle()
    assert rig.under_way() == [("cloud", [2, 3, 4, 5])]


def test_the_other_half_of_a_doubtful_batch_is_due_at_once(rig):
    rig.create("S", rig.exporter("cloud", batch_size=4))
    rig.append_many("S", 4)
    rig.settle(SILENT)
    rig.pass_ms(1000)
    rig.settle()
    assert rig.under_way() == [("cloud", [2, 3])]


@pytest.fixture
def cut(rig):
    """Two services, both cut; each exporter has failed six times and waits for the cap."""
    rig.create("Raw", rig.exporter("raw", batch_size=1))
    rig.create("Means", rig.exporter("means", batch_size=1))
    rig.append("Raw")
    rig.append("Means")
    for _ in range(6):
        rig.settle(BROKEN)
        rig.settle(BROKEN)
        while len(rig.batches) < 2:
            rig.pass_ms(rig.wake_at_ms - rig.clock.monotonic)
    return rig


def test_the_first_success_ends_the_wait_of_all_that_wait_for_the_link(cut):
    cut.settle(BROKEN, index=1)
    assert [identifier for identifier, _ in cut.under_way()] == ["raw"]
    cut.append("Raw")
    cut.settle()
    assert {identifier for identifier, _ in cut.under_way()} == {"raw", "means"}


def test_a_success_of_one_that_had_nothing_to_send_in_the_outage_counts_as_well(rig):
    rig.create("Raw", rig.exporter("raw", batch_size=1))
    rig.create("Means", rig.exporter("means", batch_size=1))
    rig.append("Raw")
    rig.settle(BROKEN)
    rig.append("Means")
    assert rig.under_way() == [("means", [0])]
    rig.settle()
    assert rig.under_way() == [("raw", [0])]


def test_an_attempt_that_began_before_the_link_came_back_is_not_waited_for_either(cut):
    cut.settle()
    assert cut.under_way() == [("means", [0])]
    cut.settle(BROKEN)
    assert cut.under_way() == [("means", [0])]


def test_a_service_that_alone_stays_away_is_tried_once_more_and_then_left_to_its_back_off(rig):
    rig.create("Raw", rig.exporter("raw", batch_size=1))
    rig.create("Means", rig.exporter("means", batch_size=1))
    rig.append("Raw")
    rig.settle(BROKEN)
    attempts = 0
    for _ in range(20):
        rig.append("Means")
        rig.settle(index=[identifier for identifier, _ in rig.under_way()].index("means"))
        while rig.batches:
            attempts += 1
            rig.settle(BROKEN)
    assert attempts == 1
    rig.pass_ms(2000)
    assert rig.under_way() == [("raw", [0])]


def test_a_service_that_refuses_is_not_helped_by_the_link(rig):
    rig.create("S", rig.exporter("denied", batch_size=1), rig.exporter("fine", batch_size=1))
    rig.append("S")
    rig.settle(DENIED)
    rig.settle()
    assert rig.under_way() == []


# -- what is refused, skipped, evicted ---------------------------------------------------------------


def test_what_was_refused_goes_first_and_what_was_taken_is_not_sent_again(rig):
    rig.create("S", rig.exporter("cloud", batch_size=5))
    rig.append_many("S", 10)
    rig.settle(Delivered(refused=(1, 3), reason="slow down"))
    rig.pass_ms(1000)
    assert rig.under_way() == [("cloud", [1, 3])]
    rig.settle()
    assert rig.under_way() == [("cloud", [5, 6, 7, 8, 9])]
    rig.settle()
    assert rig.status("S")["exportedMessagesCount"] == 10


def test_a_message_that_is_never_taken_is_skipped_and_told(rig):
    rig.create("S", rig.exporter("cloud", batch_size=2))
    rig.append_many("S", 2, b"abc")
    rig.settle(Delivered(skipped=((0, "not a number"),)))
    status = rig.status("S")
    assert (status["exportedMessagesCount"], status["exportedBytesFromStream"]) == (2, 3)
    assert status["errorMessage"] == "not a number"
    assert any("message 0 is skipped" in line for line in rig.log.lines)


def test_an_exporter_goes_on_at_the_oldest_message_and_tells_what_it_missed(rig):
    rig.create("S", rig.exporter("cloud", batch_size=1), stream_segment_size=1024, max_size=2048)
    rig.append("S", b"x" * 488)
    rig.settle(DENIED)
    rig.append_many("S", 4, b"x" * 488)
    rig.pass_ms(1000)
    assert rig.under_way() == [("cloud", [2])]
    assert any("0 to 1 were evicted" in line for line in rig.log.lines)


# -- disabled, new, changed --------------------------------------------------------------------------


def test_a_disabled_exporter_rests_and_goes_on_where_it_was(rig):
    rig.create("S", rig.exporter("cloud", batch_size=1))
    rig.append_many("S", 3)
    rig.update("S", rig.exporter("cloud", batch_size=1, disabled=True))
    rig.settle()
    assert rig.under_way() == []
    rig.update("S", rig.exporter("cloud", batch_size=1))
    assert rig.under_way() == [("cloud", [1])]


def test_a_new_identifier_begins_at_its_start_and_the_old_ones_stay_where_they_are(rig):
    rig.create("S", rig.exporter("old", batch_size=1))
    rig.append_many("S", 4)
    rig.settle()
    rig.update(
        "S",
        rig.exporter("old", batch_size=1),
        rig.exporter("new", batch_size=1, start_sequence_number=2),
    )
    assert rig.under_way() == [("old", [1]), ("new", [2])]


def test_a_removed_exporter_loses_its_position(rig):
    rig.create("S", rig.exporter("cloud", batch_size=1))
    rig.append_many("S", 2)
    rig.settle()
    rig.settle()
    rig.update("S")
    assert rig.describe("S")["exportStatuses"] == []
    rig.update("S", rig.exporter("cloud", batch_size=1))
    assert rig.under_way() == [("cloud", [0])]


def test_an_equal_start_does_not_rewind_and_another_one_does(rig):
    rig.create("S", rig.exporter("cloud", batch_size=2, start_sequence_number=1))
    rig.append_many("S", 5)
    rig.settle()
    rig.settle()
    for _ in range(2):
        rig.update("S", rig.exporter("cloud", batch_size=2, start_sequence_number=1))
        assert rig.under_way() == []
    rig.update("S", rig.exporter("cloud", batch_size=2))
    assert rig.under_way() == []
    rig.update("S", rig.exporter("cloud", batch_size=2, start_sequence_number=2))
    assert rig.under_way() == [("cloud", [2, 3])]


def test_a_start_of_zero_is_what_an_absent_one_means(rig):
    rig.create("S", rig.exporter("cloud", batch_size=1))
    rig.append("S")
    rig.settle()
    rig.update("S", rig.exporter("cloud", batch_size=1, start_sequence_number=0))
    assert rig.under_way() == []


def test_a_batch_from_before_a_rewind_does_not_count(rig):
    rig.create("S", rig.exporter("cloud", batch_size=2, start_sequence_number=1))
    rig.append_many("S", 5)
    rig.update("S", rig.exporter("cloud", batch_size=2, start_sequence_number=2))
    assert rig.under_way() == [("cloud", [1, 2])]
    rig.settle()
    assert rig.under_way() == [("cloud", [2, 3])]


def test_a_start_that_is_yet_to_come_is_waited_for_over_a_restart(rig):
    rig.create("S", rig.exporter("cloud", batch_size=1, start_sequence_number=3))
    rig.append_many("S", 2)
    rig.restart()
    rig.append_many("S", 2)
    assert rig.under_way() == [("cloud", [3])]


def test_an_exporter_that_is_changed_tries_at_once(rig):
    rig.create("S", rig.exporter("cloud", batch_size=1, kinesis_stream_name="misspelt"))
    rig.append("S")
    rig.settle(DENIED)
    assert rig.under_way() == []
    rig.update("S", rig.exporter("cloud", batch_size=1, kinesis_stream_name="right"))
    assert rig.under_way() == [("cloud", [0])]
    assert rig.batches[0].config.kinesis_stream_name == "right"


def test_a_full_stream_rejects_though_all_of_it_was_exported(rig):
    rig.create(
        "S",
        rig.exporter("cloud", batch_size=1),
        strategy_on_full=StrategyOnFull.REJECT_NEW_DATA,
        max_size=1024,
        stream_segment_size=1024,
    )
    rig.append("S", bytes(1000))
    rig.settle()
    assert rig.status("S")["lastExportedSequenceNumber"] == 0
    answer = rig.append("S")
    assert answer.status is StatusCode.INVALID_REQUEST
    assert "full" in answer.error_message
