"""What a log makes of what a kill, a power cut or a bad disk left."""

import pytest

from system.stream_manager.errors import CorruptRecord
from system.stream_manager.log.format import RECORD_OVERHEAD_BYTES

from .conftest import MANY, QUARTER, SEGMENT

# -- opening again -----------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 4, 5, 9])
def test_a_log_is_after_a_kill_what_it_was_before(site, count):
    site.append(count)
    before = (site.log.oldest, site.log.end, site.log.total_bytes, site.log.read(0, MANY, MANY))
    site.reopen()

    assert before == (
        site.log.oldest,
        site.log.end,
        site.log.total_bytes,
        site.log.read(0, MANY, MANY),
    )
    assert site.warnings == []
    assert site.append() == [count]


def test_the_age_of_a_segment_is_known_after_a_restart(site):
    site.append(5)
    site.reopen()

    assert [segment.newest_ms for segment in site.log.segments] == [1003, 1004]


@pytest.mark.parametrize("left", range(QUARTER + RECORD_OVERHEAD_BYTES))
def test_a_torn_record_is_cut_off_the_end(site, left):
    site.append(7)
    file = site.disk.open(site.path(4))
    file.truncate(2 * SEGMENT // 4 + left)
    site.reopen()

    assert site.numbers() == list(range(6))
    assert len(site.warnings) == (1 if left else 0)
    assert site.append() == [6]
    site.reopen()
    assert site.numbers() == list(range(7))
    assert len(site.warnings) == (1 if left else 0)


def test_other_files_in_the_folder_are_left_alone(site):
    site.disk.replace("s/log/notes.txt", b"mine")
    site.append(1)
    site.reopen()

    assert site.numbers() == [0]
    assert site.disk.read("s/log/notes.txt") == b"mine"


def test_a_segment_that_repeats_numbers_is_left_aside(site):
    site.append(9)
    copy = site.disk.read(site.path(4))
    site.disk.replace(site.path(6), copy)
    site.reopen()

    assert site.numbers() == list(range(9))
    assert len(site.warnings) == 1 and "segment 6 repeats numbers" in site.warnings[0]
    assert site.append() == [9]


def test_the_numbers_go_on_from_an_empty_segment_s_name(site):
    site.append(4)
    site.log.roll()
    site.disk.remove(site.path(0))
    site.reopen()

    assert (site.log.oldest, site.log.end) == (4, 4)


# -- damage in the middle ------------------------------------------------------------------------


@pytest.fixture
def damaged(site):
    """Records 0 to 11 in three segments, of which number 5, and so the rest of its segment, cannot be read."""
    site.append(12)
    site.disk.damage(site.path(4), SEGMENT // 4 + 10)
    return site


@pytest.mark.parametrize("opened", ["before", "after"])
def test_a_damaged_record_hides_the_rest_of_its_segment_and_no_more(damaged, opened):
    if opened == "after":
        damaged.reopen()

    assert damaged.numbers(0) == [0, 1, 2, 3, 4]
    for start in (5, 6, 7) if opened == "after" else (5,):
        with pytest.raises(CorruptRecord) as raised:
            damaged.numbers(start)
        assert (raised.value.first, raised.value.end) == (start, 8)
    assert damaged.numbers(8) == [8, 9, 10, 11]


def test_damage_is_told_when_the_log_is_opened(damaged):
    damaged.reopen()

    assert len(damaged.warnings) == 1 and "5 to 7 are damaged or missing" in damaged.warnings[0]
    assert (damaged.log.oldest, damaged.log.end) == (0, 12)


def test_a_segment_that_is_missing_is_a_hole(site):
    site.append(12)
    site.disk.remove(site.path(4))
    site.reopen()

    assert site.numbers(0) == [0, 1, 2, 3]
    with pytest.raises(CorruptRecord) as raised:
        site.numbers(4)
    assert (raised.value.first, raised.value.end) == (4, 8)
    assert "4 to 7" in site.warnings[0]


def test_the_first_segment_may_be_damaged_from_its_first_byte(site):
    site.append(12)
    site.disk.damage(site.path(0), 0)
    site.reopen()

    with pytest.raises(CorruptRecord) as raised:
        site.numbers(0)
    assert (raised.value.first, raised.value.end) == (0, 4)
    assert site.log.evict_oldest() == (0, 4)
    assert site.numbers(0) == list(range(4, 12))


def test_damage_in_the_active_segment_ends_where_the_log_ends(site):
    site.append(3)
    site.disk.damage(site.path(0), SEGMENT // 4)

    with pytest.raises(CorruptRecord) as raised:
        site.numbers(1)
    assert (raised.value.first, raised.value.end) == (1, 3)
    assert site.append() == [3]


def test_a_log_with_holes_takes_messages(damaged):
    damaged.reopen()

    assert damaged.append() == [12]
    damaged.log.evict_oldest()
    damaged.log.evict_oldest()
    assert damaged.numbers(0) == [8, 9, 10, 11, 12]


# -- a power cut -------------------------------------------------------------------------------


class Dice:
    """Loses all that may be lost, but for the names whose turn in `kept` it is."""

    def __init__(self, *kept):
        self._kept = kept
        self._turn = -1

    def random(self):
        self._turn += 1
        return 1.0 if self._turn in self._kept else 0.0

    def randint(self, low, high):
        return low

    def choice(self, sides):
        return sides[0]


def power_cut(site, *kept):
    site.disk.crash(Dice(*kept))
    site.log = site.opened()


def test_what_was_synced_is_there_after_a_power_cut(site):
    site.disk.sync_folder("")
    site.append(9)
    site.log.sync()
    site.append(2)
    power_cut(site)

    assert site.numbers() == list(range(9))
    assert site.append() == [9]


def test_what_was_synced_before_its_segment_was_sealed_is_there_too(site):
    site.disk.sync_folder("")
    site.append(2)
    site.log.sync()
    site.append(5)
    site.log.sync()
    power_cut(site)

    assert site.numbers() == list(range(7))


def test_the_numbers_do_not_go_back_where_the_segments_that_told_them_went(site):
    site.disk.sync_folder("")
    site.append(4)
    site.log.sync()
    site.append(4)
    site.log.evict_oldest()
    # Segment 0 was removed and 4 made since the last sync; the cut keeps what happened to the first.
    power_cut(site, 0)

    assert site.files() == [4]
    assert site.log.end == 4


@pytest.mark.parametrize("failing", [set(), {"remove"}])
def test_what_was_evicted_and_comes_back_empty_is_gone(site, failing):
    site.disk.sync_folder("")
    site.append(4)
    site.log.evict_oldest()
    site.append(2)
    # Neither the removal of segment 0 nor the bytes of 4 outlive the cut.
    site.disk.failing = failing
    power_cut(site)

    assert (site.log.oldest, site.log.end) == (4, 4)
    assert site.append() == [4]
    assert site.numbers(0) == [4]


def test_what_a_power_cut_emptied_goes_with_the_segment_before_it(site):
    site.append(12)
    for base in (4, 8):
        site.disk.replace(site.path(base), b"")
    site.reopen()
    site.append(1)
    assert site.files() == [0, 4, 8]

    assert site.log.evict_oldest() == (0, 8)
    assert site.numbers(0) == [8]
    assert site.files() == [8]


def test_a_removal_is_durable_after_a_sync(site):
    site.disk.sync_folder("")
    site.append(9)
    site.log.sync()
    site.log.evict_oldest()
    site.log.sync()
    power_cut(site)

    assert site.files() == [4, 8]


def test_a_sync_that_fails_is_made_up_for(site):
    site.disk.sync_folder("")
    site.append(9)
    for operation in ("sync", "sync_folder"):
        site.disk.failing = {operation}
        with pytest.raises(OSError):
            site.log.sync()
    site.disk.failing.clear()
    site.log.sync()
    power_cut(site)

    assert site.numbers() == list(range(9))
