"""Requests about streams: create, describe, list, update, delete."""

import pytest

from system.stream_manager.log.format import RECORD_OVERHEAD_BYTES
from system.stream_manager.session import Session
from system.wire.definitions import (
    ExportDefinition,
    MessageStreamDefinition,
    S3ExportTaskExecutorConfig,
    StatusConfig,
)
from system.wire.messages import CreateMessageStream, DescribeMessageStream, UpdateMessageStream
from system.wire.operations import Persistence, StatusCode, StrategyOnFull

OVERHEAD = RECORD_OVERHEAD_BYTES


def test_a_new_stream_is_empty_and_its_exporters_have_sent_nothing(rig):
    answer = rig.create("S", rig.exporter("cloud"))
    assert (answer.status, answer.error_message) == (StatusCode.SUCCESS, "")
    info = rig.describe("S")
    assert info["storageStatus"] == {
        "oldestSequenceNumber": 0,
        "newestSequenceNumber": -1,
        "totalBytes": 0,
    }
    assert info["exportStatuses"] == [
        {
            "exportConfigIdentifier": "cloud",
            "lastExportedSequenceNumber": -1,
            "errorMessage": "",
            "exportedBytesFromStream": 0,
            "exportedMessagesCount": 0,
        }
    ]
    assert info["definition"]["maxSize"] == 256 * 1024 * 1024


def test_a_stream_is_created_once_and_the_text_is_the_one_that_programs_look_for(rig):
    rig.create("S")
    answer = rig.create("S")
    assert answer.status is StatusCode.INVALID_REQUEST
    assert answer.error_message == "the message stream already exists"


def test_streams_are_listed_in_the_order_of_creation_and_a_server_without_any_lists_none(rig):
    assert rig.names() == []
    rig.create("b")
    rig.create("a")
    assert rig.names() == ["b", "a"]
    rig.restart()
    assert rig.names() == ["b", "a"]


def test_what_concerns_a_stream_that_is_not_there_finds_nothing(rig):
    answers = [
        rig.append("S"),
        rig.update("S"),
        rig.delete("S"),
        rig.answer_to(rig.read("S")),
        rig.ask(DescribeMessageStream(request_id="d", name="S")),
    ]
    assert {answer.status for answer in answers} == {StatusCode.RESOURCE_NOT_FOUND}
    assert all("S" in answer.error_message for answer in answers)


def test_messages_are_numbered_from_zero_and_their_bytes_counted_with_the_overhead(rig):
    rig.create("S")
    numbers = [rig.append("S", b"abc").values["sequenceNumber"] for _ in range(3)]
    assert numbers == [0, 1, 2]
    assert rig.describe("S")["storageStatus"] == {
        "oldestSequenceNumber": 0,
        "newestSequenceNumber": 2,
        "totalBytes": 3 * (OVERHEAD + 3),
    }


def test_a_deleted_stream_begins_at_zero_when_it_is_created_again(rig):
    rig.create("S", rig.exporter("cloud", batch_size=1))
    rig.append("S")
    rig.settle()
    assert rig.delete("S").status is StatusCode.SUCCESS
    rig.create("S", rig.exporter("cloud", batch_size=1))
    assert rig.append("S").values["sequenceNumber"] == 0
    assert rig.under_way() == [("cloud", [0])]


def test_a_full_stream_that_rejects_says_so_with_its_sizes_and_takes_up_again_when_it_is_larger(
    rig,
):
    fields = {"strategy_on_full": StrategyOnFull.REJECT_NEW_DATA, "stream_segment_size": 1024}
    rig.create("S", max_size=1024, **fields)
    rig.append("S", b"x" * (1000 - OVERHEAD))
    answer = rig.append("S", b"x" * 10)
    assert answer.status is StatusCode.INVALID_REQUEST
    assert "full" in answer.error_message and "1000 of 1024" in answer.error_message
    rig.update("S", max_size=2048, **fields)
    assert rig.append("S", b"x" * 10).values["sequenceNumber"] == 1


def test_a_message_larger_than_a_segment_is_refused_for_good(rig):
    rig.create("S", stream_segment_size=1024, max_size=4096)
    answer = rig.append("S", b"x" * (1025 - OVERHEAD))
    assert answer.status is StatusCode.INVALID_REQUEST
    assert "1025" in answer.error_message and "1024" in answer.error_message


def test_a_full_stream_that_overwrites_loses_its_oldest_segment_as_a_whole(rig):
    rig.create("S", stream_segment_size=1024, max_size=2048)
    rig.append_many("S", 4, b"x" * (512 - OVERHEAD))
    rig.append("S", b"x")
    assert rig.describe("S")["storageStatus"]["oldestSequenceNumber"] == 2


def test_an_update_that_changes_persistence_is_not_allowed(rig):
    rig.create("S")
    answer = rig.update("S", persistence=Persistence.MEMORY)
    assert answer.status is StatusCode.UPDATE_NOT_ALLOWED
    assert rig.describe("S")["definition"]["persistence"] == 0


