"""Stream producer: appends each message of the local topic `sensor_data` unchanged to a local stream.

On demand: a worker starts with the first message, creates the stream and then appends what it is invoked with. A
message whose append fails is given up with an error in the log: the topic has no memory, and the sender was never told
that the message was stored.

Environment:
    STREAM_MANAGER_CHANNEL: the IoT Analytics channel that the stream is exported to.
    LOCAL_STREAM: name of the stream (default `LocalDataStream`).
    LOCAL_STREAM_MAX_SIZE, LOCAL_STREAM_SEGMENT_SIZE: bytes (default 268435456 and 16777216).
    RAW_KINESIS_STREAM: when set, the stream is exported to this Kinesis data stream as well.
    FLUSH_ON_WRITE: `true` has each append acknowledged only when it is on the disk (default `false`).
    RAW_BATCH_SIZE, RAW_BATCH_INTERVAL_MS: batch rule of both exporters (default: Stream Manager's own).
"""

import logging
import os
from contextlib import suppress

from stream_manager import (
    ExportDefinition,
    IoTAnalyticsConfig,
    KinesisConfig,
    MessageStreamDefinition,
    Persistence,
    StrategyOnFull,
    StreamManagerClient,
    StreamManagerException,
)

logging.basicConfig(level=logging.INFO)
logger = logging.getLogger("stream_producer")

# The group gives a handler three seconds; waiting longer for an answer would only get the worker killed.
REQUEST_TIMEOUT_S = 2


def batch_rule(environment):
    """The arguments that the environment sets for both exporters."""
    names = {"batch_size": "RAW_BATCH_SIZE", "batch_interval_millis": "RAW_BATCH_INTERVAL_MS"}
    return {field: int(environment[name]) for field, name in names.items() if environment.get(name)}


def flush_on_write(environment):
    """Whether FLUSH_ON_WRITE asks for it.

    Raises:
        ValueError: it is neither `true` nor `false`.
    """
    value = environment.get("FLUSH_ON_WRITE") or "false"
    if value not in ("true", "false"):
        raise ValueError(f"FLUSH_ON_WRITE has to be true or false, not {value!r}")
    return value == "true"


def definition(environment):
    """The stream's definition: file based, oldest data overwritten when full, exported without a priority."""
    rule = batch_rule(environment)
    kinesis = []
    if environment.get("RAW_KINESIS_STREAM"):
        target = environment["RAW_KINESIS_STREAM"]
        kinesis = [KinesisConfig(identifier="RawKinesis", kinesis_stream_name=target, **rule)]
    # IoT Analytics takes at most 100 messages in a request, Kinesis 500.
    analytics_rule = (
        {**rule, "batch_size": min(rule["batch_size"], 100)} if "batch_size" in rule else rule
    )
    analytics = IoTAnalyticsConfig(
        identifier="RawData", iot_channel=environment["STREAM_MANAGER_CHANNEL"], **analytics_rule
    )
    return MessageStreamDefinition(
        name=environment.get("LOCAL_STREAM", "LocalDataStream"),
        max_size=int(environment.get("LOCAL_STREAM_MAX_SIZE", "268435456")),
        stream_segment_size=int(environment.get("LOCAL_STREAM_SEGMENT_SIZE", "16777216")),
        time_to_live_millis=None,
        strategy_on_full=StrategyOnFull.OverwriteOldestData,
        persistence=Persistence.File,
        flush_on_write=flush_on_write(environment),
        export_definition=ExportDefinition(iot_analytics=[analytics], kinesis=kinesis),
    )


def settings_of(described):
    """What has to agree between the stream that is there and the one we want."""
    export = described.export_definition or ExportDefinition()
    exporters = [*(export.iot_analytics or []), *(export.kinesis or [])]
    rules = [(each.identifier, each.batch_size, each.batch_interval_millis) for each in exporters]
    return described.max_size, described.stream_segment_size, rules


def ensure_stream(client, wanted):
    """Create the stream, or bring the one that is there up to date after a deployment that changed it."""
    try:
        client.create_message_stream(wanted)
        logger.info("Created %s", wanted.name)
    except StreamManagerException as error:
        present = client.describe_message_stream(wanted.name).definition
        if settings_of(present) != settings_of(wanted):
            logger.info("Updating %s: %s", wanted.name, error.message)
            client.update_message_stream(wanted)


class Producer:
    """Appends to one stream through one connection, which is opened again after it broke.

    Args:
        environment: see the module.
        connect: opens a client; raises OSError while the server is down.
    """

    def __init__(self, environment, connect):
        self._definition = definition(environment)
        self._connect = connect
        self._client = None

    def append(self, payload):
        """Append one message.

        Returns:
            Its sequence number.

        Raises:
            OSError, asyncio.TimeoutError, StreamManagerException: the message was not acknowledged.
        """
        try:
            return self.prepare().append_message(self._definition.name, payload)
        except (TimeoutError, OSError, EOFError):
            self._forget()
            raise

    def prepare(self):
        if self._client is None:
            client = self._connect()
            try:
                ensure_stream(client, self._definition)
            except BaseException:
                client.close()
                raise
            self._client = client
        return self._client

    def _forget(self):
        client, self._client = self._client, None
        if client is not None:
            # The SDK's client says goodbye over the connection that is broken; the first error is the one to tell.
            with suppress(TimeoutError, OSError, EOFError):
                client.close()


def start(environment):
    """The producer of this worker; the stream exists when it returns, if the server can be reached."""
    producer = Producer(environment, lambda: StreamManagerClient(request_timeout=REQUEST_TIMEOUT_S))
    try:
        producer.prepare()
    except (TimeoutError, OSError, EOFError, StreamManagerException) as error:
        logger.warning("The stream manager cannot be reached yet: %s", error)
    return producer


def main(event, context):
    """Append one message of the topic.

    Args:
        event: the message's bytes.
    """
    PRODUCER.append(event)


PRODUCER = start(os.environ) if os.environ.get("MY_FUNCTION_ARN") else None
