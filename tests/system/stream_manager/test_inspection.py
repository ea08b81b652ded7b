"""A store looked at from outside: everything is seen, nothing is changed."""

import json

import pytest

from system.stream_manager.inspection import inspect, is_store
from system.stream_manager.store import StreamStore
from system.wire.definitions import MessageStreamDefinition
from system.wire.operations import Persistence, StrategyOnFull

from .conftest import HandClock

SEGMENT = 1024
# Four records of this payload fill a segment.
PAYLOAD = bytes(SEGMENT // 4 - 24)


class Site:
    """A store with ten messages in three segments, and its disk."""

    def __init__(self, disk):
        self.disk = disk
        self.store = StreamStore(disk, HandClock(), lambda line: None)
        self.stream = self.create("S")
        for _ in range(10):
            self.stream.append(PAYLOAD)

    def create(self, name, **fields):
        return self.store.create(
            MessageStreamDefinition(
                name=name,
                strategy_on_full=StrategyOnFull.OVERWRITE_OLDEST_DATA,
                stream_segment_size=SEGMENT,
                **fields,
            )
        )

    def put_cursor(self, position, started_at=None):
        cursor = {
            "position": position,
            "last_exported": position - 1,
            "exported_bytes": 7,
            "exported_messages": position,
            "started_at": started_at,
        }
        values = {"format": 1, "exporters": {"k": cursor}}
        self.disk.replace("streams/S/exporters.json", json.dumps(values).encode())

    def found(self, *, running=False):
        return inspect(self.disk, running=running)

    def damage(self, **options):
        return self.found(**options).all_damage

    def log(self, base):
        return f"streams/S/log/{base:020d}.log"


@pytest.fixture
def site(simulated_disk):
    return Site(simulated_disk)


def test_a_sound_store_tells_its_streams_segments_and_cursors(site):
    site.create("in memory", persistence=Persistence.MEMORY).append(b"m")
    site.put_cursor(6)
    store = site.found()
    assert store.all_damage == []
    stream, memory = store.streams
    assert (stream.definition.name, memory.definition.name) == ("S", "in memory")
    assert [(each.base, each.end, each.bytes) for each in stream.segments] == [
        (0, 4, SEGMENT),
        (4, 8, SEGMENT),
        (8, 10, SEGMENT // 2),
    ]
    assert (stream.oldest, stream.end, stream.total_bytes) == (0, 10, 2 * SEGMENT + SEGMENT // 2)
    assert stream.segments[0].newest_ms == HandClock().wall_ms()
    assert stream.cursors["k"].position == 6
    assert memory.segments == ()


def test_nothing_is_written(site):
    site.disk.damage(site.log(0), 30)
    site.disk.open(site.log(8)).write(b"torn")
    before = {path: site.disk.read(path) for path in site.disk.files()}
    site.disk.failing |= {"write", "truncate", "replace", "remove", "rename", "make_folder", "sync"}
    assert site.damage()
    assert {path: site.disk.read(path) for path in site.disk.files()} == before


def test_damage_in_the_middle_is_told_with_the_messages_it_hides(site):
    site.disk.damage(site.log(4), SEGMENT // 2 + 30)
    first, second = site.damage()
    assert first == "S: segment 4 has 512 bytes at 512 that are no record"
    assert second == "S: the messages 6 to 7 are damaged or missing"


def test_a_segment_that_is_missing_is_told(site):
    site.disk.remove(site.log(4))
    assert site.damage() == ["S: the messages 4 to 7 are damaged or missing"]


def test_a_segment_that_repeats_numbers_is_told(site):
    site.disk.replace(site.log(2), site.disk.read(site.log(0)))
    assert any("segment 4 repeats" in each or "segment 2 repeats" in each for each in site.damage())


def test_a_torn_end_is_damage_unless_a_server_may_be_writing_it(site):
    site.disk.open(site.log(8)).write(b"torn")
    assert site.damage() == ["S: segment 8 has 4 bytes at 512 that are no record"]
    assert site.damage(running=True) == []


def test_a_torn_segment_before_the_last_is_damage_whoever_runs(site):
    site.disk.open(site.log(4)).write(b"torn")
    assert site.damage(running=True)


def test_a_log_without_segments_has_lost_its_numbers(site):
    for base in (0, 4, 8):
        site.disk.remove(site.log(base))
    assert site.damage() == ["S: there is no segment: the numbers begin again"]


@pytest.mark.parametrize(
    ("position", "started_at", "sound"), [(10, None, True), (11, None, False), (11, 11, True)]
)
def test_a_cursor_behind_the_end_is_damage_unless_it_was_told_to_start_there(
    site, position, started_at, sound
):
    site.put_cursor(position, started_at)
    assert (site.damage() == []) is sound


def test_state_files_that_cannot_be_read_are_told_and_the_rest_is_seen(site):
    site.create("T")
    site.disk.replace("format.json", b"{")
    site.disk.replace("streams/S/exporters.json", b"[]")
    site.disk.replace("streams/T/definition.json", b"{}")
    store = site.found()
    assert [each.definition.name for each in store.streams] == ["S"]
    of_format, of_t, of_s = store.all_damage
    assert "format.json" in of_format and "streams/T" in of_t and "exporters.json" in of_s


def test_another_version_is_told(site):
    site.disk.replace("format.json", b'{"format": 99}')
    assert site.damage() == ["format.json tells of format 99, this version reads 1"]


def test_what_was_evicted_while_we_looked_is_no_damage(site, monkeypatch):
    real = site.disk.open

    def evicting(path, **options):
        if path == site.log(0):
            raise FileNotFoundError(path)
        return real(path, **options)

    monkeypatch.setattr(site.disk, "open", evicting)
    assert site.damage(running=True) == []
    assert site.found(running=True).streams[0].oldest == 4


def test_a_stream_that_was_deleted_while_we_looked_is_no_damage(site, monkeypatch):
    real = site.disk.names
    monkeypatch.setattr(
        site.disk, "names", lambda folder: [*real(folder), *["gone"] * (folder == "streams")]
    )
    assert site.damage(running=True) == []


def test_any_other_folder_is_no_store(simulated_disk):
    assert not is_store(simulated_disk)
