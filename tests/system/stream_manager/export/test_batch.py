import pytest

from system.stream_manager.export.batch import Batch, batch_size_of, limits_of
from system.wire.definitions import (
    HTTPConfig,
    IoTAnalyticsConfig,
    IoTSiteWiseConfig,
    KinesisConfig,
    S3ExportTaskExecutorConfig,
)
from system.wire.messages import Message

CONFIGS = {
    "kinesis": KinesisConfig(identifier="e", kinesis_stream_name="s"),
    "analytics": IoTAnalyticsConfig(identifier="e", iot_channel="c"),
    "http": HTTPConfig(identifier="e", uri="http://127.0.0.1"),
    "sitewise": IoTSiteWiseConfig(identifier="e"),
    "s3": S3ExportTaskExecutorConfig(identifier="e"),
}


@pytest.mark.parametrize(
    ("kind", "most"),
    [("kinesis", 500), ("analytics", 100), ("http", 500), ("sitewise", 10), ("s3", 1)],
)
def test_without_a_batch_size_a_batch_is_as_large_as_the_destination_takes(kind, most):
    assert batch_size_of(CONFIGS[kind]) == most


def test_a_batch_size_holds_up_to_what_the_destination_takes():
    for wanted, size in ((1, 1), (100, 100), (101, 100)):
        config = IoTAnalyticsConfig(identifier="e", iot_channel="c", batch_size=wanted)
        assert batch_size_of(config) == size


def test_a_full_request_of_kinesis_is_within_its_five_mebibytes():
    limits = limits_of(CONFIGS["kinesis"])
    key_bytes = 36

    assert limits.message_bytes + key_bytes == 1 << 20
    assert limits.message_overhead_bytes == key_bytes
    assert limits.request_bytes == 5 << 20


def test_a_message_of_iot_analytics_has_at_most_128_kib():
    assert limits_of(CONFIGS["analytics"]).message_bytes == 128 << 10


def test_every_destination_takes_a_message_of_its_largest_size_in_one_request():
    for config in CONFIGS.values():
        limits = limits_of(config)
        if limits.message_bytes < 1 << 30:
            assert limits.message_bytes + limits.message_overhead_bytes <= limits.request_bytes


def test_a_batch_knows_its_bytes():
    batch = Batch(
        id=1,
        exporter=("S", "e"),
        generation=1,
        config=CONFIGS["kinesis"],
        messages=(Message("S", 0, 0, b"abc"), Message("S", 1, 0, b"de")),
    )

    assert batch.payload_bytes == 5
