import base64
import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.waiting import wait_until
from system.stream_manager.export.batch import Delivered, Failed
from system.stream_manager.sinks.kinesis import Pace
from system.stream_manager.sinks.service import Timeouts
from system.wire.definitions import KinesisConfig

from .conftest import (
    CONFIG,
    READ_S,
    STORED,
    answer,
    batch,
    cut_short,
    error,
    raw,
    records,
    taking_all,
)

THROTTLED = {
    "ErrorCode": "ProvisionedThroughputExceededException",
    "ErrorMessage": "Rate exceeded for shard",
}


def payloads(body):
    return [base64.b64decode(each["Data"]) for each in json.loads(body)["Records"]]


# -- on LocalStack -----------------------------------------------------------------------------


@pytest.fixture
def cloud_sinks(sinks_at, localstack):
    return sinks_at(localstack.endpoint, timeouts=Timeouts())


@pytest.fixture
def data_stream(connect, request):
    """A data stream with one shard, and its records when called."""
    kinesis = connect("kinesis")
    name = f"sink-{uuid.uuid4()}"
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})

    def read():
        found = kinesis.get_shard_iterator(
            StreamName=name, ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
        )
        return kinesis.get_records(ShardIterator=found["ShardIterator"])["Records"]

    yield name, read
    kinesis.delete_stream(StreamName=name)


@pytest.mark.localstack
def test_each_message_is_one_record_unchanged_and_in_order(cloud_sinks, data_stream):
    name, read = data_stream
    config = KinesisConfig(identifier="k", kinesis_stream_name=name)
    sent = [b"\x00\xff", b'{"a": 1}', b"x" * 1000]

    assert cloud_sinks.send(batch(config, *sent)) == Delivered()

    wait_until(lambda: len(read()) == 3, seconds=10, what="the records")
    assert [each["Data"] for each in read()] == sent
    keys = {each["PartitionKey"] for each in read()}
    assert {uuid.UUID(key).version for key in keys} == {4} and len(keys) == 3


@pytest.mark.localstack
def test_a_data_stream_that_is_not_there_is_no_fault_of_the_link(cloud_sinks):
    result = cloud_sinks.send(batch(CONFIG, b"x"))

    assert isinstance(result, Failed) and not result.transport and not result.doubtful
    assert "ResourceNotFoundException" in result.reason and "readings" in result.reason


# -- what the destination says --------------------------------------------------------------------


def test_records_that_were_refused_are_named(sinks, destination):
    destination.script = [records(STORED, THROTTLED, STORED, THROTTLED)]

    assert sinks.send(batch(CONFIG, b"a", b"b", b"c", b"d")) == Delivered(
        refused=(1, 3),
        reason="2 of 4 records were refused: 2 ProvisionedThroughputExceededException "
        "(Rate exceeded for shard)",
    )


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ProvisionedThroughputExceededException", 400),
        ("LimitExceededException", 400),
        ("AccessDeniedException", 400),
        ("ExpiredTokenException", 400),
        ("ServiceUnavailable", 503),
    ],
)
def test_a_refusal_of_the_whole_is_certain_and_not_the_links_fault(
    sinks, destination, code, status
):
    destination.script = [error(code, "not now", status)]

    result = sinks.send(batch(CONFIG, b"a"))

    assert (result.transport, result.doubtful) == (False, False)
    assert code in result.reason and "not now" in result.reason
    assert len(destination.bodies) == 1, "botocore tried again by itself"


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_server_that_does_not_know_what_it_did_leaves_a_doubt(sinks, destination, status):
    destination.script = [answer(b"<html>it broke</html>", status)]

    result = sinks.send(batch(CONFIG, b"a"))

    assert (result.transport, result.doubtful) == (False, True)
    assert str(status) in result.reason
    assert len(destination.bodies) == 1


# -- answers that cannot be trusted ------------------------------------------------------------------


