"""The cloud reader on LocalStack, and on scripted destinations that are not yet or no more what they were."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from harness.taps.destinations import (
    CloudAccess,
    Held,
    KinesisStream,
    Position,
    Unreadable,
)
from harness.taps.payload import describe
from harness.taps.reader import DestinationReader, ReadResult, open_reader, read_destination
from harness.taps.record import Record
from harness.taps.tail import Tail
from system.aws.clients import Cloud

from .conftest import closed_port

DEADLINE_S = 60.0
READING = b'{"sensor":"sensor-1","ordinal":7}'


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    writing = Record(tmp_path / "reader.jsonl", witness="cloud-reader", origin_ns=0)
    yield writing
    writing.close()


@pytest.fixture
def lines(tmp_path: Path) -> Callable[[str], list[dict[str, Any]]]:
    """The lines of a kind, so far."""

    def of_kind(kind: str) -> list[dict[str, Any]]:
        written = Tail(tmp_path / "reader.jsonl").lines()
        return [line for line in written if line["kind"] == kind]

    return of_kind


Lines = Callable[[str], list[dict[str, Any]]]


def digest(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()[:32]


# -- Kinesis ---------------------------------------------------------------------------------------


@pytest.fixture
def kinesis(localstack: Any) -> Any:
    return Cloud(localstack.endpoint, "us-east-1").client("kinesis")


@pytest.fixture
def make_stream(kinesis: Any) -> Iterator[Callable[..., None]]:
    made = set()

    def make(name: str, shards: int = 1) -> None:
        kinesis.create_stream(StreamName=name, ShardCount=shards)
        waiter = kinesis.get_waiter("stream_exists")
        waiter.wait(StreamName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        made.add(name)

    yield make
    for name in made:
        kinesis.delete_stream(StreamName=name)


def put(kinesis: Any, stream: str, payloads: list[bytes]) -> None:
    records = [{"Data": each, "PartitionKey": str(n)} for n, each in enumerate(payloads)]
    assert kinesis.put_records(StreamName=stream, Records=records)["FailedRecordCount"] == 0


@pytest.mark.localstack
def test_every_record_of_every_shard_is_written_down_once(
    localstack: Any, kinesis: Any, make_stream: Any, record: Record, lines: Lines
) -> None:
    make_stream("reader_shards", 3)
    begun_ms = time.time() * 1000
    for batch in range(3):
        put(kinesis, "reader_shards", [b"%d/%d" % (batch, n) for n in range(400)])
    put(kinesis, "reader_shards", [READING, READING])

    result = read_destination(
        localstack.endpoint, "kinesis", "reader_shards", record, deadline_s=DEADLINE_S
    )
    assert result == ReadResult(
        service="kinesis", target="reader_shards", records=1202, passes=2, agreed=True
    )
    held = lines("record")
    sent = [b"%d/%d" % (batch, n) for batch in range(3) for n in range(400)] + [READING] * 2
    assert sorted(line["hash"] for line in held) == sorted(map(digest, sent))
    assert len({line["place"] for line in held}) == 1202
    assert [line["index"] for line in held] == list(range(1202))
    shards = [line["place"].split("/") for line in held]
    assert len({shard for shard, _ in shards}) == 3
    assert [(shard, int(number)) for shard, number in shards] == sorted(
        (shard, int(number)) for shard, number in shards
    )
    assert all(begun_ms - 1000 < line["arrived_ms"] < time.time() * 1000 + 1 for line in held)
    assert [line["reading"] for line in held if "reading" in line] == ["sensor-1/7"] * 2
    (ended,) = lines("pass")
    assert {
        key: ended[key] for key in ("witness", "type", "id", "records", "passes", "agreed")
    } == {
        "witness": "cloud-reader",
        "type": "ok",
        "id": "kinesis/reader_shards",
        "records": 1202,
        "passes": 2,
        "agreed": True,
    }


@pytest.mark.localstack
def test_a_poll_writes_what_is_new_and_the_last_passes_nothing_twice(
    localstack: Any, kinesis: Any, make_stream: Any, record: Record, lines: Lines
) -> None:
    make_stream("reader_polls")
    reader = open_reader(localstack.endpoint, "kinesis", "reader_polls", record)
    assert reader.poll() == 0
    for number in range(3):
        put(kinesis, "reader_polls", [b"%d/a" % number, b"%d/b" % number])
        assert reader.poll() == 2
    assert reader.poll() == 0
    put(kinesis, "reader_polls", [b"last"])
    assert reader.finish(DEADLINE_S).records == 7
    expected = [b"0/a", b"0/b", b"1/a", b"1/b", b"2/a", b"2/b", b"last"]
    assert [line["hash"] for line in lines("record")] == list(map(digest, expected))


@pytest.mark.localstack
def test_a_destination_that_is_gone_does_not_take_what_was_read(
    localstack: Any, kinesis: Any, make_stream: Any, record: Record, lines: Lines
) -> None:
    make_stream("reader_gone")
    reader = open_reader(localstack.endpoint, "kinesis", "reader_gone", record)
    put(kinesis, "reader_gone", [b"a", b"b"])
    assert reader.poll() == 2
    kinesis.delete_stream(StreamName="reader_gone")
    kinesis.get_waiter("stream_not_exists").wait(
        StreamName="reader_gone", WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    assert reader.poll() == 0
    result = reader.finish(0.5)
    assert (result.agreed, result.records) == (False, 0)
    assert "ResourceNotFoundException" in result.reason
    make_stream("reader_gone")
    result = reader.finish(DEADLINE_S)
    assert (result.agreed, result.records, result.vanished) == (True, 0, 2)
    assert [line["hash"] for line in lines("record")] == [digest(b"a"), digest(b"b")]
    assert [line["type"] for line in lines("pass")] == ["failed", "ok"]


SHARD = {
    "ShardId": "shard",
    "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": "1"},
    "SequenceNumberRange": {"StartingSequenceNumber": "0"},
}


def get_records_answer(step: int, payload: bytes, behind_ms: int) -> dict[str, Any]:
    record = {
        "SequenceNumber": str(step),
        "Data": payload,
        "PartitionKey": "p",
        "ApproximateArrivalTimestamp": datetime.fromtimestamp(1_795_600_000, UTC),
    }
    return {
        "Records": [record] if payload else [],
        "MillisBehindLatest": behind_ms,
        "NextShardIterator": str(step + 1),
    }


def test_an_empty_answer_in_the_midst_of_a_shard_proves_nothing() -> None:
    client: Any = boto3.Session().client(
        "kinesis", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    answers = [(b"a", 9), (b"", 9), (b"", 9), (b"b", 0), (b"", 0), (b"c", 0), (b"", 0), (b"", 0)]
    with Stubber(client) as stub:
        stub.add_response("list_shards", {"Shards": [SHARD]})
        stub.add_response("get_shard_iterator", {"ShardIterator": "0"})
        for step, (payload, behind_ms) in enumerate(answers):
            answer = get_records_answer(step, payload, behind_ms)
            stub.add_response("get_records", answer, {"ShardIterator": str(step)})
        position: Position = {}
        held = list(KinesisStream(client, "stream").read(position))
        stub.assert_no_pending_responses()
    assert [each.told["hash"] for each in held] == [digest(b"a"), digest(b"b"), digest(b"c")]
    assert position == {"shard": "5"}


# -- IoT Analytics ---------------------------------------------------------------------------------


@pytest.fixture
def analytics(localstack: Any) -> Any:
    return Cloud(localstack.endpoint, "us-east-1").client("iotanalytics")


@pytest.fixture
def make_channel(analytics: Any) -> Iterator[Callable[..., None]]:
    made = set()

    def make(name: str, **storage: Any) -> None:
        analytics.create_channel(channelName=name, **storage)
        made.add(name)

    yield make
    for name in made:
        analytics.delete_channel(channelName=name)


def batch_put(analytics: Any, channel: str, payloads: list[bytes]) -> None:
    messages = [{"messageId": str(n), "payload": each} for n, each in enumerate(payloads)]
    answer = analytics.batch_put_message(channelName=channel, messages=messages)
    assert answer["batchPutMessageErrorEntries"] == []


@pytest.mark.localstack
@pytest.mark.parametrize("channel", ["reader_Channel", "reader" * 20, "reader"])
def test_a_channel_is_read_batch_by_batch_whatever_its_name(
    localstack: Any,
    analytics: Any,
    make_channel: Any,
    record: Record,
    lines: Lines,
    channel: str,
) -> None:
    make_channel(channel)
    sent = [[READING, b"\x00\xff"], [b"same"], [b"same"]]
    for batch in sent:
        batch_put(analytics, channel, batch)
    result = read_destination(
        localstack.endpoint, "iotanalytics", channel, record, deadline_s=DEADLINE_S
    )
    assert (result.records, result.passes, result.agreed) == (4, 2, True)
    held = lines("record")
    assert [line["hash"] for line in held] == [digest(each) for batch in sent for each in batch]
    assert [line["place"] for line in held] == [
        f"channel/{channel}/{batch:020d}.jsonl#{n}" for batch, n in ((1, 0), (1, 1), (2, 0), (3, 0))
    ]
    assert [line["index"] for line in held] == [0, 1, 2, 3]
    assert (held[0]["size"], held[0]["reading"]) == (len(READING), "sensor-1/7")
    assert abs(held[0]["arrived_ms"] - time.time() * 1000) < 60_000


@pytest.mark.localstack
def test_a_customers_bucket_is_read_and_an_object_that_is_no_batch_is_named(
    localstack: Any, analytics: Any, make_channel: Any, record: Record, lines: Lines
) -> None:
    s3 = Cloud(localstack.endpoint, "us-east-1").client("s3")
    s3.create_bucket(Bucket="reader-storage")
    role = "arn:aws:iam::000000000000:role/greengrass"
    storage = {"bucket": "reader-storage", "keyPrefix": "kept/", "roleArn": role}
    make_channel("reader_customer", channelStorage={"customerManagedS3": storage})
    reader = open_reader(localstack.endpoint, "iotanalytics", "reader_customer", record)
    batch_put(analytics, "reader_customer", [b"a"])
    assert reader.poll() == 1
    batch_put(analytics, "reader_customer", [b"b", b"c"])
    assert reader.poll() == 2
    assert reader.finish(DEADLINE_S).records == 3
    assert lines("record")[0]["place"].startswith("kept/channel/reader_customer/")

    bad = f"kept/channel/reader_customer/{9:020d}.jsonl"
    s3.put_object(Bucket="reader-storage", Key=bad, Body=b'{"payload":"no"}')
    result = reader.finish(0.3)
    assert not result.agreed
    assert result.reason.startswith(f"{bad} is no batch of messages")


@pytest.mark.localstack
def test_an_empty_channel_is_known_to_be_empty_and_a_missing_one_is_not(
    localstack: Any, make_channel: Any, record: Record, lines: Lines
) -> None:
    make_channel("reader_empty")
    empty, missing = (
        read_destination(localstack.endpoint, "iotanalytics", name, record, deadline_s=seconds)
        for name, seconds in (("reader_empty", DEADLINE_S), ("reader_missing", 0.3))
    )
    assert (empty.agreed, empty.records, empty.passes) == (True, 0, 2)
    assert (missing.agreed, missing.passes) == (False, 0)
    assert missing.reason.startswith("channel reader_missing: 404 ")
    assert [(line["id"], line["type"]) for line in lines("pass")] == [
        ("iotanalytics/reader_empty", "ok"),
        ("iotanalytics/reader_missing", "failed"),
    ]


# -- scripted destinations -------------------------------------------------------------------------


def held(number: int) -> Held:
    return Held(place=f"p/{number}", told=describe(b"%d" % number), arrived_ms=number)


class Scripted:
    """A destination that holds so many messages in each pass, the last number for ever."""

    def __init__(self, *counts: int) -> None:
        self.counts = list(counts)

    def read(self, position: Position) -> Iterator[Held]:
        count = self.counts.pop(0) if len(self.counts) > 1 else self.counts[0]
        if count < 0:
            raise Unreadable("not now")
        yield from map(held, range(count))


def reader_of(source: Any, record: Record) -> DestinationReader:
    return DestinationReader(source, record, service="kinesis", target="stream")


@pytest.mark.parametrize(
    ("counts", "passes", "records"),
    [([2], 2, 2), ([0, 1, 2, 3], 5, 3), ([3, 2], 3, 2), ([2, -1, 2], 3, 2), ([-1, 1], 2, 1)],
)
def test_passes_go_on_until_two_in_a_row_agree(
    record: Record, counts: list[int], passes: int, records: int
) -> None:
    result = reader_of(Scripted(*counts), record).finish(DEADLINE_S)
    assert (result.agreed, result.passes, result.records) == (True, passes, records)


class Wavering:
    """Holds one message, then two, then one."""

    def __init__(self) -> None:
        self.count = 0

    def read(self, position: Position) -> Iterator[Held]:
        self.count = 2 if self.count == 1 else 1
        yield from map(held, range(self.count))


class Endless:
    """Holds more than anybody can read."""

    def read(self, position: Position) -> Iterator[Held]:
        number = 0
        while True:
            yield held(number := number + 1)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (Wavering(), "messages and the next one "),
        (Endless(), "a pass was not complete after "),
        (Scripted(-1), "not now"),
    ],
)
def test_what_never_agrees_is_given_up_with_its_reason(
    record: Record, lines: Lines, source: Any, reason: str
) -> None:
    result = reader_of(source, record).finish(0.3)
    assert not result.agreed
    assert reason in result.reason
    (ended,) = lines("pass")
    assert (ended["type"], ended["agreed"]) == ("failed", False)
    assert ended["reason"] == result.reason


@pytest.mark.parametrize("service", ["kinesis", "iotanalytics"])
def test_a_cloud_that_is_not_there_gives_a_reason(record: Record, service: str) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    reader = open_reader(url, service, "target", record)
    assert reader.poll() == 0
    result = reader.finish(0)
    assert not result.agreed
    assert url.partition("//")[2].partition(":")[2] in result.reason


def test_a_service_that_nobody_can_read_is_refused(record: Record) -> None:
    with pytest.raises(ValueError, match="what s3 holds cannot be read"):
        open_reader("http://127.0.0.1:1", "s3", "bucket", record)


def test_the_cloud_is_asked_past_any_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    client = CloudAccess("http://127.0.0.1:4566").client("s3")
    assert client.meta.config.proxies == {}


# -- IoT SiteWise ----------------------------------------------------------------------------------


def sitewise_entry(moment: int, *numbers: float) -> dict[str, Any]:
    values = [
        {
            "value": {"doubleValue": number},
            "timestamp": {"timeInSeconds": moment, "offsetInNanos": place},
        }
        for place, number in enumerate(numbers)
    ]
    return {"entryId": f"{moment}", "propertyAlias": "/reader/v", "propertyValues": values}


@pytest.mark.localstack
def test_values_of_properties_are_read_by_what_their_messages_are_known_by(
    localstack: Any, record: Record, lines: Lines
) -> None:
    client = Cloud(localstack.endpoint, "us-east-1").client("iotsitewise")
    now = int(time.time())
    entries = [sitewise_entry(now + second, 0.5 * second) for second in range(3)]
    client.batch_put_asset_property_value(entries=entries)
    # Again, as after a cut on the way of the answer: nothing is there twice.
    client.batch_put_asset_property_value(entries=entries[:1])
    result = read_destination(
        localstack.endpoint, "iotsitewise", "*", record, deadline_s=DEADLINE_S
    )
    assert result.agreed, result
    ours = lines("record")
    wanted = [describe(json.dumps(entry).encode())["hash"] for entry in entries]
    assert [line["hash"] for line in ours if line["hash"] in wanted] == wanted
    assert {line["arrived_ms"] for line in ours} == {None}
    client.delete_time_series(alias="/reader/v")
