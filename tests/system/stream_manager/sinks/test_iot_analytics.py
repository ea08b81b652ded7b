import base64
import json
import uuid

import pytest

from system.stream_manager.export.batch import Delivered, Failed
from system.stream_manager.sinks.iot_analytics import message_id
from system.stream_manager.sinks.service import Timeouts
from system.wire.definitions import IoTAnalyticsConfig
from system.wire.messages import Message

from .conftest import answer, batch, cut_short, error, messages, raw, reset, silence

CONFIG = IoTAnalyticsConfig(identifier="a", iot_channel="aggregates", iot_msg_id_prefix="edge-")


def ids(body):
    return [each["messageId"] for each in json.loads(body)["messages"]]


def entries(**codes):
    """The answer that refuses messages by their index: `_1="Code"`."""

    def act(request, body):
        sent = ids(body)
        refused = [
            {"messageId": sent[int(index[1:])], "errorCode": code, "errorMessage": "because"}
            for index, code in codes.items()
        ]
        answer({"batchPutMessageErrorEntries": refused})(request, body)

    return act


# -- on LocalStack -----------------------------------------------------------------------------


@pytest.fixture
def cloud_sinks(sinks_at, localstack):
    return sinks_at(localstack.endpoint, timeouts=Timeouts())


@pytest.fixture
def channel(connect):
    """A channel over a bucket, and its messages when called."""
    analytics, s3 = connect("iotanalytics"), connect("s3")
    name = f"sink_{uuid.uuid4().hex}"
    bucket = name.replace("_", "-")
    s3.create_bucket(Bucket=bucket)
    storage = {"bucket": bucket, "roleArn": "arn:aws:iam::000000000000:role/r"}
    analytics.create_channel(channelName=name, channelStorage={"customerManagedS3": storage})

    def read():
        found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        bodies = [s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read() for each in found]
        return [json.loads(line) for body in bodies for line in body.splitlines()]

    yield name, read
    analytics.delete_channel(channelName=name)


@pytest.mark.localstack
def test_each_message_arrives_unchanged_and_under_the_same_id_at_each_attempt(cloud_sinks, channel):
    name, read = channel
    config = IoTAnalyticsConfig(identifier="a", iot_channel=name, iot_msg_id_prefix="edge-")
    sent = [b"\x00\xff", b'{"a": 1}']

    for _ in range(2):
        assert cloud_sinks.send(batch(config, *sent)) == Delivered()

    assert [base64.b64decode(each["payload"]) for each in read()] == sent * 2
    found = [each["messageId"] for each in read()]
    assert found[:2] == found[2:] and len(set(found)) == 2
    assert all(each.startswith("edge-") for each in found)


@pytest.mark.localstack
def test_a_payload_that_the_service_never_takes_is_skipped(cloud_sinks, channel):
    name, read = channel
    config = IoTAnalyticsConfig(identifier="a", iot_channel=name)

    result = cloud_sinks.send(batch(config, b"a", b"x" * (128 * 1024 + 1), b"c"))

    assert (result.refused, [index for index, _ in result.skipped]) == ((), [1])
    assert "PayloadTooLarge" in result.skipped[0][1]
    assert [base64.b64decode(each["payload"]) for each in read()] == [b"a", b"c"]


@pytest.mark.localstack
def test_a_channel_that_is_not_there_is_no_fault_of_the_link(cloud_sinks):
    result = cloud_sinks.send(batch(CONFIG, b"x"))

    assert isinstance(result, Failed) and not result.transport and not result.doubtful
    assert "ResourceNotFoundException" in result.reason


# -- what the destination says --------------------------------------------------------------------


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalFailure", "NeverHeardOf", ""])
def test_messages_that_were_refused_for_now_are_named(sinks, destination, code):
    destination.script = [entries(_2=code, _0=code)]

    assert sinks.send(batch(CONFIG, b"a", b"b", b"c")) == Delivered(
        refused=(0, 2), reason=f"2 of 3 messages were refused: {code}: because"
    )


def test_refused_and_skipped_may_stand_in_one_answer(sinks, destination):
    destination.script = [entries(_1="InvalidPayload", _0="ThrottlingException")]

    assert sinks.send(batch(CONFIG, b"a", b"b", b"c")) == Delivered(
        refused=(0,),
        skipped=((1, "InvalidPayload: because"),),
        reason="1 of 3 messages were refused: ThrottlingException: because",
    )


@pytest.mark.parametrize(
    ("act", "transport", "doubtful"),
    [
        (error("ThrottlingException", status=429), False, False),
        (error("InvalidRequestException"), False, False),
        (error("InternalFailureException", status=500), False, True),
        (reset, True, False),
        (silence, True, True),
        (cut_short, False, True),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Le"), False, True),
        (answer({}), False, True),
        (answer({"batchPutMessageErrorEntries": [{"messageId": "x"}]}), False, True),
        (answer({"batchPutMessageErrorEntries": [{"errorCode": "x"}]}), False, True),
    ],
    ids=[
        "throttled",
        "invalid",
        "broken",
        "reset",
        "silent",
        "cut in the body",
        "cut in the headers",
        "no list",
        "an unknown id",
        "no id",
    ],
)
def test_a_failure_tells_whose_fault_it_was(impatient, destination, act, transport, doubtful):
    destination.script = [act]

    result = impatient.send(batch(CONFIG, b"a"))

    assert isinstance(result, Failed)
    assert (result.transport, result.doubtful) == (transport, doubtful)
    assert result.reason
    assert len(destination.bodies) == 1


# -- ids -----------------------------------------------------------------------------------------


def test_no_two_messages_share_an_id():
    all_messages = [
        *messages(b"a", b"a"),
        *messages(b"a", stream="T"),
        Message("S", 0, 1_700_000_000_001, b"of a stream that was deleted and created again"),
    ]

    assert len({message_id("", each) for each in all_messages}) == 4


def test_an_id_is_short_and_ascii_whatever_the_stream_is_called():
    longest = Message("s" * 255, (1 << 63) - 1, 1 << 62, b"a")

    assert len(message_id("p" * 32, longest)) <= 128
    assert message_id("", longest).isascii()


def test_without_a_prefix_there_is_none(sinks, destination):
    destination.script = [entries()]
    config = IoTAnalyticsConfig(identifier="a", iot_channel="aggregates")

    assert sinks.send(batch(config, b"a", first=7)) == Delivered()

    assert ids(destination.bodies[0])[0].endswith("-7")
    assert not ids(destination.bodies[0])[0].startswith("None")