@pytest.mark.parametrize(
    "act",
    [
        answer({}),
        answer(b""),
        answer({"Records": [STORED, STORED]}),
        answer({"FailedRecordCount": 0}),
        answer({"FailedRecordCount": 0, "Records": [STORED]}),
        answer({"FailedRecordCount": 0, "Records": [STORED] * 3}),
        answer({"FailedRecordCount": 0, "Records": [STORED, THROTTLED]}),
        answer({"FailedRecordCount": 1, "Records": [STORED, STORED]}),
        answer({"FailedRecordCount": 0, "Records": [STORED, {}]}),
        cut_short,
        raw(b"HTTP/1.1 200 OK\r\nContent-Le"),
    ],
    ids=[
        "nothing",
        "no body",
        "no count",
        "no records",
        "too few records",
        "too many records",
        "more failures than counted",
        "fewer failures than counted",
        "a record without a number",
        "cut in the body",
        "cut in the headers",
    ],
)
def test_an_answer_that_does_not_fit_the_request_leaves_a_doubt(sinks, destination, act):
    destination.script = [act]

    result = sinks.send(batch(CONFIG, b"a", b"b"))

    assert isinstance(result, Failed) and result.doubtful


# -- records that will never be taken --------------------------------------------------------------


def refusing(poison, place="records.{}.member.data"):
    """Refuses each request with a poisoned record, as AWS does: as a whole."""

    def act(request, body):
        found = [index for index, each in enumerate(payloads(body), 1) if each == poison]
        if not found:
            taking_all(request, body)
            return
        text = "; ".join(
            f"Value at '{place.format(index)}' failed to satisfy constraint: too long"
            for index in found
        )
        error("ValidationException", f"{len(found)} validation error detected: {text}")(
            request, body
        )

    return act


def test_a_record_that_is_called_invalid_is_found_and_skipped(sinks, destination):
    destination.script = [refusing(b"poison")]
    sent = [b"a", b"b", b"c", b"poison", b"e", b"poison", b"g"]

    result = sinks.send(batch(CONFIG, *sent))

    assert isinstance(result, Delivered) and not result.refused
    assert [index for index, _ in result.skipped] == [3, 5]
    assert all("records.1.member.data" in reason for _, reason in result.skipped)
    taken = [payloads(body) for body in destination.bodies if b"poison" not in payloads(body)]
    assert [each for part in taken for each in part] == [b"a", b"b", b"c", b"e", b"g"]


def test_what_follows_a_failure_during_the_search_is_sent_again(sinks, destination):
    poisoned = refusing(b"poison")
    destination.script = [poisoned, taking_all, error("AccessDeniedException")]

    result = sinks.send(batch(CONFIG, b"a", b"b", b"poison", b"d"))

    assert (result.refused, result.skipped) == ((2, 3), ())
    assert "AccessDeniedException" in result.reason


@pytest.mark.parametrize("place", ["streamName", "records", ""])
def test_a_request_that_is_invalid_for_another_reason_skips_nothing(sinks, destination, place):
    destination.script = [refusing(b"poison", place)]

    result = sinks.send(batch(CONFIG, b"poison"))

    assert isinstance(result, Failed) and not result.doubtful
    assert len(destination.bodies) == 1


def test_a_stream_name_that_is_invalid_beside_a_record_skips_nothing(sinks, destination):
    text = "2 validation errors detected: Value at 'records.1.member.data' x; Value at 'streamName'"
    destination.script = [error("ValidationException", text)]

    assert isinstance(sinks.send(batch(CONFIG, b"x")), Failed)


# -- the pace ----------------------------------------------------------------------------------


class HandClock:
    """Shows what it is set to."""

    def __init__(self):
        self.now_ms = 1000

    def wall_ms(self):
        return self.now_ms

    def monotonic_ms(self):
        return self.now_ms


def test_without_a_delay_nobody_waits(sinks, destination):
    pace = Pace(0, HandClock())

    for _ in range(3):
        pace.wait("S")


def test_requests_to_the_same_data_stream_keep_their_distance(sinks_at, destination):
    destination.script = [taking_all]
    sinks = sinks_at(destination.url, kinesis_delay_ms=3_600_000)
    other = KinesisConfig(identifier="k", kinesis_stream_name="other")
    assert sinks.send(batch(CONFIG, b"a")) == Delivered()
    assert sinks.send(batch(other, b"a")) == Delivered()

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(sinks.send, batch(CONFIG, b"b"))
        with pytest.raises(TimeoutError):
            waiting.result(READ_S)
        assert len(destination.bodies) == 2
        sinks.close()
        assert waiting.result(5) == Delivered()


def test_a_delay_that_is_over_is_not_waited_for():
    clock = HandClock()
    pace = Pace(3_600_000, clock)
    pace.wait("S")
    clock.now_ms += 3_600_000

    pace.wait("S")
