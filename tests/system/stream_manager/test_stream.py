from dataclasses import replace

import pytest

from system.stream_manager.errors import (
    CorruptRecord,
    MessageTooLarge,
    StorageFailed,
    StreamFull,
    UpdateNotAllowed,
)
from system.stream_manager.log.format import RECORD_OVERHEAD_BYTES
from system.stream_manager.log.segmented import SegmentedLog
from system.stream_manager.stream import Stream
from system.wire.definitions import ExportDefinition, KinesisConfig, MessageStreamDefinition
from system.wire.messages import Message
from system.wire.operations import Persistence, StrategyOnFull

from .conftest import HandClock

REJECT, OVERWRITE = StrategyOnFull.REJECT_NEW_DATA, StrategyOnFull.OVERWRITE_OLDEST_DATA
SEGMENT, MAX = 1024, 4096
# A message that takes a quarter of a segment, a sixteenth of the stream.
QUARTER = b"x" * (SEGMENT // 4 - RECORD_OVERHEAD_BYTES)
MINUTE = 60_000


class Site:
    """A stream on a disk, its clock, what was stored of it and what its operator was told."""

    def __init__(self, disk, **fields):
        self.disk = disk
        self.clock = HandClock()
        self.warnings = []
        self.stored = []
        fields = {"max_size": MAX, "stream_segment_size": SEGMENT, **fields}
        fields.setdefault("strategy_on_full", OVERWRITE)
        self.definition = MessageStreamDefinition(name="S", **fields)
        self.stream = Stream(
            self.definition,
            SegmentedLog(disk, "log", name="S", warn=self.warnings.append),
            clock=self.clock,
            store_definition=self.store,
            warn=self.warnings.append,
        )

    def store(self, definition):
        self.disk.check("replace")
        self.stored.append(definition)

    def fill(self, count=16):
        return [self.stream.append(QUARTER) for _ in range(count)]

    def update(self, **fields):
        self.stream.update(replace(self.stream.definition, **fields))

    @property
    def bounds(self):
        return self.stream.oldest_sequence_number, self.stream.newest_sequence_number


@pytest.fixture
def make_site(simulated_disk):
    return lambda **fields: Site(simulated_disk, **fields)


# -- numbers and messages ------------------------------------------------------------------------


def test_an_empty_stream_has_the_numbers_that_clients_count_with(make_site):
    site = make_site()

    assert site.bounds == (0, -1)
    assert site.stream.total_bytes == 0
    assert site.stream.read(0, 10) == []


def test_messages_come_back_with_number_and_time(make_site):
    site = make_site()
    site.stream.append(b"a")
    site.clock.pass_ms(5)
    site.stream.append(b"b")

    first_ms = site.clock.wall_ms() - 5
    assert site.stream.read(0, 10) == [
        Message("S", 0, first_ms, b"a"),
        Message("S", 1, first_ms + 5, b"b"),
    ]
    assert site.stream.total_bytes == 2 + 2 * RECORD_OVERHEAD_BYTES


def test_reading_stops_before_an_answer_becomes_too_large(make_site):
    site = make_site()
    site.fill(8)

    assert len(site.stream.read(0, 100)) == 8
    assert len(site.stream.read(0, 100, bytes_max=SEGMENT // 2)) == 2
    assert len(site.stream.read(0, 100, bytes_max=1)) == 1


# -- full --------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", [REJECT, OVERWRITE])
def test_a_stream_may_be_filled_to_its_last_byte(make_site, strategy):
    site = make_site(strategy_on_full=strategy)

    assert site.fill(16) == list(range(16))
    assert site.stream.total_bytes == MAX
    assert site.bounds == (0, 15)


def test_a_full_stream_rejects_and_stays_as_it_is(make_site):
    site = make_site(strategy_on_full=REJECT)
    site.fill(16)

    for _ in range(2):
        with pytest.raises(StreamFull, match=r"full: 4096 of 4096 bytes .* needs 25"):
            site.stream.append(b"x")
    assert site.bounds == (0, 15)
    assert site.stream.total_bytes == MAX


def test_a_rejected_message_takes_no_number(make_site):
    site = make_site(strategy_on_full=REJECT)
    site.fill(15)
    with pytest.raises(StreamFull):
        site.stream.append(QUARTER + b"x")

    assert site.stream.append(QUARTER) == 15


def test_a_full_stream_gives_up_its_oldest_segment_as_a_whole(make_site):
    site = make_site()
    site.fill(16)

    assert site.stream.append(b"x") == 16
    assert site.bounds == (4, 16)
    assert site.stream.total_bytes == MAX - SEGMENT + 25


def test_as_many_segments_go_as_a_message_needs(make_site):
    site = make_site(max_size=SEGMENT * 2)
    site.fill(8)
    site.stream.append(b"x" * (SEGMENT - RECORD_OVERHEAD_BYTES))

    assert site.bounds == (4, 8)
    site.stream.append(b"x")
    assert site.bounds == (8, 9)


def test_a_stream_of_one_segment_gives_up_all_of_it(make_site):
    site = make_site(max_size=SEGMENT)
    site.fill(4)

    assert site.stream.append(QUARTER) == 4
    assert site.bounds == (4, 4)
    assert site.stream.total_bytes == SEGMENT // 4


@pytest.mark.parametrize(("extra", "fits"), [(0, True), (1, False)])
def test_a_message_has_to_fit_a_segment(make_site, extra, fits):
    site = make_site()
    site.fill(1)
    payload = b"x" * (SEGMENT - RECORD_OVERHEAD_BYTES + extra)

    if fits:
        assert site.stream.append(payload) == 1
    else:
        with pytest.raises(MessageTooLarge, match=r"takes 1025 bytes .* 1024 and .* 4096"):
            site.stream.append(payload)
        assert site.bounds == (0, 0), "nothing is evicted for a message that never fits"


# -- time to live --------------------------------------------------------------------------------


@pytest.fixture
def aging(make_site):
    """Segment 0 (four messages), a minute later segment 4 (one message); a time to live of five minutes."""
    site = make_site(time_to_live_millis=5 * MINUTE)
    site.fill(4)
    site.clock.pass_ms(MINUTE)
    site.fill(1)
    return site


@pytest.mark.parametrize(
    ("minutes", "extra_ms", "oldest"), [(4, 0, 0), (4, 1, 4), (5, 0, 4), (5, 1, 5)]
)
def test_a_segment_goes_once_its_newest_message_is_too_old(aging, minutes, extra_ms, oldest):
    aging.clock.pass_ms(minutes * MINUTE + extra_ms)
    aging.stream.expire()

    assert aging.bounds == (oldest, 4)


def test_after_everything_expired_the_numbers_go_on(aging):
    aging.clock.pass_ms(60 * MINUTE)
    aging.stream.expire()

    assert aging.bounds == (5, 4)
    assert aging.stream.total_bytes == 0
    assert aging.stream.append(b"x") == 5
    assert [line.split(" are ")[0] for line in aging.warnings] == [
        "S: the messages 0 to 3",
        "S: the messages 4 to 4",
    ]


def test_the_moment_of_the_next_expiry_is_told(aging):
    first_ms = aging.clock.wall_ms() - MINUTE
    assert aging.stream.expires_at_ms() == first_ms + 5 * MINUTE + 1
    aging.clock.wall = aging.stream.expires_at_ms() - 1
    aging.stream.expire()
    assert aging.bounds == (0, 4)
    aging.clock.wall += 1
    aging.stream.expire()
    assert aging.bounds == (4, 4)
    assert aging.stream.expires_at_ms() == first_ms + 6 * MINUTE + 1
    aging.clock.pass_ms(60 * MINUTE)
    aging.stream.expire()
    assert aging.stream.expires_at_ms() is None


def test_without_a_time_to_live_nothing_goes(make_site):
    site = make_site()
    site.fill(5)
    site.clock.pass_ms(10**12)
    site.stream.expire()

    assert site.bounds == (0, 4)
    assert site.stream.expires_at_ms() is None


def test_a_clock_that_is_set_back_removes_nothing(aging):
    aging.clock.pass_ms(-100 * MINUTE)
    aging.stream.expire()

    assert aging.bounds == (0, 4)


def test_what_is_too_old_but_there_can_be_read(aging):
    aging.clock.pass_ms(4 * MINUTE)

    assert [message.sequence_number for message in aging.stream.read(0, 10)] == [0, 1, 2, 3, 4]


def test_expiry_makes_room_where_new_data_is_rejected(make_site):
    site = make_site(strategy_on_full=REJECT, time_to_live_millis=MINUTE)
    site.fill(16)
    site.clock.pass_ms(MINUTE + 1)
    site.stream.expire()

    assert site.stream.append(b"x") == 16


def test_a_segment_that_cannot_be_removed_is_told_and_does_no_harm(aging):
    aging.clock.pass_ms(60 * MINUTE)
    aging.disk.failing.add("remove")
    aging.stream.expire()
    aging.disk.failing.clear()

    assert "cannot be removed" in aging.warnings[0]
    assert aging.stream.append(b"x") == 5


# -- update ------------------------------------------------------------------------------------


def test_an_update_is_stored_and_holds_at_once(make_site):
    site = make_site(strategy_on_full=REJECT)
    site.fill(16)
    site.update(strategy_on_full=OVERWRITE)

    assert site.stored == [site.stream.definition]
    assert site.stream.append(QUARTER) == 16
    assert site.bounds == (4, 16)


def test_a_larger_stream_takes_more(make_site):
    site = make_site(strategy_on_full=REJECT)
    site.fill(16)
    site.update(max_size=MAX + SEGMENT)

    assert site.fill(4) == [16, 17, 18, 19]
    with pytest.raises(StreamFull):
        site.stream.append(b"x")


@pytest.mark.parametrize(("max_size", "allowed"), [(2048, True), (2047, False)])
def test_a_stream_cannot_become_smaller_than_what_it_holds(make_site, max_size, allowed):
    site = make_site()
    site.fill(8)

    if allowed:
        site.update(max_size=max_size)
        assert site.bounds == (0, 7)
    else:
        with pytest.raises(UpdateNotAllowed, match=r"maxSize \(2047\) .* \(2048 bytes\)"):
            site.update(max_size=max_size)
        assert site.stream.definition == site.definition and site.stored == []


def test_another_segment_size_holds_from_the_next_message_on(make_site):
    site = make_site()
    site.fill(4)
    site.update(stream_segment_size=2048)
    site.fill(8)

    assert site.disk.names("log") == [f"{base:020d}.log" for base in (0, 8)]
    site.update(stream_segment_size=1024)
    with pytest.raises(MessageTooLarge):
        site.stream.append(b"x" * 1024)


def test_a_shorter_time_to_live_holds_for_what_is_there(make_site):
    site = make_site()
    site.fill(5)
    site.clock.pass_ms(2 * MINUTE)
    site.update(time_to_live_millis=MINUTE)
    site.stream.expire()

    assert site.bounds == (5, 4)


def test_persistence_cannot_be_changed(make_site):
    site = make_site()

    with pytest.raises(UpdateNotAllowed, match="persistence"):
        site.update(persistence=Persistence.MEMORY)


def exports(start, identifier="k"):
    config = KinesisConfig(
        identifier=identifier, kinesis_stream_name="s", start_sequence_number=start
    )
    return ExportDefinition(kinesis=(config,))


@pytest.mark.parametrize(
    ("start", "allowed"), [(None, True), (0, True), (14, True), (15, False), (16, False)]
)
def test_an_exporter_cannot_be_sent_to_the_end_or_behind_it(make_site, start, allowed):
    site = make_site(export_definition=exports(3))
    site.fill(16)

    if allowed:
        site.update(export_definition=exports(start))
    else:
        with pytest.raises(UpdateNotAllowed, match=rf"startSequenceNumber of k \({start}\).*15"):
            site.update(export_definition=exports(start))


def test_what_describe_told_can_be_sent_back(make_site):
    site = make_site(export_definition=exports(100))
    site.fill(2)

    site.update()
    site.update(export_definition=ExportDefinition())
    with pytest.raises(UpdateNotAllowed):
        site.update(export_definition=exports(100))


def test_an_update_that_cannot_be_stored_does_not_hold(make_site):
    site = make_site()
    site.disk.failing.add("replace")

    with pytest.raises(StorageFailed, match=r"storing the definition of S failed: .*no space"):
        site.update(strategy_on_full=REJECT)
    assert site.stream.definition == site.definition


# -- the disk ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "act", "what"),
    [
        ("write", lambda stream: stream.append(b"x"), "writing to the stream S"),
        ("read_at", lambda stream: stream.read(0, 1), "reading the stream S"),
        ("sync", lambda stream: stream.sync(), "syncing the stream S"),
    ],
)
def test_a_disk_that_refuses_is_told_with_what_was_tried(make_site, operation, act, what):
    site = make_site()
    site.fill(1)
    site.disk.failing.add(operation)

    with pytest.raises(StorageFailed, match=f"{what} failed: .*no space"):
        act(site.stream)
    site.disk.failing.clear()
    assert site.fill(1) == [1]


def test_room_that_cannot_be_made_is_told_and_made_later(make_site):
    site = make_site(max_size=SEGMENT)
    site.fill(4)
    site.disk.failing.add("open")

    with pytest.raises(StorageFailed, match="making room in the stream S"):
        site.stream.append(b"x")
    assert site.bounds == (0, 3)
    site.disk.failing.clear()
    assert site.stream.append(b"x") == 4


def test_damaged_messages_are_named_with_their_stream(make_site):
    site = make_site()
    site.fill(8)
    site.disk.damage("log/00000000000000000000.log", 30)

    with pytest.raises(CorruptRecord, match="the messages 0 to 3 of the stream S are damaged"):
        site.stream.read(0, 1)


@pytest.mark.parametrize("flush", [True, False])
def test_an_acknowledgement_waits_for_the_disk_if_the_stream_says_so(make_site, flush):
    site = make_site(flush_on_write=flush)
    assert not site.stream.needs_sync()
    site.fill(1)
    assert site.stream.needs_sync() == flush
    site.stream.sync()
    assert not site.stream.needs_sync()


def test_a_sync_that_failed_is_still_needed(make_site):
    site = make_site(flush_on_write=True)
    site.fill(1)
    site.disk.failing.add("sync")
    with pytest.raises(StorageFailed):
        site.stream.sync()

    assert site.stream.needs_sync()


def test_a_closed_stream_leaves_nothing_open(make_site):
    site = make_site()
    site.fill(9)
    site.stream.close()

    assert not site.disk.open_files