def test_an_update_that_cannot_be_stored_fails_and_changes_nothing(rig, monkeypatch):
    rig.create("S")

    def replace(path, data, durable=True):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rig.disk, "replace", replace)
    answer = rig.update("S", max_size=300 * 1024 * 1024)
    assert answer.status is StatusCode.UPDATE_FAILED
    assert "No space left" in answer.error_message
    assert rig.describe("S")["definition"]["maxSize"] == 256 * 1024 * 1024


def test_an_update_replaces_the_whole_definition_for_good(rig):
    rig.create("S", flush_on_write=True, time_to_live_millis=60_000)
    rig.update("S", max_size=300 * 1024 * 1024)
    rig.restart()
    definition = rig.describe("S")["definition"]
    assert definition["maxSize"] == 300 * 1024 * 1024
    assert definition["flushOnWrite"] is False
    assert "timeToLiveMillis" not in definition


def test_time_to_live_removes_old_messages_and_the_numbers_go_on_after_a_restart(rig):
    rig.create("S", time_to_live_millis=60_000)
    rig.append("S")
    rig.round()
    assert rig.wake_at_ms is not None and rig.wake_at_ms <= rig.clock.monotonic + 60_001
    rig.pass_ms(60_001)
    rig.pass_ms(1)
    status = rig.describe("S")["storageStatus"]
    assert (status["oldestSequenceNumber"], status["newestSequenceNumber"]) == (1, 0)
    rig.restart()
    assert rig.append("S").values["sequenceNumber"] == 1


def test_without_a_time_to_live_nothing_has_to_be_woken_for(rig):
    rig.create("S")
    rig.append("S")
    rig.round()
    assert rig.wake_at_ms is None


def test_a_stream_in_memory_keeps_its_definition_over_a_restart_and_nothing_else(rig):
    rig.create("S", rig.exporter("cloud", batch_size=1), persistence=Persistence.MEMORY)
    rig.append("S")
    rig.settle()
    assert rig.append("S").values["sequenceNumber"] == 1
    rig.restart()
    assert rig.describe("S")["storageStatus"]["newestSequenceNumber"] == -1
    assert rig.append("S").values["sequenceNumber"] == 0
    assert rig.under_way() == [("cloud", [0])]


def with_status_stream(rig, name, request):
    status = StatusConfig(status_stream_name="Status")
    executor = S3ExportTaskExecutorConfig(identifier="tasks", status_config=status)
    definition = MessageStreamDefinition(
        name=name,
        strategy_on_full=StrategyOnFull.OVERWRITE_OLDEST_DATA,
        export_definition=ExportDefinition(s3_task_executor=(executor,)),
    )
    return rig.ask(request(request_id=rig.new_id(), definition=definition))


def test_a_status_stream_has_to_be_there_before_it_is_named_and_may_go_before_its_user(rig):
    answer = with_status_stream(rig, "S", CreateMessageStream)
    assert answer.status is StatusCode.INVALID_REQUEST
    assert "Status" in answer.error_message
    rig.create("Status")
    assert with_status_stream(rig, "S", CreateMessageStream).status is StatusCode.SUCCESS
    assert rig.delete("Status").status is StatusCode.SUCCESS
    assert with_status_stream(rig, "S", UpdateMessageStream).status is StatusCode.SUCCESS


def test_a_client_of_protocol_1_0_is_told_of_nothing_that_it_does_not_know(rig):
    rig.create("S", rig.exporter("cloud", start_sequence_number=0))
    info = rig.describe("S", Session(2, "1.0.0"))
    assert set(info["definition"]["exportDefinition"]) == {"http", "iotAnalytics", "kinesis"}
    assert "startSequenceNumber" not in info["definition"]["exportDefinition"]["kinesis"][0]
    assert set(info["exportStatuses"][0]) == {
        "exportConfigIdentifier",
        "lastExportedSequenceNumber",
        "errorMessage",
    }


def test_a_fault_in_the_server_is_answered_and_told(rig, monkeypatch):
    rig.create("S")

    def append(payload, ingest_time_ms, segment_size):
        raise ZeroDivisionError("a fault")

    stream = rig.engine._store.get("S")
    monkeypatch.setattr(stream._log, "append", append)
    answer = rig.append("S")
    assert answer.status is StatusCode.UNKNOWN_FAILURE
    assert any("ZeroDivisionError" in line for line in rig.log.lines)


@pytest.mark.parametrize("name", [".", "..", " ", "a.log", "x" * 255])
def test_any_name_that_the_protocol_allows_is_a_stream_of_its_own(rig, name):
    rig.create(name)
    rig.append(name, b"mine")
    rig.restart()
    assert rig.names() == [name]
    assert rig.describe(name)["storageStatus"]["newestSequenceNumber"] == 0
