"""A witness's file, written and read at the same time."""

import json
from pathlib import Path

from harness.taps.payload import describe
from harness.taps.record import Record
from harness.taps.tail import Tail


def test_a_line_says_when_who_and_what(tmp_path: Path) -> None:
    file = tmp_path / "witness" / "tap.jsonl"
    record = Record(file, witness="edge-tap", origin_ns=1_000_000, clock_ns=lambda: 3_456_789)
    record.write("append", "invoked", id="1-1")
    assert json.loads(file.read_text()) == {
        "at": 2.457,
        "witness": "edge-tap",
        "kind": "append",
        "type": "invoked",
        "id": "1-1",
    }
    record.close()


def test_the_last_line_is_closed_and_nothing_follows(tmp_path: Path) -> None:
    record = Record(tmp_path / "tap.jsonl", witness="edge-tap", origin_ns=0)
    record.close()
    record.write("append", "invoked", id="late")
    record.close()
    (line,) = Tail(tmp_path / "tap.jsonl").lines()
    assert (line["kind"], line["type"]) == ("closed", "note")


def test_a_full_disk_stops_the_testimony_without_an_error() -> None:
    record = Record(Path("/dev/full"), witness="edge-tap", origin_ns=0)
    record.write("append", "invoked", id="1-1")
    record.close()


def test_what_json_does_not_know_is_written_as_text(tmp_path: Path) -> None:
    record = Record(tmp_path / "tap.jsonl", witness="edge-tap", origin_ns=0)
    record.write("create", "invoked", definition={"name": b"\x00", "text": "\ud800"})
    record.close()
    assert Tail(tmp_path / "tap.jsonl").lines()[0]["definition"]["name"] == r"b'\x00'"


def test_a_tail_waits_for_the_end_of_a_line_and_for_the_file(tmp_path: Path) -> None:
    file = tmp_path / "tap.jsonl"
    tail = Tail(file)
    assert tail.lines() == []
    with file.open("a") as growing:
        growing.write('{"a":1}\n{"b"')
        growing.flush()
        assert tail.lines() == [{"a": 1}]
        assert tail.lines() == []
        growing.write(':"ä"}\n')
        growing.flush()
        assert tail.lines() == [{"b": "ä"}]
    assert tail.broken == 0


def test_a_tail_counts_what_is_no_line_of_a_witness(tmp_path: Path) -> None:
    file = tmp_path / "tap.jsonl"
    file.write_text('{"a":1}\nnonsense\n[1]\n\n{"b":2}\n')
    tail = Tail(file)
    assert tail.lines() == [{"a": 1}, {"b": 2}]
    assert tail.broken == 2


def test_a_payload_is_told_by_hash_size_and_reading() -> None:
    assert describe(b"abc") == {"hash": "ba7816bf8f01cfea414140de5dae2223", "size": 3}
    reading = b'{"sensor":"sensor-1","ordinal":42,"hertz":1.0}'
    assert describe(reading)["reading"] == "sensor-1/42"


def test_a_payload_that_only_begins_like_a_reading_is_none() -> None:
    for payload in (b"{", b"{}", b'{"sensor":1,"ordinal":2}', b"[" * 100_000, b'{"a":' * 100_000):
        assert "reading" not in describe(payload)
