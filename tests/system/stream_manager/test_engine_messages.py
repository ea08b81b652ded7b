"""Appending and reading: group commit, long polls, and what a read that finds too little is told."""

import pytest

from system.stream_manager.engine import ANSWER_BYTES_MAX
from system.stream_manager.log.memory import MemoryFile
from system.stream_manager.session import Session
from system.wire.messages import AppendMessage
from system.wire.operations import StatusCode

NOT_ENOUGH = "not enough messages to return before time out"
BEYOND = "greater than the last sequence number"


def numbers(answer):
    assert answer is not None and answer.status is StatusCode.SUCCESS, answer
    return [message["sequenceNumber"] for message in answer.values["messages"]]


def read(rig, start=0, **fields):
    return rig.answer_to(rig.read("S", start, **fields))


@pytest.fixture
def filled(rig):
    rig.create("S")
    rig.append_many("S", 10)
    return rig


def test_a_read_returns_messages_with_time_and_payload(rig):
    rig.create("S")
    rig.append("S", b"one")
    assert read(rig).values["messages"] == [
        {
            "streamName": "S",
            "sequenceNumber": 0,
            "ingestTime": rig.clock.wall,
            "payload": b"one",
        }
    ]


@pytest.mark.parametrize(
    ("start", "fields", "expected"),
    [
        (0, {}, [0]),
        (0, {"min_message_count": 3}, [0, 1, 2]),
        (0, {"min_message_count": 2, "max_message_count": 4}, [0, 1, 2, 3]),
        (8, {"min_message_count": 1, "max_message_count": 100}, [8, 9]),
        (9, {"min_message_count": 1, "read_timeout_millis": 1000}, [9]),
    ],
)
def test_a_read_returns_as_many_as_there_are_between_its_bounds(filled, start, fields, expected):
    assert numbers(read(filled, start, **fields)) == expected


def test_a_read_without_patience_that_finds_too_few_gets_none(filled):
    answer = read(filled, 8, min_message_count=3)
    assert (answer.status, answer.error_message) == (StatusCode.NOT_ENOUGH_MESSAGES, NOT_ENOUGH)
    assert answer.values is None


@pytest.mark.parametrize("start", [10, 1000])
def test_a_read_behind_the_end_is_told_so(filled, start):
    answer = read(filled, start)
    assert answer.status is StatusCode.NOT_ENOUGH_MESSAGES
    assert BEYOND in answer.error_message


def test_a_read_before_the_oldest_message_begins_there(rig):
    rig.create("S", stream_segment_size=1024, max_size=2048)
    rig.append_many("S", 5, b"x" * 488)
    assert numbers(read(rig, 0, min_message_count=1, max_message_count=10)) == [2, 3, 4]


def test_a_waiting_read_is_answered_as_soon_as_there_is_enough(filled):
    request_id = filled.read("S", 9, min_message_count=3, read_timeout_millis=5000)
    filled.append("S")
    assert filled.answer_to(request_id) is None
    filled.append("S")
    assert numbers(filled.answer_to(request_id)) == [9, 10, 11]


@pytest.mark.parametrize(("timeout_ms", "waits_ms"), [(1000, 950), (100, 95), (60_000, 59_750)])
def test_a_waiting_read_is_told_a_little_before_its_time_is_over(filled, timeout_ms, waits_ms):
    request_id = filled.read("S", 10, read_timeout_millis=timeout_ms)
    assert filled.wake_at_ms == filled.clock.monotonic + waits_ms
    filled.pass_ms(waits_ms - 1)
    assert filled.answer_to(request_id) is None
    filled.pass_ms(1)
    answer = filled.answer_to(request_id)
    assert answer.status is StatusCode.NOT_ENOUGH_MESSAGES
    assert BEYOND in answer.error_message
    assert filled.wake_at_ms is None
    filled.append("S")


def test_a_waiting_read_that_found_some_but_too_few_is_told_the_usual_text(filled):
    request_id = filled.read("S", 9, min_message_count=5, read_timeout_millis=1000)
    filled.pass_ms(1000)
    assert filled.answer_to(request_id).error_message == NOT_ENOUGH


def test_a_waiting_read_that_was_answered_is_not_told_later_that_its_time_is_over(filled):
    request_id = filled.read("S", 10, read_timeout_millis=1000)
    filled.append("S")
    filled.pass_ms(5000)
    assert numbers(filled.answer_to(request_id)) == [10]


