"""Tasks and their status, as the vendor's client writes and reads them."""

import json

import pytest
import stream_manager.data as vendor
from stream_manager.util import Util

from system.wire.fields import InvalidFields
from system.wire.tasks import EventType, S3Task, Status, StatusLevel, TaskStatus, read_task

TASK = {"inputUrl": "file:/data/a.bin", "bucket": "readings", "key": "a/b.bin"}


def payload(**changes):
    return json.dumps({**TASK, **changes}).encode()


def problems(data):
    with pytest.raises(InvalidFields) as raised:
        read_task(data)
    return raised.value.problems


def test_a_task_of_the_vendors_client_is_read():
    task = vendor.S3ExportTaskDefinition(
        input_url="file:///data/a.bin",
        bucket="readings",
        key="!{timestamp:yyyy/MM/dd}/a.bin",
        user_metadata={"Site": "7"},
    )
    assert read_task(Util.validate_and_serialize_to_json_bytes(task)) == S3Task(
        input_url="file:///data/a.bin",
        bucket="readings",
        key="!{timestamp:yyyy/MM/dd}/a.bin",
        user_metadata={"site": "7"},
    )


def test_keys_that_nobody_knows_are_overlooked():
    assert read_task(payload(later="1")).bucket == "readings"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff", "not JSON"),
        (b"no", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "a JSON list"),
        (payload(inputUrl=None), "inputUrl is missing"),
        (payload(inputUrl=""), "inputUrl"),
        (payload(inputUrl=7), "inputUrl has to be text"),
        (payload(bucket="ab"), "bucket"),
        (payload(bucket="a" * 64), "bucket"),
        (payload(bucket="Upper"), "bucket"),
        (payload(bucket="10.0.0.1"), "bucket"),
        (payload(key=""), "key"),
        (payload(key="a" * 1025), "key has to have at most 1024"),
        (payload(key="a b"), "key"),
        (payload(key="!{timestamp:yyyy MM}"), "key"),
        (payload(userMetadata=[]), "userMetadata"),
        (payload(userMetadata={"a": 1}), "userMetadata.a"),
        (payload(userMetadata={"$AWS-gg-x": "1"}), "reserved"),
    ],
)
def test_what_is_no_task_is_told(data, words):
    assert any(words in problem for problem in problems(data))


def test_all_problems_are_told_at_once():
    assert len(problems(payload(bucket="A", key=""))) == 2


@pytest.mark.parametrize("bucket", ["abc", "a" * 63, "a.b-c", "1ab"])
def test_buckets_may_be_called(bucket):
    assert read_task(payload(bucket=bucket)).bucket == bucket


def status(task=None):
    return TaskStatus(
        status=Status.WARNING,
        level=StatusLevel.WARN,
        task=task or payload(),
        stream="S",
        sequence_number=7,
        exporter="e",
        text="a part stays",
        at_ms=1_700_000_000_000,
    )


def test_a_status_is_read_by_the_vendors_client():
    told = Util.deserialize_json_bytes_to_obj(status().to_payload(), vendor.StatusMessage)
    assert told.event_type is vendor.EventType.S3Task
    assert told.status is vendor.Status.Warning
    assert told.status_level is vendor.StatusLevel.WARN
    assert (told.message, told.timestamp_epoch_ms) == ("a part stays", 1_700_000_000_000)
    context = told.status_context
    assert (context.stream_name, context.sequence_number) == ("S", 7)
    assert context.export_identifier == "e"
    assert context.s3_export_task_definition.as_dict() == TASK


def test_the_status_of_what_is_no_task_can_be_read_too():
    told = Util.deserialize_json_bytes_to_obj(status(b"\xff").to_payload(), vendor.StatusMessage)
    assert told.status_context.s3_export_task_definition is None


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Status, vendor.Status),
        (StatusLevel, vendor.StatusLevel),
        (EventType, vendor.EventType),
    ],
)
def test_the_numbers_are_those_of_the_vendors_client(ours, theirs):
    names = {each.name.replace("_", "").lower(): each.value for each in ours}
    assert names == {each.name.lower(): each.value for each in theirs}
