import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from system.wire.definitions import (
    ExportDefinition,
    HTTPConfig,
    IoTSiteWiseConfig,
    KinesisConfig,
    MessageStreamDefinition,
)
from system.wire.fields import Fields, InvalidFields
from system.wire.messages import (
    AppendMessage,
    Connect,
    DeleteMessageStream,
    DescribeMessageStream,
    ExportStatus,
    ListStreams,
    Message,
    MessageStreamInfo,
    ReadMessages,
    Response,
    messages_to_maps,
    read_connect,
    read_request,
)
from system.wire.operations import Operation, StatusCode, StrategyOnFull
from system.wire.payloads import decode, encode

INT64, INT32 = 2**63 - 1, 2**31 - 1


def refused(operation, values):
    with pytest.raises(InvalidFields) as raised:
        read_request(operation, values)
    return raised.value.problems


# -- connect -----------------------------------------------------------------------------------


def test_a_connect_of_the_python_client():
    values = {
        "requestId": "r1",
        "protocolVersion": "1.1.0",
        "otherSupportedProtocolVersions": ["1.0.0"],
        "sdkVersion": "1.1.2",
    }

    assert read_connect(Fields(values)) == Connect(
        request_id="r1",
        protocol_version="1.1.0",
        other_supported_protocol_versions=("1.0.0",),
        sdk_version="1.1.2",
    )


def test_the_java_client_sends_an_empty_token():
    fields = Fields({"requestId": "r", "protocolVersion": "1.1.0", "authToken": ""})

    assert read_connect(fields).auth_token == "" and fields.problems == []


@pytest.mark.parametrize("others", ["1.0.0", [1], {"1.0.0": 1}])
def test_other_versions_are_a_list_of_texts(others):
    fields = Fields({"protocolVersion": "1.1.0", "otherSupportedProtocolVersions": others})

    assert read_connect(fields).other_supported_protocol_versions == ()
    assert fields.problems == ["otherSupportedProtocolVersions has to be a list of texts"]


def test_a_version_is_required():
    fields = Fields({"requestId": "r"})
    read_connect(fields)

    assert fields.problems == ["protocolVersion is missing"]


# -- requests ----------------------------------------------------------------------------------


def test_an_append_as_a_client_sends_it():
    payload = bytes.fromhex("a369726571756573744964627232646e616d656153677061796c6f616443616263")

    request = read_request(Operation.APPEND_MESSAGE, decode(payload))

    assert request == AppendMessage("r2", "S", b"abc")


@pytest.mark.parametrize("payload", [None, b"", "text", [1]])
def test_an_append_has_a_payload_of_at_least_one_byte(payload):
    values = {"requestId": "r", "name": "S", "payload": payload}

    assert refused(Operation.APPEND_MESSAGE, values) == (
        "payload has to be a byte string of at least one byte",
    )


def test_a_read_as_a_client_sends_it():
    payload = bytes.fromhex(
        "a3697265717565737449646272336a73747265616d4e616d656153737265"
        "61644d657373616765734f7074696f6e73a26f6d696e4d657373616765436f756e74"
        "01717265616454696d656f75744d696c6c697300"
    )

    request = read_request(Operation.READ_MESSAGES, decode(payload))

    assert request == ReadMessages(request_id="r3", stream_name="S")


@pytest.mark.parametrize(
    ("options", "least", "most"),
    [
        (None, 1, 1),
        ({}, 1, 1),
        ({"minMessageCount": 100}, 100, 100),
        ({"maxMessageCount": 5}, 1, 5),
        ({"minMessageCount": 2, "maxMessageCount": 2}, 2, 2),
    ],
    ids=["no options", "empty", "a minimum alone", "a maximum alone", "equal"],
)
def test_how_many_messages_a_read_wants(options, least, most):
    values = {"requestId": "r", "streamName": "S", "readMessagesOptions": options}
    request = read_request(Operation.READ_MESSAGES, values)

    assert (request.min_message_count, request.max_message_count) == (least, most)


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [
        ("desiredStartSequenceNumber", 0, INT64),
        ("minMessageCount", 1, INT32),
        ("maxMessageCount", 1, INT32),
        ("readTimeoutMillis", 0, 9_223_372_036_854),
    ],
)
def test_the_bounds_of_a_read(field, low, high):
    def values(value):
        return {"requestId": "r", "streamName": "S", "readMessagesOptions": {field: value}}

    for value in (low, high):
        read_request(Operation.READ_MESSAGES, values(value))
    for value in (low - 1, high + 1):
        (problem,) = refused(Operation.READ_MESSAGES, values(value))
        assert problem == (
            f"readMessagesOptions.{field} has to be between {low} and {high}, not {value}"
        )


def test_a_read_wants_no_more_at_least_than_at_most():
    options = {"minMessageCount": 3, "maxMessageCount": 2}
    values = {"requestId": "r", "streamName": "S", "readMessagesOptions": options}

    assert refused(Operation.READ_MESSAGES, values) == (
        "readMessagesOptions.maxMessageCount (2) is less than minMessageCount (3)",
    )


def test_a_read_names_its_stream_otherwise_than_the_rest():
    assert refused(Operation.READ_MESSAGES, {"requestId": "r", "name": "S"}) == (
        "streamName is missing",
    )


@pytest.mark.parametrize(
    ("operation", "request_type"),
    [
        (Operation.DELETE_MESSAGE_STREAM, DeleteMessageStream),
        (Operation.DESCRIBE_MESSAGE_STREAM, DescribeMessageStream),
    ],
)
def test_delete_and_describe_name_a_stream(operation, request_type):
    found = read_request(operation, {"requestId": " ", "name": ".."})

    assert found == request_type(request_id=" ", name="..")
    assert refused(operation, {"requestId": "r", "name": "a/b"})


