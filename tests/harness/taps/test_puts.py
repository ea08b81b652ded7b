"""What the cloud tap reads in requests and answers, by hand-written bodies of each protocol."""

import base64
import gzip
import hashlib
import json
import zlib
from typing import Any

import cbor2
import pytest

from harness.taps.payload import digest
from harness.taps.puts import (
    Doubtful,
    Put,
    error_of,
    operation_of,
    plain,
    recognise,
    refused_for_good,
    refuses_for_good,
    rejected,
)

JSON, CBOR = "application/x-amz-json-1.1", "application/x-amz-cbor-1.1"
PAYLOADS = [b"first", b"\x00\xff", b""]


def put_records(encode: Any, **names: str) -> Any:
    return {**names, "Records": [{"Data": encode(each), "PartitionKey": "p"} for each in PAYLOADS]}


def text(payload: bytes) -> str:
    return base64.b64encode(payload).decode()


def batch_put_message(*names: str) -> bytes:
    messages = [{"messageId": name, "payload": text(name.encode() * 2)} for name in names]
    return json.dumps({"channelName": "channel", "messages": messages}).encode()


@pytest.mark.parametrize(
    ("method", "path", "headers", "operation"),
    [
        ("POST", "/", {"X-Amz-Target": "Kinesis_20131202.PutRecords"}, "PutRecords"),
        ("POST", "/service/Kinesis_20131202/operation/PutRecords", {}, "PutRecords"),
        ("POST", "/messages/batch?x=1", {}, "POST /messages/batch"),
        ("GET", "/bucket/key", {}, "GET /bucket/key"),
    ],
)
def test_an_operation_is_named_by_header_or_path(
    method: str, path: str, headers: dict[str, str], operation: str
) -> None:
    assert operation_of(method, path, headers) == operation


def test_records_in_json_are_recognised_with_what_was_sent() -> None:
    body = json.dumps(put_records(text, StreamName="stream")).encode()
    put = recognise("PutRecords", JSON, body)
    assert put == Put(operation="PutRecords", target="stream", payloads=PAYLOADS)
    assert put.fields() == {
        "target": "stream",
        "hashes": [hashlib.sha256(each).hexdigest()[:32] for each in PAYLOADS],
        "sizes": [5, 2, 0],
        "bytes": 7,
    }


def test_records_in_cbor_are_recognised() -> None:
    arn = "arn:aws:kinesis:us-east-1:000000000000:stream/stream"
    body = cbor2.dumps(put_records(bytes, StreamARN=arn))
    put = recognise("PutRecords", CBOR, body)
    assert put == Put(operation="PutRecords", target="stream", payloads=PAYLOADS)


def test_a_single_record_is_a_put() -> None:
    body = json.dumps({"StreamName": "stream", "Data": text(b"one"), "PartitionKey": "p"}).encode()
    put = recognise("PutRecord", JSON, body)
    assert put == Put(operation="PutRecord", target="stream", payloads=[b"one"])


def test_a_batch_of_messages_is_recognised_with_their_ids() -> None:
    put = recognise("POST /messages/batch", "application/json", batch_put_message("a", "b"))
    assert put is not None
    assert (put.target, put.payloads, put.message_ids) == ("channel", [b"aa", b"bb"], ["a", "b"])


def test_any_other_operation_is_no_put_and_is_not_decoded() -> None:
    assert recognise("GetRecords", JSON, b"\xff not to be read") is None


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"Records":[{}]}', b'{"Records":[{"Data":1}]}']
)
def test_a_put_that_cannot_be_decoded_is_an_error_and_not_another_operation(body: bytes) -> None:
    with pytest.raises(Exception):  # noqa: B017 - of whatever kind the decoders have
        recognise("PutRecords", JSON, body)


def records(*errors: str | None, failed: int | None = None) -> dict[str, Any]:
    results = [
        {"ErrorCode": error, "ErrorMessage": "no"} if error else {"SequenceNumber": "1"}
        for error in errors
    ]
    count = sum(map(bool, errors)) if failed is None else failed
    return {"FailedRecordCount": count, "Records": results}


PUT = Put(operation="PutRecords", target="stream", payloads=PAYLOADS)


def test_an_answer_without_errors_rejects_nothing() -> None:
    assert rejected(PUT, JSON, json.dumps(records(None, None, None)).encode()) == []


def test_a_partial_failure_names_the_places_in_either_protocol() -> None:
    answer = records("ProvisionedThroughputExceededException", None, "InternalFailure")
    assert rejected(PUT, JSON, json.dumps(answer).encode()) == [0, 2]
    assert rejected(PUT, CBOR, cbor2.dumps(answer)) == [0, 2]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (records(None), "3 records were sent, the answer has 1"),
        (records("x", None, None, failed=0), "FailedRecordCount is 0, yet 1 records have an error"),
        ({"Records": records(None, None, None)["Records"]}, "cannot be understood: KeyError"),
        ({}, "cannot be understood: KeyError"),
        ([], "cannot be understood: TypeError"),
    ],
)
def test_an_answer_that_does_not_speak_of_each_record_is_doubtful(answer: Any, reason: str) -> None:
    with pytest.raises(Doubtful) as doubt:
        rejected(PUT, JSON, json.dumps(answer).encode())
    assert reason in str(doubt.value)


def test_an_answer_that_was_cut_short_is_doubtful() -> None:
    whole = json.dumps(records(None, None, None)).encode()
    for end in range(len(whole)):
        with pytest.raises(Doubtful):
            rejected(PUT, JSON, whole[:end])


