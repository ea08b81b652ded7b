"""The processes of a site that can be killed."""

from enum import StrEnum


class Target(StrEnum):
    """A process of the edge."""

    STREAM_MANAGER = "stream_manager"
    CORE = "core"
    SENSOR_SOURCE = "sensor_source"
    STREAM_PRODUCER = "stream_producer"
    STREAM_AGGREGATOR = "stream_aggregator"
