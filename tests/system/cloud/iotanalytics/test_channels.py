"""Channels: what is accepted is durable and readable from outside before the answer."""

import base64
import json

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.localstack

ROLE = "arn:aws:iam::000000000000:role/greengrass"


def message(name, payload=b'{"a":1}'):
    return {"messageId": name, "payload": payload}


def error(raised):
    answer = raised.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture
def s3(connect):
    return connect("s3")


@pytest.fixture
def bucket(s3, named):
    name = f"channel-storage-{abs(hash(named))}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def channel(analytics, named, bucket):
    storage = {"customerManagedS3": {"bucket": bucket, "roleArn": ROLE}}
    analytics.create_channel(channelName=named, channelStorage=storage)
    yield named
    analytics.delete_channel(channelName=named)


def stored(s3, bucket, prefix=""):
    keys = [
        found["Key"]
        for found in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    ]
    bodies = [s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys]
    return keys, [[json.loads(line) for line in body.splitlines()] for body in bodies]  # fmt: skip


def test_each_batch_is_one_object_in_the_order_of_arrival(analytics, s3, bucket, channel):
    payloads = [[b"\x00\xff", b"{}"], [b"third"]]
    for batch in payloads:
        answer = analytics.batch_put_message(
            channelName=channel, messages=[message(str(n), each) for n, each in enumerate(batch)]
        )
        assert answer["batchPutMessageErrorEntries"] == []
    keys, batches = stored(s3, bucket)
    assert keys == [f"channel/{channel}/{n:020d}.jsonl" for n in (1, 2)]
    assert [[base64.b64decode(line["payload"]) for line in batch] for batch in batches] == payloads
    assert [line["messageId"] for line in batches[0]] == ["0", "1"]
    assert batches[0][0]["receivedAt"] <= batches[1][0]["receivedAt"]


def test_bad_messages_are_named_and_the_others_stored(analytics, s3, bucket, channel):
    messages = [
        message("good"),
        message("good"),
        message("empty", b""),
        message("large", b"x" * (128 * 1024 + 1)),
        message("ä"),
        message("also good", b"x" * 128 * 1024),
    ]
    answer = analytics.batch_put_message(channelName=channel, messages=messages)
    assert [
        (each["messageId"], each["errorCode"]) for each in answer["batchPutMessageErrorEntries"]
    ] == [
        ("good", "DuplicateMessageId"),
        ("empty", "InvalidPayload"),
        ("large", "PayloadTooLarge"),
        ("ä", "InvalidMessageId"),
    ]
    _, (batch,) = stored(s3, bucket)
    assert [line["messageId"] for line in batch] == ["good", "also good"]


@pytest.mark.parametrize("count", [0, 101])
def test_a_batch_has_1_to_100_messages(analytics, channel, count):
    with pytest.raises(ClientError, match="100") as raised:
        analytics.batch_put_message(
            channelName=channel, messages=[message(str(n)) for n in range(count)]
        )
    assert error(raised) == ("InvalidRequestException", 400)


def test_a_channel_that_is_not_there_takes_nothing(analytics):
    with pytest.raises(ClientError) as raised:
        analytics.batch_put_message(channelName="nowhere", messages=[message("1")])
    assert error(raised) == ("ResourceNotFoundException", 404)


def test_a_name_is_given_once(analytics, channel):
    with pytest.raises(ClientError) as raised:
        analytics.create_channel(channelName=channel)
    assert error(raised) == ("ResourceAlreadyExistsException", 409)
    assert raised.value.response["resourceId"] == channel
    assert raised.value.response["resourceArn"].endswith(f":channel/{channel}")


def test_a_channel_reads_back_with_its_size(analytics, bucket, channel):
    analytics.batch_put_message(channelName=channel, messages=[message("1", b"12345")])
    described = analytics.describe_channel(channelName=channel, includeStatistics=True)
    assert described["channel"]["storage"]["customerManagedS3"]["bucket"] == bucket
    assert described["channel"]["status"] == "ACTIVE"
    assert described["channel"]["retentionPeriod"] == {"unlimited": True}
    assert described["statistics"]["size"]["estimatedSizeInBytes"] == 5
    listed = {each["channelName"]: each for each in analytics.list_channels()["channelSummaries"]}
    assert (
        listed[channel]["lastMessageArrivalTime"] == described["channel"]["lastMessageArrivalTime"]
    )


def test_the_newest_messages_can_be_sampled(analytics, channel):
    for n in range(12):
        analytics.batch_put_message(channelName=channel, messages=[message("1", b"%d" % n)])
    assert analytics.sample_channel_data(channelName=channel)["payloads"] == [
        b"%d" % n for n in range(11, 1, -1)
    ]
    assert analytics.sample_channel_data(channelName=channel, maxMessages=2)["payloads"] == [
        b"11",
        b"10",
    ]


def test_a_channel_made_again_over_the_same_bucket_goes_on_counting(analytics, s3, bucket, named):
    storage = {"customerManagedS3": {"bucket": bucket, "keyPrefix": "a/", "roleArn": ROLE}}
    for payload in (b"1", b"2"):
        analytics.create_channel(channelName=named, channelStorage=storage)
        analytics.batch_put_message(channelName=named, messages=[message("1", payload)])
        analytics.delete_channel(channelName=named)
    keys, _ = stored(s3, bucket)
    assert keys == [f"a/channel/{named}/{n:020d}.jsonl" for n in (1, 2)]


def test_what_the_service_manages_is_in_a_bucket_of_its_own(analytics, s3, connect):
    analytics.create_channel(channelName="plain1")
    analytics.batch_put_message(channelName="plain1", messages=[message("1", b"kept")])
    bucket = "aws-iotanalytics-000000000000-us-east-1-plain1"
    _, ((line,),) = stored(s3, bucket)
    assert base64.b64decode(line["payload"]) == b"kept"
    assert bucket not in {each["Name"] for each in s3.list_buckets()["Buckets"]}
    analytics.delete_channel(channelName="plain1")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.list_objects_v2(Bucket=bucket)


def test_a_bucket_that_is_not_there_is_refused(analytics):
    storage = {"customerManagedS3": {"bucket": "no-such-bucket", "roleArn": ROLE}}
    with pytest.raises(ClientError, match="no-such-bucket") as raised:
        analytics.create_channel(channelName="homeless", channelStorage=storage)
    assert error(raised) == ("InvalidRequestException", 400)


def test_one_channel_too_many_is_refused(connect):
    elsewhere = connect("iotanalytics", "eu-central-1")
    for n in range(50):
        elsewhere.create_channel(channelName=f"c{n}")
    with pytest.raises(ClientError) as raised:
        elsewhere.create_channel(channelName="c50")
    assert error(raised) == ("LimitExceededException", 410)


def test_a_name_that_the_model_forbids_is_refused(analytics):
    with pytest.raises(ClientError, match="must match") as raised:
        analytics.create_channel(channelName="__reserved")
    assert error(raised) == ("InvalidRequestException", 400)


def test_tags_can_be_changed(analytics, channel):
    arn = analytics.describe_channel(channelName=channel)["channel"]["arn"]
    analytics.tag_resource(
        resourceArn=arn, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    )
    analytics.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert analytics.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": "2"}]
