"""The server as a process, exporting: priority, a kill in the middle, and a destination that comes back."""

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from stream_manager import (
    ExportDefinition,
    ExportFormat,
    HTTPConfig,
    IoTSiteWiseConfig,
    KinesisConfig,
    MessageStreamDefinition,
    ReadMessagesOptions,
    S3ExportTaskDefinition,
    S3ExportTaskExecutorConfig,
    Status,
    StatusConfig,
    StatusMessage,
    StrategyOnFull,
)
from stream_manager.util import Util

from harness.waiting import wait_until
from system.aws.clients import Cloud


class Destination(ThreadingHTTPServer):
    """Takes batches; holds them back while its gate is shut, refuses them while it is down."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.gate = threading.Event()
        self.gate.set()
        self.down = False
        self.refused = 0
        self.batches = []
        self.thread = threading.Thread(target=self.serve_forever)
        self.thread.start()

    def uri(self, path):
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def numbers(self, path):
        return [number for where, numbers in self.batches for number in numbers if where == path]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.gate.wait(20)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.down:
            self.server.refused += 1
            self.send_response(503)
        else:
            messages = json.loads(body)
            payloads = [base64.b64decode(message["payload"]) for message in messages]
            numbers = [message["sequenceNumber"] for message in messages]
            assert payloads == [b"%d" % number for number in numbers]
            self.server.batches.append((self.path[1:], numbers))
            self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def destination():
    made = Destination()
    yield made
    made.shutdown()
    made.thread.join()
    made.server_close()


def create(client, destination, name, **fields):
    config = HTTPConfig(
        identifier=name,
        uri=destination.uri(name),
        export_format=ExportFormat.JSON_BATCHED,
        **fields,
    )
    client.create_message_stream(
        MessageStreamDefinition(
            name=name,
            strategy_on_full=StrategyOnFull.OverwriteOldestData,
            export_definition=ExportDefinition(http=[config]),
        )
    )


def append(client, name, count, first=0):
    for number in range(first, first + count):
        assert client.append_message(name, b"%d" % number) == number


def test_what_waits_goes_urgent_first(make_server, destination):
    server = make_server(STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE="1").start()
    client = server.client()
    create(client, destination, "raw", batch_size=5, priority=5)
    create(client, destination, "means", batch_size=1, priority=1)
    destination.gate.clear()
    append(client, "raw", 100)
    append(client, "means", 5)
    destination.gate.set()
    wait_until(
        lambda: len(destination.numbers("raw")) == 100, seconds=20, what="the delivery of all"
    )
    client.close()
    order = [where for where, _ in destination.batches]
    assert order == ["raw"] + ["means"] * 5 + ["raw"] * 19
    assert destination.numbers("means") == list(range(5))
    assert destination.numbers("raw") == list(range(100))


def test_what_was_refused_is_delivered_once_the_destination_takes_it(make_server, destination):
    server = make_server(STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS="200").start()
    client = server.client()
    create(client, destination, "S", batch_size=5)
    destination.down = True
    append(client, "S", 20)
    wait_until(lambda: destination.refused >= 4, seconds=20, what="refused batches")
    error = client.describe_message_stream("S").export_statuses[0].error_message
    assert "503" in error
    destination.down = False
    wait_until(lambda: len(destination.numbers("S")) == 20, seconds=20, what="the delivery of all")
    assert destination.numbers("S") == list(range(20))
    client.close()


def test_a_kill_repeats_at_most_the_batch_that_was_under_way(make_server, destination):
    server = make_server().start()
    client = server.client()
    create(client, destination, "S", batch_size=10)
    append(client, "S", 300)
    wait_until(lambda: len(destination.numbers("S")) >= 50, seconds=20, what="some deliveries")
    # The vendor's client leaks a socket when it is cut off.
    client.close()
    server.kill()
    before = len(destination.numbers("S"))
    server.start()
    client = server.client()
    append(client, "S", 100, first=300)
    wait_until(lambda: 399 in destination.numbers("S"), seconds=20, what="the delivery of all")
    client.close()
    delivered = destination.numbers("S")
    assert sorted(set(delivered)) == list(range(400))
    repeated = len(delivered) - 400
    assert repeated in (0, 10)
    assert delivered[: before - repeated] == sorted(delivered[: before - repeated])


@pytest.mark.localstack
def test_a_stream_that_is_not_there_yet_is_exported_to_once_it_is(make_server, localstack):
    server = make_server(
        AWS_ENDPOINT_URL_KINESIS=localstack.endpoint,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS="500",
    ).start()
    client = server.client()
    config = KinesisConfig(identifier="cloud", kinesis_stream_name="ExportingServer", batch_size=10)
    client.create_message_stream(
        MessageStreamDefinition(
            name="S",
            strategy_on_full=StrategyOnFull.OverwriteOldestData,
            export_definition=ExportDefinition(kinesis=[config]),
        )
    )
    append(client, "S", 50)

    def status():
        return client.describe_message_stream("S").export_statuses[0]

    wait_until(
        lambda: "ResourceNotFound" in (status().error_message or ""), seconds=30, what="the failure"
    )
    kinesis = Cloud(localstack.endpoint, "us-east-1").client("kinesis")
    kinesis.create_stream(StreamName="ExportingServer", ShardCount=1)
    wait_until(lambda: status().exported_messages_count == 50, seconds=60, what="the delivery")
    client.close()
    [shard] = kinesis.list_shards(StreamName="ExportingServer")["Shards"]
    iterator = kinesis.get_shard_iterator(
        StreamName="ExportingServer", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )
    records = kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    assert [record["Data"] for record in records] == [b"%d" % number for number in range(50)]


def test_a_file_is_uploaded_and_the_application_reads_what_became_of_it(
    make_server, localstack, tmp_path
):
    file = tmp_path / "reading.bin"
    file.write_bytes(b"reading")
    s3 = Cloud(localstack.endpoint, "us-east-1").client("s3")
    s3.create_bucket(Bucket="uploads-of-the-server")
    server = make_server(
        AWS_ENDPOINT_URL_S3=localstack.endpoint,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
    ).start()
    client = server.client()
    status = StatusConfig(status_stream_name="Status")
    executor = S3ExportTaskExecutorConfig(identifier="files", status_config=status)
    for name, export in ("Status", None), ("Files", ExportDefinition(s3_task_executor=[executor])):
        client.create_message_stream(
            MessageStreamDefinition(
                name=name,
                strategy_on_full=StrategyOnFull.OverwriteOldestData,
                export_definition=export,
            )
        )
    task = S3ExportTaskDefinition(
        input_url=f"file:{file}", bucket="uploads-of-the-server", key="a/reading"
    )
    number = client.append_message("Files", Util.validate_and_serialize_to_json_bytes(task))
    options = ReadMessagesOptions(min_message_count=2, read_timeout_millis=30_000)
    begun, done = [
        Util.deserialize_json_bytes_to_obj(message.payload, StatusMessage)
        for message in client.read_messages("Status", options)
    ]
    client.close()
    assert (begun.status, done.status) == (Status.InProgress, Status.Success)
    assert done.status_context.sequence_number == number
    found = s3.get_object(Bucket="uploads-of-the-server", Key="a/reading")
    assert found["Body"].read() == b"reading"


def test_entries_reach_sitewise_and_what_is_none_is_told(make_server, localstack):
    server = make_server(
        AWS_ENDPOINT_URL_IOTSITEWISE=localstack.endpoint,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
    ).start()
    client = server.client()
    client.create_message_stream(
        MessageStreamDefinition(
            name="S",
            strategy_on_full=StrategyOnFull.OverwriteOldestData,
            export_definition=ExportDefinition(
                iot_sitewise=[IoTSiteWiseConfig(identifier="w", batch_size=2)]
            ),
        )
    )
    stamp = {"timeInSeconds": int(time.time())}
    value = {"value": {"doubleValue": 1.5}, "timestamp": stamp}
    entry = {"entryId": "e", "propertyAlias": "/from/the/server", "propertyValues": [value]}
    client.append_message("S", b"no entry")
    client.append_message("S", json.dumps(entry).encode())
    wait_until(
        lambda: client.describe_message_stream("S").export_statuses[0].exported_messages_count == 2,
        seconds=30,
        what="the batch",
    )
    (status,) = client.describe_message_stream("S").export_statuses
    client.close()
    assert "no entry of SiteWise" in status.error_message
    assert status.last_exported_sequence_number == 1
    assert status.exported_bytes_from_stream == len(json.dumps(entry))
    sitewise = Cloud(localstack.endpoint, "us-east-1").client("iotsitewise")
    found = sitewise.get_asset_property_value(propertyAlias="/from/the/server")
    assert found["propertyValue"]["value"] == {"doubleValue": 1.5}
