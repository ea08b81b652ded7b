"""Exporting a backlog."""

import time
import uuid
from itertools import count
from typing import Any

from stream_manager import ExportDefinition, KinesisConfig, StreamManagerClient

from bench.benchmark import Benchmark, Setup
from bench.emulator import KEY, create_data_stream, kinesis_client, start_kinesis
from bench.rounds import Subject
from bench.targets import AtLeastTimes
from bench.workbench import PAYLOAD_BYTES, Server, Workbench, create_streams, stock_client
from harness.waiting import wait_until

BACKLOG, QUICK_BACKLOG = 5_000, 500
RECORDS_MAX = 500
"""Of one request to Kinesis."""
DRAINED_S = 120.0
PAYLOAD = b"r" * PAYLOAD_BYTES


def _drain(server: Server, name: str, backlog: int) -> float:
    """Messages per second from the moment at which the stream gets its exporter until the last one is exported.

    Args:
        backlog: messages, whole batches of them.
    """
    create_streams(server.port, [name])
    with stock_client(server.port) as client:
        for _ in range(backlog):
            client.append_message(name, PAYLOAD)
        definition = client.describe_message_stream(name).definition
        exporter = KinesisConfig(identifier="K", kinesis_stream_name="ours", batch_size=RECORDS_MAX)
        definition.export_definition = ExportDefinition(kinesis=[exporter])
        begin = time.perf_counter()
        client.update_message_stream(definition)
        wait_until(
            lambda: _exported(client, name) == backlog - 1,
            seconds=DRAINED_S,
            what="the backlog to be exported",
            poll_s=0.01,
        )
        return backlog / (time.perf_counter() - begin)


def _exported(client: StreamManagerClient, name: str) -> int:
    (status,) = client.describe_message_stream(name).export_statuses
    return int(status.last_exported_sequence_number)


def _bare_loop(client: Any, backlog: int) -> float:
    begin = time.perf_counter()
    for first in range(0, backlog, RECORDS_MAX):
        records = [
            {"Data": PAYLOAD, "PartitionKey": str(uuid.uuid4())}
            for _ in range(first, min(first + RECORDS_MAX, backlog))
        ]
        answer = client.put_records(StreamName="bare", Records=records)
        assert not answer["FailedRecordCount"], "an emulator without load refuses nothing"
    return backlog / (time.perf_counter() - begin)


def _prepare(bench: Workbench) -> Setup:
    backlog = QUICK_BACKLOG if bench.quick else BACKLOG
    endpoint = start_kinesis(bench)
    client = kinesis_client(endpoint)
    for name in ("ours", "bare"):
        create_data_stream(client, name)
    cloud = {"AWS_ENDPOINT_URL_KINESIS": endpoint}
    credentials = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": KEY}
    server = bench.server(variables={**cloud, **credentials})
    names = (f"D{number}" for number in count())
    # The first request of each loads what later ones find loaded; a rest that fills no batch would wait for ever.
    _drain(server, next(names), RECORDS_MAX)
    _bare_loop(client, 1)
    return Setup(
        subjects=[
            Subject("stream manager", "records/s", lambda: _drain(server, next(names), backlog)),
            Subject("bare boto3 loop", "records/s", lambda: _bare_loop(client, backlog)),
        ]
    )


BENCHMARK = Benchmark(
    name="drain",
    question="How fast is a backlog exported?",
    method=f"{BACKLOG:,} messages of 256 bytes into LocalStack's Kinesis in batches of {RECORDS_MAX}, beside a loop of "
    "put_records that has its records in memory.",
    prepare=_prepare,
    targets=[AtLeastTimes(subject="stream manager", times=0.9, other="bare boto3 loop")],
)
