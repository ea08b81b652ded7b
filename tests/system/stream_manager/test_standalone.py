"""The server alone, without a cloud: exports can be seen on standard output, or go to an address."""

import base64
import json
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from stream_manager import (
    ExportDefinition,
    HTTPConfig,
    IoTAnalyticsConfig,
    IoTSiteWiseConfig,
    KinesisConfig,
    MessageStreamDefinition,
    ReadMessagesOptions,
    S3ExportTaskExecutorConfig,
    Status,
    StatusConfig,
    StrategyOnFull,
    StreamManagerClient,
)

from harness.waiting import wait_until

from .test_command_line import one_sentence, run


@contextmanager
def alone(store, *arguments):
    """A server that was told nothing but its command line; yields it and the first line that it prints."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "system.stream_manager",
            "--store",
            store,
            "--port",
            "0",
            *arguments,
        ],
        env={"PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


class Taker(BaseHTTPRequestHandler):
    """Refuses the first body and takes the others."""

    def do_POST(self):
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(503 if len(self.server.bodies) == 1 else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def destination():
    server = HTTPServer(("127.0.0.1", 0), Taker)
    server.bodies = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def exporting(**exporters):
    return MessageStreamDefinition(
        name="S",
        strategy_on_full=StrategyOnFull.OverwriteOldestData,
        export_definition=ExportDefinition(**exporters),
    )


KINESIS = KinesisConfig(identifier="k", kinesis_stream_name="RawData", batch_size=2)


def test_every_line_of_standard_output_is_json_the_first_names_the_port_and_a_batch_is_one(
    tmp_path,
):
    with alone(tmp_path / "made", "--destination", "print") as (process, first):
        assert (first["event"], first["host"]) == ("listens", "127.0.0.1")
        client = StreamManagerClient(port=first["port"])
        client.create_message_stream(exporting(kinesis=[KINESIS]))
        client.append_message("S", "grüezi".encode())
        client.append_message("S", b"\xff\x00")
        batch = json.loads(process.stdout.readline())
        client.close()
    told = batch.pop("messages")
    assert batch == {
        "event": "batch",
        "stream": "S",
        "exporter": "k",
        "kind": "kinesis",
        "target": "RawData",
    }
    assert [each["sequenceNumber"] for each in told] == [0, 1]
    assert told[0]["text"] == "grüezi"
    assert base64.b64decode(told[1]["base64"]) == b"\xff\x00"
    assert abs(told[0]["ingestTime"] - told[1]["ingestTime"]) < 60_000


def test_what_was_printed_counts_as_delivered(tmp_path):
    channel = IoTAnalyticsConfig(identifier="c", iot_channel="channel", batch_size=1)
    own = HTTPConfig(identifier="h", uri="http://nobody.invalid", batch_size=1)
    with alone(tmp_path, "--destination", "print") as (process, first):
        client = StreamManagerClient(port=first["port"])
        client.create_message_stream(exporting(iot_analytics=[channel], http=[own]))
        client.append_message("S", b"m")
        batches = [json.loads(process.stdout.readline()) for _ in range(2)]
        wait_until(
            lambda: all(
                each.last_exported_sequence_number == 0
                for each in client.describe_message_stream("S").export_statuses
            ),
            seconds=20,
            what="the delivery of both",
        )
        client.close()
    assert {(each["kind"], each["target"]) for each in batches} == {
        ("iotAnalytics", "channel"),
        ("http", "http://nobody.invalid"),
    }


def test_batches_are_posted_to_an_address_until_it_takes_them(make_server, destination):
    server = make_server(STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS="100")
    server.command += ["--destination", f"http://127.0.0.1:{destination.server_port}"]
    server.start()
    client = server.client()
    client.create_message_stream(exporting(kinesis=[KINESIS]))
    for _ in range(2):
        client.append_message("S", b"m")
    wait_until(lambda: len(destination.bodies) == 2, seconds=20, what="the second attempt")
    client.close()
    refused, taken = map(json.loads, destination.bodies)
    assert refused == taken
    assert (taken["kind"], len(taken["messages"])) == ("kinesis", 2)


@pytest.mark.parametrize("destination", ["paper", "ftp://127.0.0.1", "http://"])
def test_a_destination_that_is_none_is_one_sentence_and_status_2(tmp_path, destination):
    status, output = run("--store", str(tmp_path), "--destination", destination)
    assert status == 2
    assert "--destination" in one_sentence(output) and "print" in output


def test_a_store_that_cannot_be_made_is_one_sentence_and_status_2(tmp_path):
    (tmp_path / "file").write_text("")
    status, output = run("--store", str(tmp_path / "file" / "store"), "--port", "0")
    assert status == 2
    assert "cannot be made" in one_sentence(output)


def test_the_tasks_of_an_executor_are_printed_and_their_status_is_a_success(tmp_path):
    status = StatusConfig(status_stream_name="Status")
    executor = S3ExportTaskExecutorConfig(identifier="x", status_config=status)
    site = IoTSiteWiseConfig(identifier="w", batch_size=1)
    with alone(tmp_path, "--destination", "print") as (process, first):
        client = StreamManagerClient(port=first["port"])
        made = exporting()
        made.name = "Status"
        client.create_message_stream(made)
        client.create_message_stream(exporting(s3_task_executor=[executor], iot_sitewise=[site]))
        client.append_message("S", b"a task")
        batches = [json.loads(process.stdout.readline()) for _ in range(2)]
        options = ReadMessagesOptions(min_message_count=2, read_timeout_millis=20_000)
        told = [json.loads(each.payload) for each in client.read_messages("Status", options)]
        client.close()
    assert sorted(each["kind"] for each in batches) == ["IotSitewise", "s3TaskExecutor"]
    assert [each["status"] for each in told] == [Status.InProgress.value, Status.Success.value]
