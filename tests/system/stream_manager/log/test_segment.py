import pytest

from system.stream_manager.log import segment as segment_module
from system.stream_manager.log.format import Record, encode, record_size
from system.stream_manager.log.memory import MemoryFile
from system.stream_manager.log.segment import Segment

MANY = 10**9


def filled(*payloads, base=0):
    segment = Segment(base, MemoryFile())
    for index, payload in enumerate(payloads):
        segment.append(1000 + index, payload)
    return segment


def scanned(data, base=0):
    """A segment that finds `data` in its file."""
    file = MemoryFile()
    file.write(data)
    segment = Segment(base, None)
    segment.scan(file)
    return segment, file


def payloads(segment, start, limit=MANY, bytes_max=MANY):
    found = segment.read(segment.file, start, limit, bytes_max)
    return [None if record is None else record.payload for record in found]


def test_numbers_go_up_from_the_base():
    segment = Segment(7, MemoryFile())

    assert (segment.base, segment.end, segment.size, segment.newest_ms) == (7, 7, 0, 0)
    assert [segment.append(1000, b"a"), segment.append(1001, b"bc")] == [7, 8]
    assert (segment.end, segment.size, segment.newest_ms) == (
        9,
        record_size(1) + record_size(2),
        1001,
    )


def test_a_record_is_read_as_it_was_written():
    segment = filled(b"a", b"b", base=7)

    assert list(segment.read(segment.file, 8, 1, MANY)) == [Record(8, 1001, b"b")]


@pytest.mark.parametrize(
    ("start", "limit", "found"),
    [(0, 2, [b"a", b"b"]), (1, 9, [b"b", b"c"]), (2, 1, [b"c"]), (3, 1, []), (0, 0, [])],
)
def test_reading_stops_at_the_limit_or_the_end(start, limit, found):
    assert payloads(filled(b"a", b"b", b"c"), start, limit) == found


@pytest.mark.parametrize("bytes_max", [1, 24, 25, 50, 75, 99, 100, 101])
def test_reading_stops_before_so_many_bytes_but_for_the_first(bytes_max):
    found = payloads(filled(b"a", b"b", b"c", b"d"), 0, MANY, bytes_max)

    assert found == [b"a", b"b", b"c", b"d"][: len(found)]
    assert len(found) == 1 or len(found) * record_size(1) <= bytes_max


def test_a_record_that_fails_to_be_written_is_not_there():
    class Full(MemoryFile):
        def write(self, data):
            raise OSError("no space")

    segment = Segment(0, Full())

    with pytest.raises(OSError):
        segment.append(1000, b"a")
    assert (segment.end, segment.size, segment.newest_ms) == (0, 0, 0)


# -- finding what is there ---------------------------------------------------------------------

THREE = [encode(5, 1000, b"a"), encode(6, 1001, b"bc"), encode(7, 1002, b"def")]


def test_a_scan_finds_what_was_appended():
    segment, file = scanned(b"".join(THREE), base=5)

    assert (segment.end, segment.size, segment.newest_ms) == (8, file.size(), 1002)
    assert not segment.damaged
    segment.file = file
    assert payloads(segment, 6) == [b"bc", b"def"]


def test_an_empty_file_is_a_sound_segment():
    segment, _ = scanned(b"", base=5)

    assert (segment.end, segment.damaged) == (5, False)


@pytest.mark.parametrize("cut", [1, 23, 24, 26])
def test_a_torn_tail_is_told(cut):
    segment, _ = scanned(b"".join(THREE)[:-cut], base=5)

    assert (segment.end, segment.damaged) == (7, True)
    assert segment.size == len(THREE[0] + THREE[1])


@pytest.mark.parametrize(
    "tail",
    [bytes(500), b"\xff" * 500, encode(9, 1, b"x"), encode(7, 1, b"x"), b"\x00"],
    ids=["zeros", "ones", "a number too far", "a number again", "a byte"],
)
def test_what_follows_the_records_and_is_none_is_damage(tail):
    segment, _ = scanned(b"".join(THREE) + tail, base=5)

    assert (segment.end, segment.damaged) == (8, True)


def test_a_file_of_other_numbers_is_damaged_from_the_start():
    segment, _ = scanned(b"".join(THREE), base=0)

    assert (segment.end, segment.size, segment.damaged) == (0, 0, True)


@pytest.mark.parametrize("chunk", [1, 7, 24, 25, 26, 1000])
@pytest.mark.parametrize("cut", [0, 5])
def test_records_are_found_across_the_chunks_of_a_scan(monkeypatch, chunk, cut):
    monkeypatch.setattr(segment_module, "SCAN_BYTES", chunk)
    data = b"".join(THREE)
    segment, file = scanned(data[: len(data) - cut], base=5)
    segment.file = file

    assert payloads(segment, 5) == [b"a", b"bc", b"def"][: 3 if not cut else 2]
    assert segment.damaged == bool(cut)


# -- damage that came later --------------------------------------------------------------------


@pytest.mark.parametrize("byte", [0, 4, 8, 16, 24])
def test_a_record_that_was_damaged_since_is_none_and_ends_the_read(byte):
    segment = filled(b"a", b"b", b"c")
    segment.file._data[segment.positions[1] + byte] ^= 1

    assert payloads(segment, 0) == [b"a", None]
    assert payloads(segment, 1) == [None]
    assert payloads(segment, 2) == [b"c"]


def test_a_file_that_was_cut_since_ends_in_damage():
    segment = filled(b"a", b"b", b"c")
    segment.file.truncate(segment.positions[2])

    assert payloads(segment, 0) == [b"a", b"b", None]
    assert payloads(segment, 2) == [None]


def test_a_sound_record_of_another_number_is_damage():
    segment = filled(b"a", b"b")
    segment.file._data[segment.positions[1] :] = encode(9, 1001, b"b")

    assert payloads(segment, 0) == [b"a", None]
