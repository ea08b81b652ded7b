"""The cloud tap as the clients of the edge use it: what it tells of messages that are to be kept."""

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import cbor2
import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    HTTPClientError,
)

from harness.environments.site.links import Links
from system.aws.clients import Cloud

from .conftest import SEEN_S, Script, StartTap, Tap, closed_port, connect
from .scripted_http import ScriptedCloud, answer, message, receive_message

Serve = Callable[[Script], int]
StartCloud = Callable[..., Tap]

SERVICES = ("kinesis", "iotanalytics", "s3")
ONCE = Config(
    retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=3, read_timeout=15
)
PAYLOADS = [b'{"sensor":"sensor-1","ordinal":1}', b"\x00\xff"]
KEPT = {"FailedRecordCount": 0, "Records": [{"SequenceNumber": "1", "ShardId": "s"}] * 2}


@pytest.fixture
def start_cloud(start_tap: StartTap) -> StartCloud:
    """Starts the tap before a cloud on this port."""
    listen = [part for service in SERVICES for part in ("--service", f"{service}=0")]
    return lambda port: start_tap("cloud", *listen, "--target", f"http://127.0.0.1:{port}")


@pytest.fixture
def real(start_cloud: StartCloud, localstack: Any) -> Tap:
    """A tap before LocalStack."""
    return start_cloud(localstack.port)


def client_of(service: str, port: int) -> Any:
    return Cloud(f"http://127.0.0.1:{port}", "us-east-1").client(service, ONCE)


def through(tap: Tap, service: str) -> Any:
    return client_of(service, tap.ports["cloud"][service])


def put_records(client: Any, stream: str = "stream") -> Any:
    records = [{"Data": each, "PartitionKey": "p"} for each in PAYLOADS]
    return client.put_records(StreamName=stream, Records=records)


def told(tap: Tap) -> list[tuple[str, str]]:
    return [(line["kind"], line["type"]) for line in tap.lines()]


def hashes(payloads: list[bytes]) -> list[str]:
    return [hashlib.sha256(each).hexdigest()[:32] for each in payloads]


# -- before LocalStack -----------------------------------------------------------------------------


