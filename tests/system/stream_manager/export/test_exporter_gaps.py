"""Messages that a destination refuses, or that are gone before it has them; and what a restart knows of it."""

import pytest

from system.stream_manager.export.batch import Delivered
from system.stream_manager.export.exporter import Progress

from .conftest import DOWN, IN_DOUBT, refused

MINUTE = 60_000


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
