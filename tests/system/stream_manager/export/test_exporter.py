from dataclasses import replace

import pytest

from system.wire.definitions import IoTAnalyticsConfig

from .conftest import DOWN, IN_DOUBT

MINUTE = 60_000


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
