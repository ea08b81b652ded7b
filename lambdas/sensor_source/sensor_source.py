"""Sensor source: a pinned function that publishes simulated readings to the local topic `sensor_data`.

Environment:
    SENSOR_COUNT: number of sensors, named sensor-1, sensor-2 and so on (default 1).
    SENSOR_RATE_HZ: readings per second of each sensor (default 20).
    SENSOR_READING_BYTES: readings are padded to this size (default 0: not padded).
    SENSOR_START: `enabled` (default) or `disabled`, until the HTTP API says otherwise.
    SENSOR_API_PORT: port of the HTTP API on 0.0.0.0 (default 8180).
    SENSOR_SEED: seed of the values (default 0).
    SENSOR_TOPIC: the local topic (default `sensor_data`).
"""

import logging
import os
import threading
import time
from pathlib import Path

import greengrasssdk
from flask import Flask, jsonify, request
from readings import reading
from schedule import Schedule, load, store
from werkzeug.serving import make_server

logging.basicConfig(level=logging.INFO)
logging.getLogger("werkzeug").setLevel(logging.WARNING)
logger = logging.getLogger("sensor_source")

SCHEDULE_FILE = Path("schedule.json")


class Source:
    """Makes readings on schedule, in a thread of its own.

    Args:
        schedule: where to begin.
        sensors: names of the sensors.
        publish: takes the bytes of one reading.
        make: turns sensor, ordinal and epoch seconds into the bytes of a reading.
        remember: takes each schedule that has to outlive this process.
    """

    def __init__(self, schedule, *, sensors, publish, make, remember):
        self.schedule = schedule
        self.sensors = sensors
        self.published = 0
        self.failed = 0
        self._publish = publish
        self._make = make
        self._remember = remember
        self._changed = threading.Condition()

    def enable(self, at, count=None):
        """Start at `at` (epoch seconds), for `count` readings per sensor or without end."""
        self._change(lambda schedule: schedule.enable(at, count))

    def disable(self):
        """Stop."""
        self._change(lambda schedule: schedule.disable())

    def _change(self, how):
        with self._changed:
            self.schedule = how(self.schedule)
            self._remember(self.schedule)
            self._changed.notify_all()

    def status(self):
        """The answer of the HTTP API."""
        schedule = self.schedule
        return {
            "response": "enabled" if schedule.enabled else "disabled",
            "started": schedule.started,
            "rate_hz": schedule.rate_hz,
            "sensors": self.sensors,
            "next_ordinal": schedule.next_ordinal,
            "published": self.published,
            "failed": self.failed,
        }

    def run(self):
        """Make readings until the process ends."""
        while True:
            with self._changed:
                self._wait_until_due()
                due = self.schedule.due(time.time())
            for ordinal in due:
                if not self._offer(ordinal):
                    break

    def _wait_until_due(self):
        while True:
            at = self.schedule.next_due_at()
            left = None if at is None else at - time.time()
            if left is not None and left <= 0:
                return
            self._changed.wait(left)

    def _offer(self, ordinal):
        with self._changed:
            if not self.schedule.enabled:
                return False
            self.schedule = self.schedule.made(ordinal)
        for sensor in self.sensors:
            self._publish_one(self._make(sensor, ordinal, time.time()))
        return True

    def _publish_one(self, payload):
        try:
            self._publish(payload)
            self.published += 1
        except Exception:
            self.failed += 1
            logger.exception("A reading could not be published and is lost")


def api(source):
    """The Flask application that switches the source on and off."""
    app = Flask("sensor_source")

    @app.get("/api/v1/sensor/data/enable")
    def enable():
        try:
            at = float(request.args.get("at", time.time()))
            count = int(request.args["count"]) if "count" in request.args else None
        except ValueError:
            return jsonify(error="`at` is epoch seconds, `count` a whole number of readings"), 400
        source.enable(at, count)
        return jsonify(source.status())

    @app.get("/api/v1/sensor/data/disable")
    def disable():
        source.disable()
        return jsonify(source.status())

    @app.get("/api/v1/sensor/data/status")
    def status():
        return jsonify(source.status())

    return app


def first_schedule(environment, now):
    """The schedule to begin with: an earlier life's, else as the environment says."""
    rate_hz = float(environment.get("SENSOR_RATE_HZ", "20"))
    if rate_hz <= 0:
        raise ValueError("SENSOR_RATE_HZ has to be above 0")
    kept = load(SCHEDULE_FILE, rate_hz)
    if kept is not None:
        return kept.resumed(now)
    fresh = Schedule(rate_hz=rate_hz, started=now)
    return fresh.enable(now) if environment.get("SENSOR_START", "enabled") == "enabled" else fresh


def start(environment):
    """Start source and HTTP API in threads; the function itself is only asked to stay alive."""
    broker = greengrasssdk.client("iot-data")
    topic = environment.get("SENSOR_TOPIC", "sensor_data")
    seed = environment.get("SENSOR_SEED", "0")
    size_bytes = int(environment.get("SENSOR_READING_BYTES", "0"))
    source = Source(
        first_schedule(environment, time.time()),
        sensors=[f"sensor-{n + 1}" for n in range(int(environment.get("SENSOR_COUNT", "1")))],
        publish=lambda payload: broker.publish(topic=topic, payload=payload),
        make=lambda *what: reading(*what, seed=seed, size_bytes=size_bytes),
        remember=lambda schedule: store(SCHEDULE_FILE, schedule),
    )
    store(SCHEDULE_FILE, source.schedule)
    server = make_server(
        "0.0.0.0", int(environment.get("SENSOR_API_PORT", "8180")), api(source), threaded=True
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=source.run, daemon=True).start()
    logger.info("%d sensor(s) at %g Hz", len(source.sensors), source.schedule.rate_hz)


def main(event, context):
    """A pinned function has to have a handler; nobody calls it."""


# Imported under this name by a host, never by a test that only wants the parts above.
if os.environ.get("MY_FUNCTION_ARN"):
    start(os.environ)
