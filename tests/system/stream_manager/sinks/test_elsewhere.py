"""Batches that go to one place instead of the cloud."""

import json
import os
from contextlib import suppress

import pytest

from system.stream_manager.export.batch import Delivered, Failed
from system.stream_manager.sinks.elsewhere import Poster, Printer, document
from system.wire.definitions import (
    HTTPConfig,
    IoTAnalyticsConfig,
    IoTSiteWiseConfig,
    KinesisConfig,
    S3ExportTaskExecutorConfig,
)

from .conftest import batch

KINESIS = KinesisConfig(identifier="k", kinesis_stream_name="readings")


@pytest.mark.parametrize(
    ("config", "kind", "target"),
    [
        (KINESIS, "kinesis", "readings"),
        (IoTAnalyticsConfig(identifier="a", iot_channel="c"), "iotAnalytics", "c"),
        (HTTPConfig(identifier="h", uri="http://h"), "http", "http://h"),
        (IoTSiteWiseConfig(identifier="w"), "IotSitewise", None),
        (S3ExportTaskExecutorConfig(identifier="x"), "s3TaskExecutor", None),
    ],
)
def test_every_kind_of_exporter_is_told_with_its_target(config, kind, target):
    told = document(batch(config, b"m"))
    assert (told["kind"], told.get("target")) == (kind, target)
    assert (told["stream"], told["exporter"]) == ("S", config.identifier)


@pytest.fixture
def pipe():
    ends = os.pipe()
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


def test_a_batch_is_one_line(pipe):
    reader, writer = pipe
    assert Printer(writer).send(batch(KINESIS, b"a\nb", b"\xff")) == Delivered()
    text = os.read(reader, 10_000)
    assert text.count(b"\n") == 1
    assert [each["sequenceNumber"] for each in json.loads(text)["messages"]] == [0, 1]


def test_what_nobody_reads_any_more_is_owed(pipe):
    reader, writer = pipe
    os.close(reader)
    result = Printer(writer).send(batch(KINESIS, b"m"))
    assert isinstance(result, Failed) and "printed" in result.reason


def test_exports_over_http_keep_their_address():
    posted, direct = [], []

    def post(body):
        posted.append(body)
        return Delivered()

    def straight(each):
        direct.append(each)
        return Delivered()

    poster = Poster(post, straight)
    own = batch(HTTPConfig(identifier="h", uri="http://h"), b"m")
    poster.send(own)
    poster.send(batch(KINESIS, b"m"))
    assert direct == [own]
    assert [json.loads(body)["kind"] for body in posted] == ["kinesis"]
