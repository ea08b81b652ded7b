"""Stream aggregator: a pinned function that turns the raw stream into one aggregate per sensor and five seconds.

It reads LOCAL_DATA_STREAM, appends the aggregates to AGGREGATE_STREAM (exported to Kinesis, most urgent) and shows
the newest ones on an HTTP API. Where it is, is told by the aggregates themselves: restarted, it reads the end of its
own stream and goes on after the last complete window, neither twice nor from the beginning.

Environment:
    LOCAL_DATA_STREAM: stream to read (default `LocalDataStream`).
    AGGREGATE_STREAM: stream to append to (default `AggregateDataStream`).
    KINESIS_DATA_STREAM: Kinesis data stream that the aggregates are exported to.
    FLUSH_ON_WRITE: `true` has each aggregate acknowledged only when it is on the disk (default `false`).
    AGGREGATE_API_PORT: port of the HTTP API on 0.0.0.0 (default 8181).
"""

import json
import logging
import os
import threading

from flask import Flask, jsonify
from streams import MESSAGES_MAX, Streams, flush_on_write, pause
from werkzeug.serving import make_server
from windows import resume

logging.basicConfig(level=logging.INFO)
logging.getLogger("werkzeug").setLevel(logging.WARNING)
logger = logging.getLogger("stream_aggregator")

GATHER_S = 0.5
"""How long messages gather before they are read: a read for each would be as many requests as appends."""


class Latest:
    """The newest aggregate of each sensor, for the HTTP API."""

    def __init__(self):
        self._sensors = {}

    def take(self, aggregate):
        """Remember one aggregate."""
        self._sensors = {**self._sensors, aggregate["sensor"]: aggregate}

    def answer(self):
        """The answer of the API: the newest aggregate's values at the top, those of each sensor below."""
        sensors = dict(sorted(self._sensors.items()))
        newest = max(sensors.values(), key=lambda each: each["timestamp"], default={})
        top = {name: newest.get(name) for name in ("avg_temperature", "avg_hertz", "timestamp")}
        return {**top, "sensors": sensors}


def parse(payload):
    """A reading, or None for a message that is none."""
    try:
        reading = json.loads(payload)
        return {
            "sensor": str(reading.get("sensor", "sensor")),
            "timestamp": float(reading["timestamp"]),
            "temperature": float(reading["temperature"]),
            "hertz": float(reading["hertz"]),
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def aggregate_from(streams, latest, position, windows):
    """Aggregate what comes after `position`, for ever."""
    while True:
        messages = streams.read(position)
        for message in messages:
            position = message.sequence_number + 1
            reading = parse(message.payload)
            if reading is None:
                logger.error("Message %d is no reading, skipped", message.sequence_number)
                continue
            for aggregate in windows.add(message.sequence_number, reading):
                streams.append(aggregate)
                latest.take(aggregate)
        if len(messages) < MESSAGES_MAX:
            pause(GATHER_S)


def run(streams, latest):
    """Go on where an earlier life of this function was."""
    streams.prepare()
    tail = streams.tail()
    for aggregate in tail:
        latest.take(aggregate)
    position, windows = resume(tail)
    logger.info("Aggregating %s from sequence number %d", streams.source, position)
    aggregate_from(streams, latest, position, windows)


def insist(environment, latest):
    """The aggregating thread: a surprise ends the process, and the core starts it again where it was."""
    try:
        streams = Streams(
            source=environment.get("LOCAL_DATA_STREAM", "LocalDataStream"),
            target=environment.get("AGGREGATE_STREAM", "AggregateDataStream"),
            kinesis_stream=environment["KINESIS_DATA_STREAM"],
            flush_on_write=flush_on_write(environment),
        )
        run(streams, latest)
    except Exception:
        logger.exception("The aggregator cannot go on and starts again")
        logging.shutdown()
        os._exit(1)


def api(latest):
    """The Flask application that shows the newest aggregates."""
    app = Flask("stream_aggregator")

    @app.get("/api/v1/aggregate")
    def aggregate():
        return jsonify(latest.answer())

    return app


def start(environment):
    """Start the aggregating thread and the HTTP API."""
    latest = Latest()
    port = int(environment.get("AGGREGATE_API_PORT", "8181"))
    server = make_server("0.0.0.0", port, api(latest), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=insist, args=(environment, latest), daemon=True).start()


def main(event, context):
    """A pinned function has to have a handler; nobody calls it."""


if os.environ.get("MY_FUNCTION_ARN"):
    start(os.environ)