def test_list_needs_nothing():
    assert read_request(Operation.LIST_STREAMS, {"requestId": " "}) == ListStreams(request_id=" ")


@pytest.mark.parametrize(
    "operation", [Operation.CREATE_MESSAGE_STREAM, Operation.UPDATE_MESSAGE_STREAM]
)
def test_create_and_update_carry_a_definition(operation):
    definition = {"name": "S", "strategyOnFull": 0}

    request = read_request(operation, {"requestId": "r", "definition": definition})

    assert request.definition == MessageStreamDefinition(
        name="S", strategy_on_full=StrategyOnFull.REJECT_NEW_DATA
    )
    assert refused(operation, {"requestId": "r"}) == ("definition is missing",)
    assert refused(operation, {"requestId": "r", "definition": {}}) == (
        "definition.strategyOnFull is missing",
        "definition.name is missing",
    )
    assert "definition has to be a map, not int" in refused(operation, {"definition": 7})


@pytest.mark.parametrize("operation", [Operation.CONNECT, Operation.APPEND_MESSAGE_RESPONSE])
def test_what_is_no_request_has_no_reader(operation):
    with pytest.raises(KeyError):
        read_request(operation, {})


def test_unknown_fields_of_a_request_are_ignored():
    assert read_request(Operation.LIST_STREAMS, {"requestId": "r", "new": 1}).request_id == "r"


# -- answers -----------------------------------------------------------------------------------


def test_an_answer_carries_its_id_status_and_text():
    answer = Response(
        request_id="r2", operation=Operation.APPEND_MESSAGE, values={"sequenceNumber": 0}
    )

    assert encode(answer.to_map()) == bytes.fromhex(
        "a469726571756573744964627232667374617475730"
        "06c6572726f724d657373616765606e73657175656e63654e756d62657200"
    )


def test_a_failure_carries_a_plain_number():
    answer = Response(
        request_id="r",
        operation=Operation.READ_MESSAGES,
        status=StatusCode.NOT_ENOUGH_MESSAGES,
        error_message="not yet",
    ).to_map()

    assert answer == {"requestId": "r", "status": 13, "errorMessage": "not yet"}
    assert type(answer["status"]) is int


def test_messages_travel_with_their_stream_number_and_time():
    assert messages_to_maps([Message("S", 0, 1_600_000_000_000, b"abc")]) == [
        {
            "streamName": "S",
            "sequenceNumber": 0,
            "ingestTime": 1_600_000_000_000,
            "payload": b"abc",
        }
    ]


def info(**fields):
    exports = ExportDefinition(
        kinesis=(
            KinesisConfig(
                identifier="k", kinesis_stream_name="s", start_sequence_number=3, disabled=True
            ),
        ),
        http=(HTTPConfig(identifier="h", uri="u"),),
        iot_sitewise=(IoTSiteWiseConfig(identifier="w"),),
    )
    definition = MessageStreamDefinition(
        name="S", strategy_on_full=StrategyOnFull.REJECT_NEW_DATA, export_definition=exports
    )
    return MessageStreamInfo(
        definition=definition,
        oldest_sequence_number=0,
        newest_sequence_number=-1,
        total_bytes=0,
        **fields,
    )


def test_describe_tells_definition_storage_and_exporters():
    values = info(export_statuses=(ExportStatus(identifier="k"),)).to_map("1.1.0")

    assert values["storageStatus"] == {
        "oldestSequenceNumber": 0,
        "newestSequenceNumber": -1,
        "totalBytes": 0,
    }
    assert values["definition"]["exportDefinition"]["kinesis"] == [
        {
            "identifier": "k",
            "kinesisStreamName": "s",
            "startSequenceNumber": 3,
            "disabled": True,
        }
    ]
    assert values["exportStatuses"] == [
        {
            "exportConfigIdentifier": "k",
            "lastExportedSequenceNumber": -1,
            "errorMessage": "",
            "exportedBytesFromStream": 0,
            "exportedMessagesCount": 0,
        }
    ]


def test_the_time_of_an_export_is_told_once_there_was_one():
    assert (
        ExportStatus(identifier="k", last_export_time_ms=7).to_map("1.1.0")["lastExportTime"] == 7
    )


def test_protocol_1_0_0_is_told_nothing_that_it_does_not_know():
    values = info(export_statuses=(ExportStatus(identifier="k"),)).to_map("1.0.0")

    assert values["definition"]["exportDefinition"] == {
        "http": [{"identifier": "h", "uri": "u"}],
        "iotAnalytics": [],
        "kinesis": [{"identifier": "k", "kinesisStreamName": "s"}],
    }
    assert set(values["exportStatuses"][0]) == {
        "exportConfigIdentifier",
        "lastExportedSequenceNumber",
        "errorMessage",
    }


ODD = st.none() | st.integers() | st.lists(st.just("S")) | st.text(max_size=3)
NAMES = (
    st.from_regex(r"[A-Za-z0-9_ ,.\-]{0,3}", fullmatch=True)
    | st.just("n" * 255)
    | st.just("n" * 256)
)


@given(name=NAMES | ODD | st.just("S\n"), payload=st.binary(max_size=2) | ODD)
def test_an_append_is_taken_exactly_when_nothing_is_wrong_with_it(name, payload):
    sound_name = isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_ ,.\-]{1,255}", name)
    values = {"requestId": "r", "name": name, "payload": payload}
    if sound_name and isinstance(payload, bytes) and payload:
        assert read_request(Operation.APPEND_MESSAGE, values) == AppendMessage("r", name, payload)
    else:
        assert refused(Operation.APPEND_MESSAGE, values)