@pytest.mark.localstack
def test_records_that_kinesis_keeps_are_told(real: Tap, localstack: Any) -> None:
    direct = client_of("kinesis", localstack.port)
    direct.create_stream(StreamName="tapped", ShardCount=1)
    direct.get_waiter("stream_exists").wait(
        StreamName="tapped", WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    given = put_records(through(real, "kinesis"), "tapped")
    assert given["FailedRecordCount"] == 0
    sent, kept, handed = real.wait(3, kind="put")
    assert sent == {
        "at": sent["at"],
        "witness": "cloud-tap",
        "kind": "put",
        "type": "invoked",
        "id": "kinesis-1",
        "service": "kinesis",
        "operation": "PutRecords",
        "target": "tapped",
        "hashes": hashes(PAYLOADS),
        "sizes": [33, 2],
        "bytes": 35,
    }
    assert (kept["type"], kept["id"], kept["status"], kept["rejected"]) == (
        *("ok", "kinesis-1"),
        *(200, []),
    )
    assert (handed["type"], handed["id"], handed["answered"]) == ("note", "kinesis-1", True)

    body = {
        "StreamName": "tapped",
        "Records": [{"Data": each, "PartitionKey": "p"} for each in PAYLOADS],
    }
    binary = urllib3.request(
        "POST",
        f"http://127.0.0.1:{real.ports['cloud']['kinesis']}/",
        body=cbor2.dumps(body),
        headers={
            "X-Amz-Target": "Kinesis_20131202.PutRecords",
            "Content-Type": "application/x-amz-cbor-1.1",
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kinesis/aws4_request,"
            " SignedHeaders=host, Signature=0",
        },
    )
    assert cbor2.loads(binary.data)["FailedRecordCount"] == 0
    assert real.wait(2, kind="put", type="ok")[1]["rejected"] == []
    assert real.lines(kind="put", type="invoked")[1]["hashes"] == hashes(PAYLOADS)

    with pytest.raises(ClientError):
        put_records(through(real, "kinesis"), "missing")
    (refused,) = real.wait(kind="put", type="failed")
    assert refused["status"] == 400
    assert refused["error"].startswith("ResourceNotFoundException")


@pytest.mark.localstack
def test_messages_that_a_channel_refuses_are_told_by_their_places(
    real: Tap, localstack: Any
) -> None:
    client_of("iotanalytics", localstack.port).create_channel(channelName="tapped")
    messages = [{"messageId": str(number), "payload": b"x" * number} for number in (1, 200_000, 3)]
    given = through(real, "iotanalytics").batch_put_message(channelName="tapped", messages=messages)
    assert [entry["messageId"] for entry in given["batchPutMessageErrorEntries"]] == ["200000"]
    (kept,) = real.wait(kind="put", type="ok")
    assert kept["rejected"] == [1]
    (sent,) = real.lines(kind="put", type="invoked")
    assert (sent["target"], sent["sizes"]) == ("tapped", [1, 200_000, 3])


@pytest.mark.localstack
def test_objects_pass_in_both_directions(real: Tap) -> None:
    s3 = through(real, "s3")
    body = os.urandom(1 << 20) * 20
    s3.create_bucket(Bucket="tapped")
    s3.put_object(Bucket="tapped", Key="a b/ü+%2F", Body=body, Metadata={"a": "b"})
    head = s3.head_object(Bucket="tapped", Key="a b/ü+%2F")
    assert (head["ContentLength"], head["Metadata"]) == (len(body), {"a": "b"})
    assert s3.get_object(Bucket="tapped", Key="a b/ü+%2F")["Body"].read() == body
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="tapped")["Contents"]] == [
        "a b/ü+%2F"
    ]
    with pytest.raises(ClientError) as missing:
        s3.get_object(Bucket="tapped", Key="missing")
    assert missing.value.response["Error"]["Code"] == "NoSuchKey"
    assert real.wait(kind="call", type="failed")[0]["status"] == 404
    assert len(real.lines(kind="call", type="ok")) == 5


# -- before scripted clouds ------------------------------------------------------------------------


def json_answer(values: Any, status: str = "200 OK") -> bytes:
    return answer(
        json.dumps(values).encode(), "Content-Type: application/x-amz-json-1.1", status=status
    )


class SlowCloud:
    """Keeps every batch, but answers only when it may."""

    def __init__(self) -> None:
        self.arrived, self.may_answer = threading.Event(), threading.Event()

    def __call__(self, connection: socket.socket) -> None:
        receive_message(connection)
        self.arrived.set()
        self.may_answer.wait(SEEN_S)
        connection.sendall(json_answer(KEPT))


def in_background(action: Callable[[], object]) -> tuple[threading.Thread, list[Exception]]:
    failures: list[Exception] = []

    def run() -> None:
        try:
            action()
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, failures


def test_a_put_is_told_before_it_goes_on_and_its_answer_before_it_returns(
    serve: Serve, start_cloud: StartCloud
) -> None:
    cloud = SlowCloud()
    tap = start_cloud(serve(cloud))
    thread, failures = in_background(lambda: put_records(through(tap, "kinesis")))
    assert cloud.arrived.wait(SEEN_S)
    assert told(tap) == [("put", "invoked")]
    cloud.may_answer.set()
    thread.join(SEEN_S)
    assert failures == []
    assert told(tap)[:2] == [("put", "invoked"), ("put", "ok")]
    assert tap.wait(3)[2]["answered"] is True