def batch(*names: str) -> Put:
    put = recognise("POST /messages/batch", "application/json", batch_put_message(*names))
    assert put is not None
    return put


def refusing(*names: str) -> bytes:
    entries = [{"messageId": name, "errorCode": "x", "errorMessage": "y"} for name in names]
    return json.dumps({"batchPutMessageErrorEntries": entries}).encode()


def test_refused_messages_are_found_by_their_ids() -> None:
    assert rejected(batch("a", "b", "c"), "application/json", refusing("c", "a")) == [0, 2]
    assert rejected(batch("a", "b", "c"), "application/json", refusing()) == []


def test_refused_ids_that_name_no_message_or_several_are_doubtful() -> None:
    for put, answer in (
        (batch("a", "b", "a"), refusing("a")),
        (batch("a", "b"), refusing("c")),
        (batch("a", "b"), b"{}"),
    ):
        with pytest.raises(Doubtful):
            rejected(put, "application/json", answer)


def test_a_single_record_is_kept_when_it_has_a_sequence_number() -> None:
    put = Put(operation="PutRecord", target="stream", payloads=[b"one"])
    assert rejected(put, JSON, b'{"SequenceNumber":"1"}') == []
    with pytest.raises(Doubtful):
        rejected(put, JSON, b"{}")


@pytest.mark.parametrize(
    ("headers", "answer", "error"),
    [
        (
            {},
            b'{"__type":"ResourceNotFoundException","message":"not there"}',
            "ResourceNotFoundException: not there",
        ),
        (
            {"x-amzn-errortype": "ThrottlingException"},
            b'{"Message":"slower"}',
            "ThrottlingException: slower",
        ),
        ({}, b"<html>Bad gateway</html>", "<html>Bad gateway</html>"),
        ({}, b"\xff\xfe", "\ufffd\ufffd"),
        ({}, b"[1]", "[1]"),
    ],
)
def test_an_error_is_told_as_far_as_it_can_be_understood(
    headers: dict[str, str], answer: bytes, error: str
) -> None:
    assert error_of(headers, JSON, answer) == error


def test_an_error_is_kept_short() -> None:
    assert len(error_of({"x-amzn-errortype": "e"}, JSON, b"x" * 10_000)) == 300


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"body", mtime=0)),
        ("deflate", zlib.compress(b"body")),
        ("identity", b"body"),
        ("gzip", b"body"),
        ("deflate", b"body"),
    ],
)
def test_a_body_is_read_as_it_was_before_compression(encoding: str, body: bytes) -> None:
    assert plain({"Content-Encoding": encoding}, body) == b"body"


def sitewise(*ids: str) -> bytes:
    stamp = {"timeInSeconds": 1_700_000_000}
    value = {"value": {"doubleValue": 1.5}, "timestamp": stamp}
    entries = [
        {"entryId": each, "propertyAlias": f"/{each}", "propertyValues": [value]} for each in ids
    ]
    return json.dumps({"entries": entries}).encode()


def test_values_of_properties_are_a_put_to_every_property() -> None:
    put = recognise("POST /properties", "application/json", sitewise("a", "b"))
    assert put is not None
    assert (put.target, put.message_ids) == ("*", ["a", "b"])
    entry = json.loads(sitewise("b"))["entries"][0]
    assert put.fields()["hashes"][1] == digest(json.dumps(entry, indent=1).encode())


def test_entries_that_are_refused_are_named() -> None:
    put = recognise("POST /properties", "application/json", sitewise("a", "b"))
    assert put is not None
    answer = {"errorEntries": [{"entryId": "b", "errors": [{"errorCode": "ThrottlingException"}]}]}
    assert rejected(put, JSON, json.dumps(answer).encode()) == [1]
    assert rejected(put, JSON, b'{"errorEntries": []}') == []
    with pytest.raises(Doubtful):
        rejected(put, JSON, b"{}")


def refusing_entries(**codes: str) -> bytes:
    """An answer that refuses entries, each with a code."""
    errors = [{"entryId": id_, "errors": [{"errorCode": code}]} for id_, code in codes.items()]
    return json.dumps({"errorEntries": errors}).encode()


def test_refusals_that_no_later_attempt_changes_are_final() -> None:
    put = recognise("POST /properties", "application/json", sitewise("a", "b", "c", "d"))
    assert put is not None
    answer = refusing_entries(
        b="TimestampOutOfRangeException", c="ThrottlingException", d="InvalidRequestException"
    )
    assert rejected(put, JSON, answer) == [1, 2, 3]
    assert refused_for_good(put, JSON, answer) == [1, 3]
    assert refused_for_good(put, JSON, b'{"errorEntries": [{"entryId": "a"}]}') == []
    assert (
        refused_for_good(put, JSON, b'{"errorEntries": [{"entryId": "a", "errors": ["x"]}]}') == []
    )
    assert refused_for_good(put, JSON, refusing_entries()) == []


def test_only_a_request_of_one_entry_is_refused_for_what_is_in_it() -> None:
    one, two = (
        recognise("POST /properties", "application/json", sitewise(*ids)) for ids in ("a", "ab")
    )
    assert one is not None and two is not None
    assert refuses_for_good(one, "InvalidRequestException: no such quality")
    assert not refuses_for_good(one, "ThrottlingException: Rate exceeded")
    assert not refuses_for_good(two, "InvalidRequestException: no such quality")
