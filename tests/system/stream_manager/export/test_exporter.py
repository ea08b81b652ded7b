from dataclasses import replace

import pytest

from system.stream_manager.export.batch import Delivered, Failed
from system.stream_manager.export.exporter import Progress
from system.wire.definitions import IoTAnalyticsConfig, IoTSiteWiseConfig

MINUTE = 60_000
DOWN = Failed(reason="the link is down", transport=True)
IN_DOUBT = Failed(reason="no answer", transport=True, doubtful=True)


def refused(*indexes):
    return Delivered(refused=indexes, reason="slow down")


# -- the batch rule ----------------------------------------------------------------------------


def test_a_batch_is_due_when_it_is_full(make_rig):
    rig = make_rig(batch_size=3)
    assert rig.due_in_ms is None
    rig.append(2)
    assert rig.due_in_ms is None
    rig.append(1)
    assert rig.send() == [0, 1, 2]


def test_a_backlog_leaves_in_full_batches_and_the_rest_waits(make_rig):
    rig = make_rig(batch_size=3)
    rig.append(8)

    assert rig.drain() == [[0, 1, 2], [3, 4, 5]]
    rig.append(1)
    assert rig.drain() == [[6, 7, 8]]


def test_while_a_batch_is_under_way_nothing_is_due(make_rig):
    rig = make_rig(batch_size=1)
    rig.append(2)
    rig.send()

    assert rig.due_in_ms is None
    rig.settle()
    assert rig.is_due


def test_an_interval_counts_from_the_oldest_message_that_is_owed(make_rig):
    rig = make_rig(batch_size=3, batch_interval_millis=MINUTE)
    rig.append(1)
    rig.clock.pass_ms(MINUTE - 10)
    rig.append(1)

    assert rig.due_in_ms == 10
    rig.clock.pass_ms(10)
    assert rig.send() == [0, 1]
    rig.settle()
    rig.append(1)
    assert rig.due_in_ms == MINUTE


def test_with_an_interval_a_full_batch_still_leaves_at_once(make_rig):
    rig = make_rig(batch_size=2, batch_interval_millis=MINUTE)
    rig.append(3)

    assert rig.drain() == [[0, 1]]
    assert rig.due_in_ms == MINUTE


@pytest.mark.parametrize(("waited_ms", "due_in_ms"), [(0, MINUTE), (20_000, 40_000), (90_000, 0)])
def test_after_a_restart_a_message_has_waited_since_it_was_appended(make_rig, waited_ms, due_in_ms):
    rig = make_rig(batch_interval_millis=MINUTE)
    rig.append(1)
    rig.clock.wall += waited_ms
    rig.clock.monotonic = 0
    rig.restart()

    assert rig.due_in_ms == due_in_ms


@pytest.mark.parametrize("jump_ms", [-(10**9), 10**9])
def test_a_clock_that_is_set_makes_a_message_that_waits_neither_early_nor_late(make_rig, jump_ms):
    rig = make_rig(batch_interval_millis=MINUTE)
    rig.append(1)
    assert rig.due_in_ms == MINUTE
    rig.clock.wall += jump_ms

    assert rig.due_in_ms == MINUTE


def test_a_clock_that_was_set_back_before_a_restart_costs_one_interval_at_most(make_rig):
    rig = make_rig(batch_interval_millis=MINUTE)
    rig.append(1)
    rig.clock.wall -= 10**9
    rig.restart()

    assert rig.due_in_ms == MINUTE


def test_a_disabled_exporter_is_never_due(make_rig):
    rig = make_rig(batch_size=1, disabled=True)
    rig.append(5)

    assert rig.due_in_ms is None
    rig.exporter.config = replace(rig.exporter.config, disabled=False)
    assert rig.is_due


def test_one_that_this_build_cannot_serve_is_never_due_and_says_why(make_rig):
    rig = make_rig()
    rig.exporter.config = IoTSiteWiseConfig(identifier="w", batch_size=1)
    rig.append(5)

    assert rig.due_in_ms is None
    assert "no sink for IoTSiteWise" in rig.exporter.status().error_message


def test_a_start_that_is_yet_to_come_is_waited_for(make_rig):
    rig = make_rig(batch_size=1)
    rig.exporter.progress.position = 3
    rig.append(3)
    assert rig.due_in_ms is None
    rig.append(1)
    assert rig.send() == [3]


# -- what a request has room for -------------------------------------------------------------------