def test_a_put_whose_client_is_gone_still_arrives_and_its_end_is_told(
    serve: Serve, start_cloud: StartCloud
) -> None:
    cloud = SlowCloud()
    tap = start_cloud(serve(cloud))
    body = json.dumps({"StreamName": "s", "Records": [{"Data": "eA=="}] * 2}).encode()
    target = "X-Amz-Target: Kinesis_20131202.PutRecords"
    with closing(connect(tap.ports["cloud"]["kinesis"])) as client:
        client.sendall(message("POST / HTTP/1.1", body, "Host: cloud", target))
        assert cloud.arrived.wait(SEEN_S)
    cloud.may_answer.set()
    tap.wait(3)
    assert told(tap) == [("put", "invoked"), ("put", "ok"), ("put", "note")]
    assert tap.lines()[2]["answered"] is False


def test_a_cut_link_fails_the_client_alone_and_the_next_request_finds_its_way(
    serve: Serve, start_cloud: StartCloud, links: Links
) -> None:
    cloud = SlowCloud()
    tap = start_cloud(serve(cloud))
    listen = closed_port()
    links.create("kinesis", listen=listen, upstream=tap.ports["cloud"]["kinesis"])
    client = client_of("kinesis", listen)
    thread, failures = in_background(lambda: put_records(client))
    assert cloud.arrived.wait(SEEN_S)
    with links.down(["kinesis"]):
        thread.join(SEEN_S)
        assert [type(error) for error in failures] == [ConnectionClosedError]
        with pytest.raises(EndpointConnectionError):
            put_records(client)
        cloud.may_answer.set()
        tap.wait(kind="put", type="ok")
    assert tap.wait(kind="put", type="note")[0]["answered"] is False
    assert put_records(client)["FailedRecordCount"] == 0
    assert len(tap.wait(2, kind="put", type="ok")) == 2
    assert tap.wait(2, kind="put", type="note")[1]["answered"] is True


def test_a_cut_while_nothing_is_on_its_way_concerns_nobody(
    serve: Serve, start_cloud: StartCloud, links: Links
) -> None:
    tap = start_cloud(serve(ScriptedCloud(json_answer(KEPT))))
    listen = closed_port()
    links.create("kinesis", listen=listen, upstream=tap.ports["cloud"]["kinesis"])
    client = client_of("kinesis", listen)
    for _ in range(3):
        assert put_records(client)["FailedRecordCount"] == 0
        with links.down(["kinesis"]):
            pass
    tap.wait(3, kind="put", type="note")
    assert told(tap) == [("put", "invoked"), ("put", "ok"), ("put", "note")] * 3


def test_records_that_the_cloud_refuses_are_told_by_their_places(
    serve: Serve, start_cloud: StartCloud
) -> None:
    refused = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slower"}
    partly = {"FailedRecordCount": 1, "Records": [KEPT["Records"][0], refused]}  # type: ignore[index]
    tap = start_cloud(serve(ScriptedCloud(json_answer(partly))))
    assert put_records(through(tap, "kinesis"))["FailedRecordCount"] == 1
    assert tap.wait(kind="put", type="ok")[0]["rejected"] == [1]


@pytest.mark.parametrize(
    ("status", "type", "reason"), [("400 Bad Request", "failed", "error"), ("500 x", "unknown", "reason")]
)  # fmt: skip
def test_a_cloud_that_refuses_kept_nothing_and_one_that_broke_may_have(
    serve: Serve, start_cloud: StartCloud, status: str, type: str, reason: str
) -> None:
    error = json_answer({"__type": "SomeException", "message": "no"}, status)
    tap = start_cloud(serve(ScriptedCloud(error)))
    with pytest.raises(ClientError):
        put_records(through(tap, "kinesis"))
    (ended,) = tap.wait(kind="put", type=type)
    assert (ended["status"], ended[reason]) == (int(status[:3]), "SomeException: no")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (b"{}", "the answer cannot be understood"),
        (b'{"FailedRecordCount":0,"Records":[]}', "2 records were sent, the answer has 0"),
    ],
)
def test_a_damaged_success_is_no_proof_and_is_passed_on_as_it_is(
    serve: Serve, start_cloud: StartCloud, given: bytes, reason: str
) -> None:
    cloud = ScriptedCloud(answer(given, "Content-Type: application/x-amz-json-1.1"))
    tap = start_cloud(serve(cloud))
    client = through(tap, "kinesis")
    returned = put_records(client)
    assert returned.get("FailedRecordCount") == json.loads(given).get("FailedRecordCount")
    assert tap.wait(kind="put", type="unknown")[0]["reason"].startswith(reason)


