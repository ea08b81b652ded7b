"""The names that the site's own parts give: streams, and the variables that a scenario may set."""

from collections.abc import Mapping

DEFAULT_KINESIS_STREAM = "AggregateData"
AGGREGATE_STREAM = "AggregateDataStream"

RESERVED: Mapping[str, Mapping[str, str]] = {
    "sensor_source": {
        "SENSOR_COUNT": "workload.sensors",
        "SENSOR_RATE_HZ": "workload.rate",
        "SENSOR_READING_BYTES": "workload.reading_size",
        "SENSOR_SEED": "--seed",
        "SENSOR_START": "the run",
        "SENSOR_API_PORT": "site.ports.sensor_api",
    },
    "stream_producer": {"STREAM_MANAGER_CHANNEL": "the stack"},
    "stream_aggregator": {
        "KINESIS_DATA_STREAM": "the stack",
        "AGGREGATE_API_PORT": "site.ports.aggregate_api",
    },
    "stream_manager": {
        "STREAM_MANAGER_STORE_ROOT_DIR": "the core",
        "STREAM_MANAGER_SERVER_PORT": "the core",
        "STREAM_MANAGER_AUTHENTICATE_CLIENT": "the core",
    },
}
"""Variables that somebody else sets, and who: a scenario that sets them too would be contradicted."""

NUMBERS: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "stream_producer": {
        "LOCAL_STREAM_MAX_SIZE": (1024, 2**63 - 1),
        "LOCAL_STREAM_SEGMENT_SIZE": (1024, 2**31 - 1),
        "RAW_BATCH_SIZE": (1, 500),
        "RAW_BATCH_INTERVAL_MS": (60_000, 9_223_372_036_854),
    },
    "stream_manager": {
        "STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE": (1, 1000),
        "STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS": (1, 86_400_000),
        "STREAM_MANAGER_EXPORTER_KINESIS_INTER_CALL_DELAY_MS": (0, 86_400_000),
    },
}
"""Variables that are whole numbers, and their limits."""

DEFAULT_NUMBERS: Mapping[str, int] = {
    "LOCAL_STREAM_MAX_SIZE": 268_435_456,
    "LOCAL_STREAM_SEGMENT_SIZE": 16_777_216,
    "STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE": 5,
    "STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS": 300_000,
}

PLAIN_READING_BYTES = 130
"""About what a reading takes that is not padded: for estimates."""


def number_of(variables: Mapping[str, str], name: str) -> int:
    """The value of one of NUMBERS, its default when it is not set; -1 for a text that is no number."""
    text = variables.get(name)
    if text is None:
        return DEFAULT_NUMBERS[name]
    return int(text) if text.isascii() and text.isdigit() else -1


def local_stream(producer: Mapping[str, str]) -> str:
    """The name of the raw stream."""
    return producer.get("LOCAL_STREAM", "LocalDataStream")