def test_a_waiting_read_is_told_when_its_stream_goes(filled):
    request_id = filled.read("S", 10, read_timeout_millis=1000)
    filled.delete("S")
    assert filled.answer_to(request_id).status is StatusCode.RESOURCE_NOT_FOUND
    filled.create("S")
    filled.pass_ms(5000)


def test_a_waiting_read_goes_on_at_the_oldest_when_messages_go_meanwhile(rig):
    rig.create("S", stream_segment_size=1024, max_size=2048)
    request_id = rig.read("S", 0, min_message_count=3, read_timeout_millis=1000)
    for _ in range(2):
        rig.append("S", b"x" * 488)
    rig.append_many("S", 3, b"x" * 488)
    assert numbers(rig.answer_to(request_id)) == [2, 3, 4]


def test_nobody_is_answered_who_is_gone(filled):
    other = Session(2, "1.1.0")
    filled.session, before = other, filled.session
    request_id = filled.read("S", 10, read_timeout_millis=1000)
    filled.session = before
    filled.engine.forget(other)
    filled.append("S")
    filled.pass_ms(5000)
    assert filled.answer_to(request_id) is None


def test_readers_that_wait_are_let_go_when_the_server_stops(filled):
    request_id = filled.read("S", 10, read_timeout_millis=1000)
    filled.engine.end_waiting()
    filled.round()
    assert filled.answer_to(request_id).status is StatusCode.NOT_ENOUGH_MESSAGES


def test_a_read_that_meets_damage_says_so_and_the_messages_before_it_can_be_had(rig):
    rig.create("S")
    rig.append_many("S", 3, b"abc")
    file = next(iter(rig.disk._files[path] for path in rig.disk._files if path.endswith(".log")))
    file._data[-1] ^= 1
    assert numbers(read(rig, 0, min_message_count=1, max_message_count=5)) == [0, 1]
    for start in (0, 2):
        answer = read(rig, start, min_message_count=3 - start)
        assert answer.status is StatusCode.MESSAGE_STORE_READ_ERROR
        assert "2 to 2" in answer.error_message


def test_a_minimum_that_fits_no_answer_is_refused_and_a_maximum_is_cut(rig):
    rig.create("S", max_size=1 << 30, stream_segment_size=1 << 30)
    payload = bytes(ANSWER_BYTES_MAX // 8)
    rig.append_many("S", 9, payload)
    assert len(numbers(read(rig, 0, min_message_count=1, max_message_count=9))) < 9
    assert len(numbers(read(rig, 0, min_message_count=7))) == 7
    answer = read(rig, 0, min_message_count=9)
    assert answer.status is StatusCode.RESPONSE_PAYLOAD_TOO_LARGE


class CountingFile(MemoryFile):
    syncs = 0
    error: OSError | None = None

    def sync(self):
        if CountingFile.error:
            raise CountingFile.error
        CountingFile.syncs += 1


@pytest.fixture
def syncs(monkeypatch):
    monkeypatch.setattr("system.stream_manager.log.memory.MemoryFile", CountingFile)
    monkeypatch.setattr(CountingFile, "syncs", 0)
    monkeypatch.setattr(CountingFile, "error", None)
    return CountingFile


def test_all_appends_of_a_round_share_one_wait_for_the_disk(syncs, rig):
    rig.create("S", flush_on_write=True)
    before = syncs.syncs
    rig.append_many("S", 50)
    assert syncs.syncs == before + 1


def test_a_stream_that_does_not_flush_does_not_wait_for_the_disk(syncs, rig):
    rig.create("S")
    before = syncs.syncs
    rig.append_many("S", 50)
    assert syncs.syncs == before


def test_nothing_is_acknowledged_that_the_disk_did_not_take(syncs, rig):
    rig.create("S", flush_on_write=True)
    rig.create("T")
    syncs.error = OSError(5, "Input/output error")
    flushed = rig.send(AppendMessage("a", "S", b"m"))
    other = rig.send(AppendMessage("b", "T", b"m"))
    rig.round()
    answer = rig.answer_to(flushed)
    assert answer.status is StatusCode.UNKNOWN_FAILURE and answer.values is None
    assert "Input/output error" in answer.error_message
    assert rig.answer_to(other).status is StatusCode.SUCCESS


def test_a_full_disk_fails_the_append_and_the_next_one_works_when_there_is_room(rig, monkeypatch):
    rig.create("S")
    rig.append("S")

    def write(self, data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(MemoryFile, "write", write)
        answer = rig.append("S")
        assert answer.status is StatusCode.UNKNOWN_FAILURE
        assert "No space left on device" in answer.error_message
    assert rig.append("S").values["sequenceNumber"] == 1
