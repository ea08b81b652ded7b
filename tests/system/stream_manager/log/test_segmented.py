import pytest

from .conftest import MANY, QUARTER, SEGMENT

# -- segments ----------------------------------------------------------------------------------


def test_a_new_log_has_one_empty_segment(site):
    assert site.files() == [0]
    assert (site.log.oldest, site.log.end, site.log.total_bytes) == (0, 0, 0)
    assert site.numbers() == []


def test_a_record_that_would_make_a_segment_too_large_begins_a_new_one(site):
    assert site.append(9) == list(range(9))
    assert site.files() == [0, 4, 8]
    assert site.log.total_bytes == 9 * SEGMENT // 4


@pytest.mark.parametrize(("extra", "files"), [(0, [0]), (1, [0, 3])])
def test_a_segment_may_be_filled_to_its_last_byte(site, extra, files):
    site.append(3)
    site.append(1, QUARTER + extra)

    assert site.files() == files


def test_a_record_larger_than_a_segment_gets_one_of_its_own(site):
    site.append(1)
    site.append(1, 5 * SEGMENT)
    site.append(1)

    assert site.files() == [0, 1, 2]
    assert site.numbers() == [0, 1, 2]


def test_sealing_an_empty_segment_changes_nothing(site):
    site.log.roll()
    assert site.files() == [0]
    site.append(1)
    site.log.roll()
    site.log.roll()
    assert site.files() == [0, 1]
    assert (site.log.end, site.log.oldest) == (1, 0)


def test_only_the_active_segment_stays_open(site):
    site.append(20)
    site.numbers()
    site.log.sync()
    site.log.evict_oldest()
    assert len(site.disk.open_files) == 1
    site.log.close()
    assert not site.disk.open_files


# -- reading -----------------------------------------------------------------------------------


def test_reading_goes_on_over_the_segments(site):
    site.append(9)

    assert site.numbers() == list(range(9))
    assert site.numbers(3, 3) == [3, 4, 5]
    assert site.numbers(8) == [8]
    assert site.numbers(9) == []
    assert site.numbers(10**12) == []


def test_records_come_back_with_their_times(site):
    site.append(6)

    assert [
        (record.ingest_time_ms, record.payload[:1]) for record in site.log.read(3, 2, MANY)
    ] == [(1003, b"D"), (1004, b"E")]


@pytest.mark.parametrize("quarters", [1, 2, 3, 4, 5, 6, 30])
def test_reading_stops_near_so_many_bytes_but_gives_at_least_one(site, quarters):
    site.append(9)

    found = site.numbers(0, MANY, quarters * SEGMENT // 4)

    assert found == list(range(len(found)))
    assert min(quarters, 9) <= len(found) + 1 and 1 <= len(found) <= max(quarters, 1)


def test_even_one_byte_gives_one_record(site):
    site.append(9)

    assert site.numbers(2, MANY, 1) == [2]


def test_reading_begins_at_the_oldest_that_is_there(site):
    site.append(9)
    site.log.evict_oldest()

    assert site.numbers(0, 2) == [4, 5]


# -- evicting ----------------------------------------------------------------------------------


def test_the_oldest_segment_goes_as_a_whole(site):
    site.append(9)

    assert site.log.evict_oldest() == (0, 4)
    assert (site.log.oldest, site.log.end) == (4, 9)
    assert site.files() == [4, 8]
    assert site.log.total_bytes == 5 * SEGMENT // 4


def test_the_last_segment_goes_too_and_the_numbers_go_on(site):
    site.append(3)

    assert site.log.evict_oldest() == (0, 3)
    assert (site.log.oldest, site.log.end, site.log.total_bytes) == (3, 3, 0)
    assert site.files() == [3]
    site.reopen()
    assert site.append() == [3]


def test_a_segment_whose_file_cannot_be_removed_is_gone_all_the_same(site):
    site.append(9)
    site.disk.failing.add("remove")
    with pytest.raises(OSError):
        site.log.evict_oldest()
    site.disk.failing.clear()

    assert (site.log.oldest, site.log.total_bytes) == (4, 5 * SEGMENT // 4)
    assert site.append() == [9]


def test_when_no_new_file_can_be_made_nothing_is_lost(site):
    site.append(4)
    site.disk.failing.add("open")
    for act in (site.append, site.log.evict_oldest):
        with pytest.raises(OSError):
            act()
    site.disk.failing.clear()

    assert site.numbers() == [0, 1, 2, 3]
    assert site.append() == [4]


def test_a_write_that_fails_leaves_no_gap(site):
    site.append(2)
    site.disk.failing.add("write")
    with pytest.raises(OSError):
        site.append()
    site.disk.failing.clear()

    assert site.append() == [2]
    assert site.log.total_bytes == 3 * SEGMENT // 4
    site.reopen()
    assert site.numbers() == [0, 1, 2]