def test_an_answer_that_breaks_off_proves_nothing(serve: Serve, start_cloud: StartCloud) -> None:
    def torn(connection: socket.socket) -> None:
        receive_message(connection)
        connection.sendall(json_answer(KEPT)[:-1])

    tap = start_cloud(serve(torn))
    with pytest.raises(HTTPClientError):
        put_records(through(tap, "kinesis"))
    (ended,) = tap.wait(kind="put", type="unknown")
    assert ended["reason"].startswith("ClientPayloadError: ")


def test_a_cloud_that_cannot_be_reached_kept_nothing(start_cloud: StartCloud) -> None:
    tap = start_cloud(closed_port())
    with pytest.raises(HTTPClientError):
        put_records(through(tap, "kinesis"))
    (ended,) = tap.wait(kind="put", type="failed")
    assert ended["error"].startswith("the cloud cannot be reached: ")


def test_a_put_that_cannot_be_decoded_passes_and_is_told(
    serve: Serve, start_cloud: StartCloud
) -> None:
    cloud = ScriptedCloud(answer(b"ok"))
    tap = start_cloud(serve(cloud))
    with closing(connect(tap.ports["cloud"]["kinesis"])) as client:
        target = "X-Amz-Target: Kinesis_20131202.PutRecords"
        client.sendall(message("POST / HTTP/1.1", b"\xff", "Host: cloud", target))
        assert receive_message(client).body == b"ok"
    assert cloud.arrived().body == b"\xff"
    (call,) = tap.lines(kind="call", type="invoked")
    assert call["problem"].startswith("cannot be decoded: ")


def test_every_put_of_many_in_a_row_is_told(serve: Serve, start_cloud: StartCloud) -> None:
    kept = json_answer({"FailedRecordCount": 0, "Records": KEPT["Records"] * 250})  # type: ignore[operator]
    tap = start_cloud(serve(ScriptedCloud(kept)))
    client = through(tap, "kinesis")
    records = [{"Data": os.urandom(200), "PartitionKey": "p"} for _ in range(500)]
    for _ in range(40):
        client.put_records(StreamName="stream", Records=records)
    assert len(tap.wait(40, kind="put", type="ok")) == 40


# -- the process -----------------------------------------------------------------------------------


def test_the_last_line_of_a_tap_that_was_stopped_is_closed(
    serve: Serve, start_cloud: StartCloud
) -> None:
    tap = start_cloud(serve(ScriptedCloud(json_answer(KEPT))))
    put_records(through(tap, "kinesis"))
    assert [(line["kind"], line["type"]) for line in tap.stop()][-1] == ("closed", "note")


def test_a_tap_that_was_killed_leaves_no_such_line(serve: Serve, start_cloud: StartCloud) -> None:
    tap = start_cloud(serve(ScriptedCloud(json_answer(KEPT))))
    put_records(through(tap, "kinesis"))
    tap.process.kill()
    tap.process.wait()
    assert told(tap)[:2] == [("put", "invoked"), ("put", "ok")]
    assert tap.lines(kind="closed") == []


def test_a_taken_port_is_one_sentence(serve: Serve) -> None:
    port = serve(lambda connection: None)
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "harness.taps.cloud", "--service", f"kinesis={port}"),
            *("--target", "http://127.0.0.1:1", "--record", "/dev/null", "--origin", "0"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 4
    assert ended.stderr.startswith(f"cloud-tap of kinesis cannot listen on port {port}")
    assert len(ended.stderr.splitlines()) == 1
