"""The processes of a site that can be killed."""

from enum import StrEnum


class Target(StrEnum):
    """The processes of the edge as the stack provides it; a site of one's own has other functions."""

    STREAM_MANAGER = "stream_manager"
    CORE = "core"
    SENSOR_SOURCE = "sensor_source"
    STREAM_PRODUCER = "stream_producer"
    STREAM_AGGREGATOR = "stream_aggregator"


EVERY_SITE_HAS = (Target.STREAM_MANAGER, Target.CORE)
"""The processes that are no functions."""

FUNCTION_NAME = r"[A-Za-z][A-Za-z0-9_]{0,31}"
"""What a function of somebody else may be called: it becomes part of the name that Lambda knows it by."""