def test_a_batch_is_cut_where_its_request_is_full_and_the_rest_is_due_too(make_rig):
    rig = make_rig(batch_size=7)
    definition = rig.stream.definition
    rig.stream.definition = replace(definition, stream_segment_size=1 << 24, max_size=1 << 30)
    rig.append(7, size=1_000_000)

    assert rig.drain() == [[0, 1, 2, 3, 4], [5, 6]]
    rig.append(6)
    assert rig.drain() == []


def test_a_request_counts_what_each_message_takes_beside_its_payload(make_rig):
    rig = make_rig(batch_size=500)
    definition = rig.stream.definition
    rig.stream.definition = replace(definition, stream_segment_size=1 << 24, max_size=1 << 30)
    # 500 records with their keys have 5 MiB and a little more; without the keys they would fit.
    rig.append(500, size=(5 << 20) // 500 - 30)

    first = rig.send()
    assert len(first) * (((5 << 20) // 500 - 30) + 36) <= 5 << 20
    assert len(first) == 499


LIMIT = 128 * 1024


@pytest.fixture
def analytics(make_rig):
    """Messages of at most 128 KiB, in batches of four."""
    rig = make_rig()
    rig.exporter.config = IoTAnalyticsConfig(identifier="a", iot_channel="c", batch_size=4)
    definition = rig.stream.definition
    rig.stream.definition = replace(definition, stream_segment_size=1 << 24, max_size=1 << 30)
    return rig


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_message_that_is_too_large_is_skipped_told_and_holds_nobody_back(analytics, place):
    for number in range(4):
        analytics.append(1, size=LIMIT + 1 if number == place else LIMIT)

    numbers = [number for batch in analytics.drain() for number in batch]
    assert numbers == [number for number in range(4) if number != place]
    assert analytics.position == 4
    (warning,) = analytics.exporter.warnings
    assert warning == (
        f"S/a: message {place} has {LIMIT + 1} bytes, the destination takes {LIMIT}: skipped"
    )


def test_a_skipped_message_counts_as_dealt_with_and_not_as_bytes(analytics):
    analytics.append(1, size=LIMIT + 1)
    analytics.append(3, size=10)
    analytics.drain()

    status = analytics.exporter.status()
    assert (status.exported_messages, status.exported_bytes) == (4, 30)
    assert status.last_exported_sequence_number == 3


def test_the_reason_of_a_skip_can_be_seen_until_something_is_delivered(analytics):
    analytics.append(1, size=LIMIT + 1)
    analytics.append(3)
    assert analytics.send() == []
    assert "skipped" in analytics.exporter.status().error_message
    analytics.drain()
    assert analytics.exporter.status().error_message == ""


# -- failures ----------------------------------------------------------------------------------


def test_after_a_failure_the_same_messages_come_again_after_the_wait(make_rig):
    rig = make_rig(batch_size=2)
    rig.append(2)
    waits = []
    for _ in range(5):
        assert rig.send() == [0, 1]
        rig.settle(DOWN)
        waits.append(rig.due_in_ms)
        rig.wait()

    assert waits == [1000, 2000, 4000, 5000, 5000]
    assert rig.position == 0


def test_a_success_ends_the_waits(make_rig):
    rig = make_rig(batch_size=1)
    rig.append(2)
    rig.send()
    rig.settle(DOWN)
    rig.wait()
    rig.send()
    rig.settle()

    assert rig.is_due
    assert not rig.exporter.transport_failed


def test_the_reason_of_the_last_failure_can_be_seen_until_the_next_success(make_rig):
    rig = make_rig(batch_size=1)
    rig.append(1)
    rig.send()
    rig.settle(DOWN)
    assert rig.exporter.transport_failed
    assert rig.exporter.status().error_message == "the link is down"
    assert rig.exporter.status().last_export_time_ms == rig.clock.wall
    rig.wait()
    rig.send()
    rig.settle()
    assert rig.exporter.status().error_message == ""


def test_batches_halve_after_each_doubt_down_to_one_message(make_rig):
    rig = make_rig(batch_size=9)
    rig.append(9)
    sizes = []
    for _ in range(6):
        sizes.append(len(rig.send()))
        rig.settle(IN_DOUBT)
        rig.wait()

    assert sizes == [9, 4, 2, 1, 1, 1]


def test_after_a_doubt_the_rest_is_due_at_once_and_batches_grow_again(make_rig):
    rig = make_rig(batch_size=16)
    rig.append(16)
    for _ in range(3):
        rig.send()
        rig.settle(IN_DOUBT)
        rig.wait()

    assert [len(batch) for batch in rig.drain()] == [2, 4, 8, 2]
    assert rig.due_in_ms is None
    rig.append(16)
    assert [len(batch) for batch in rig.drain()] == [16]


def test_a_failure_without_a_doubt_does_not_halve(make_rig):
    rig = make_rig(batch_size=8)
    rig.append(8)
    rig.send()
    rig.settle(DOWN)
    rig.wait()

    assert len(rig.send()) == 8


# -- refused -----------------------------------------------------------------------------------


def test_what_was_refused_is_sent_again_alone_and_first(make_rig):
    rig = make_rig(batch_size=4)
    rig.append(12)
    rig.send()
    rig.settle(refused(1, 3))

    assert rig.due_in_ms == 1000
    rig.wait()
    assert rig.send() == [1, 3]
    rig.settle()
    assert rig.drain() == [[4, 5, 6, 7], [8, 9, 10, 11]]


def test_the_position_stays_at_the_first_refused_message(make_rig):
    rig = make_rig(batch_size=4)
    rig.append(4)
    positions = []
    for result in (refused(1, 3), refused(1), Delivered()):
        rig.send()
        rig.settle(result)
        positions.append(rig.position)
        if rig.due_in_ms:
            rig.wait()

    assert positions == [1, 3, 4]


def test_counters_count_each_message_once(make_rig):
    rig = make_rig(batch_size=4)
    rig.append(4)
    rig.send()
    rig.settle(refused(0, 2))
    status = rig.exporter.status()
    assert (status.exported_messages, status.exported_bytes) == (2, 2 * 976)
    assert status.last_exported_sequence_number == 3
    rig.wait()
    rig.send()
    rig.settle()
    status = rig.exporter.status()
    assert (status.exported_messages, status.exported_bytes) == (4, 4 * 976)


def test_a_failure_of_what_was_refused_keeps_it(make_rig):
    rig = make_rig(batch_size=4)
    rig.append(4)
    for result in (refused(1, 3), DOWN, DOWN):
        rig.send()
        rig.settle(result)
        rig.wait()

    assert rig.send() == [1, 3]


def test_a_doubt_about_what_was_refused_halves_it_too(make_rig):
    rig = make_rig(batch_size=8)
    rig.append(10)
    for result in (refused(0, 2, 4, 6, 7), IN_DOUBT, Delivered()):
        rig.send()
        rig.settle(result)
        if rig.due_in_ms:
            rig.wait()

    assert rig.position == 4
    assert rig.drain() == [[4, 6, 7]]
    assert rig.position == 8


def test_a_rest_of_refused_messages_may_be_refused_in_part_again(make_rig):
    rig = make_rig(batch_size=8)
    rig.append(8)
    seen = []
    for result in (refused(0, 2, 4, 6), IN_DOUBT, refused(0), refused(0, 1), Delivered()):
        seen.append(rig.send())
        rig.settle(result)
        if rig.due_in_ms:
            rig.wait()

    assert seen == [[0, 1, 2, 3, 4, 5, 6, 7], [0, 2, 4, 6], [0, 2], [0, 4], [0, 4]]
    assert rig.drain() == [[6]]
    assert rig.position == 8


def test_what_the_destination_never_takes_is_skipped_and_told(make_rig):
    rig = make_rig(batch_size=4)
    rig.append(4)
    rig.send()
    rig.settle(Delivered(skipped=((1, "too odd"),)))

    assert rig.position == 4
    status = rig.exporter.status()
    assert (status.exported_messages, status.exported_bytes) == (4, 3 * 976)
    assert status.error_message == "too odd"
    assert rig.exporter.warnings == ["S/k: message 1 is skipped: too odd"]
    assert rig.exporter.backoff.failures == 0


def test_refused_and_skipped_in_one_answer(make_rig):
    rig = make_rig(batch_size=4)
    rig.append(4)
    rig.send()
    rig.settle(Delivered(refused=(2,), skipped=((3, "too odd"),), reason="slow down"))

    assert (rig.position, rig.exporter.status().exported_messages) == (2, 3)
    rig.wait()
    assert rig.send() == [2]
    rig.settle()
    assert rig.position == 4


# -- evicted and damaged -----------------------------------------------------------------------------


def test_an_exporter_goes_on_at_the_oldest_message_that_is_there(make_rig):
    rig = make_rig(batch_size=2, segments=2)
    rig.append(12)

    assert rig.drain()[0] == [4, 5]
    assert rig.exporter.warnings == [
        "S/k: the messages 0 to 3 were evicted before they were exported"
    ]


def test_messages_that_were_evicted_while_they_were_under_way_are_delivered(make_rig):
    rig = make_rig(batch_size=2, segments=2)
    rig.append(8)
    assert rig.send() == [0, 1]
    rig.append(4)
    rig.settle()

    assert rig.drain() == [[4, 5], [6, 7], [8, 9], [10, 11]]
    assert rig.exporter.warnings == [
        "S/k: the messages 2 to 3 were evicted before they were exported"
    ]
    assert rig.exporter.status().exported_messages == 10


def test_refused_messages_that_were_evicted_are_given_up_and_told_by_their_numbers(make_rig):
    rig = make_rig(batch_size=8, segments=2)
    rig.append(8)
    rig.send()
    rig.settle(refused(1, 3, 6))
    rig.append(4)
    rig.wait()

    assert rig.send() == [6]
    assert rig.exporter.warnings == [
        "S/k: the messages 1, 3 were evicted before they were exported"
    ]
    rig.settle()
    assert rig.position == 8


def test_when_all_refused_messages_were_evicted_what_follows_is_told_as_well(make_rig):
    rig = make_rig(batch_size=4, segments=2)
    rig.append(8)
    rig.send()
    rig.settle(refused(1, 3))
    rig.append(8)

    assert rig.due_in_ms == 1000
    rig.wait()
    assert rig.send() == [8, 9, 10, 11]
    assert rig.exporter.warnings == [
        "S/k: the messages 1, 3, 4 to 7 were evicted before they were exported"
    ]


def test_damaged_messages_are_stepped_over_and_told(make_rig):
    rig = make_rig(batch_size=4)
    rig.append(12)
    rig.damage(segment=4, record=1)

    assert rig.drain() == [[0, 1, 2, 3], [4], [8, 9, 10, 11]]
    assert rig.exporter.warnings == [
        "S/k: the messages 5 to 7 of the stream S are damaged and are not exported"
    ]
    assert rig.position == 12


def test_refused_messages_that_were_damaged_since_are_given_up(make_rig):
    rig = make_rig(batch_size=4)
    rig.append(8)
    rig.send()
    rig.settle(refused(1, 3))
    rig.damage(segment=0, record=1)
    rig.wait()

    assert rig.send() == [3]
    rig.settle()
    assert rig.position == 4


def test_when_all_refused_messages_are_damaged_it_goes_on_behind_them(make_rig):
    rig = make_rig(batch_size=4)
    rig.append(8)
    rig.send()
    rig.settle(refused(1))
    rig.damage(segment=0, record=1)
    rig.wait()

    assert rig.send() == []
    assert rig.position == 4
    assert rig.drain() == [[4, 5, 6, 7]]


def test_a_damaged_message_is_old_enough_for_any_interval(make_rig):
    rig = make_rig(batch_size=9, batch_interval_millis=MINUTE)
    rig.append(8)
    rig.damage(segment=0, record=0)

    assert rig.send() == []
    assert rig.position == 4


# -- restarts ----------------------------------------------------------------------------------


def test_after_a_restart_it_goes_on_where_its_progress_is(make_rig):
    rig = make_rig(batch_size=2)
    rig.append(5)
    rig.send()
    rig.settle()
    assert rig.send() == [2, 3]
    rig.restart()

    assert rig.send() == [2, 3]


def test_a_restart_repeats_what_was_taken_behind_a_refused_message_and_leaves_none_out(make_rig):
    rig = make_rig(batch_size=4)
    rig.append(8)
    rig.send()
    rig.settle(refused(2))
    rig.restart()

    assert rig.drain() == [[2, 3, 4, 5]]


def test_a_result_from_before_a_rewind_does_not_count(make_rig):
    rig = make_rig(batch_size=2)
    rig.append(4)
    rig.send()
    rig.exporter.restart(3, generation=2)
    rig.settle()

    assert rig.position == 3
    assert rig.exporter.progress == Progress(position=3)


def test_a_result_is_taken_once(make_rig):
    rig = make_rig(batch_size=1)
    rig.append(1)
    rig.send()
    rig.settle()

    with pytest.raises(AssertionError, match="once"):
        rig.settle()


def test_a_new_exporter_has_a_status(make_rig):
    status = make_rig().exporter.status()

    assert status.identifier == "k"
    assert status.last_exported_sequence_number == -1
    assert status.last_export_time_ms is None
    assert (status.error_message, status.exported_messages, status.exported_bytes) == ("", 0, 0)
