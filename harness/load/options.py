"""The options of a load: what locust's command line takes besides its own, and what it means."""

import math
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.commands.outcome import CommandFailed
from harness.load.carrying import Policy
from harness.load.export import Export
from harness.load.schedule import (
    LOAD_KINESIS_STREAM,
    LOAD_STREAM,
    LoadUser,
    Schedule,
    sensor_names,
)
from harness.load.shape import Shape, ShapeName
from harness.scenario.quantities import parse_duration_ms, parse_rate


@dataclass(frozen=True, slots=True)
class Option:
    """One option, as locust's command line declares it; its value stays a text until `parse`.

    Attributes:
        name: without the dashes.
        default: a text, or None.
    """

    name: str
    default: str | None
    help: str

    @property
    def variable(self) -> str:
        """The variable of the environment that sets it as well."""
        if self.name == "site":
            return "STREAM_CHAOS_SITE"
        return f"STREAM_CHAOS_LOAD_{self.name.upper().replace('-', '_')}"


BATCH_S = 2

_SHAPES = ", ".join(ShapeName)

OPTIONS = (
    Option("site", None, "the site, as `stream-chaos up --json FILE` describes it"),
    Option("rate", "20", "readings per second of each sensor"),
    Option("duration", "1m", "readings are due until then"),
    Option("shape", "steady", f"how the rate goes over time: {_SHAPES}"),
    Option("over", None, "ramp: how long it rises (default: the duration)"),
    Option("every", "30s", "burst, duty: the period"),
    Option("lasting", "5s", "burst: how long at the end of each period; duty: how long it is on"),
    Option("times", "5", "burst: how many times the rate"),
    Option("sensors", "1", "sensors that readings come from"),
    Option("reading-bytes", "0", "readings are padded to this size"),
    Option("seed", "1", "of the readings' values"),
    Option("queue", "10000", "readings that may wait in a process; what comes then is dropped"),
    Option("timeout", "5s", "how long an answer is waited for"),
    Option("patience", "30s", "how long a reading waits for a connection"),
    Option("retries", "0", "how often a reading is sent again that was not answered"),
    Option("grace", "30s", "how long after the end what waits is still sent"),
    Option("stream", LOAD_STREAM, "StreamAppender: the stream it makes"),
    Option(
        "export",
        f"kinesis:{LOAD_KINESIS_STREAM}",
        "StreamAppender: kinesis:NAME, iotanalytics:CHANNEL or none",
    ),
    Option("batch-size", None, "StreamAppender: messages in an export (default: of two seconds)"),
    Option("qos", "1", "SensorDevice: 0 or 1"),
    Option("api-rate", "1", "SensorApi: requests per second"),
    Option("gate", None, "folder in which whoever started this tells when to begin and to end"),
)
"""All options, with their defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """The options of a load, sound.

    Attributes:
        queue: readings that may wait in one process.
        timeout_s: how long an answer is waited for.
        grace_s: how long what waits at the end is still sent.
        export: of the stream, None for none.
        gate: the folder in which the run tells when to begin and to end.
    """

    rate_hz: float
    duration_ms: int
    shape: Shape
    sensors: int
    reading_bytes: int
    seed: int
    queue: int
    timeout_s: float
    policy: Policy
    grace_s: float
    stream: str
    export: Export | None
    batch_size: int
    qos: int
    api_rate_hz: float
    gate: Path | None

    def schedule(self, user: str) -> Schedule:
        """The readings of one kind of user; of another user, its requests."""
        if user in list(LoadUser):
            sensors = sensor_names(LoadUser(user), self.sensors)
            return Schedule(
                sensors=sensors,
                rate_hz=self.rate_hz,
                shape=self.shape,
                duration_ms=self.duration_ms,
            )
        return Schedule(
            sensors=(user,), rate_hz=self.api_rate_hz, shape=Shape(), duration_ms=self.duration_ms
        )

    @property
    def latest_end_s(self) -> float:
        """When the last reading is given up at the latest, after the first was due."""
        return (
            self.duration_ms / 1000
            + self.grace_s
            + self.policy.patience_s
            + (self.policy.retries + 1) * self.timeout_s
        )


def parse(given: Namespace) -> LoadOptions:
    """The options that locust's command line gives.

    Raises:
        CommandFailed: one of them is wrong, in a sentence.
    """
    read = _Reader(vars(given))
    duration_ms = read("duration", _duration)
    rate_hz, shape = read("rate", _rate), _shape(read, duration_ms)
    sensors, export = read("sensors", _whole(1, 1000)), read("export", _export)
    return LoadOptions(
        rate_hz=rate_hz,
        duration_ms=duration_ms,
        shape=shape,
        sensors=sensors,
        reading_bytes=read("reading-bytes", _whole(0, 1_000_000)),
        seed=read("seed", _whole(0, 2**63)),
        queue=read("queue", _whole(1, 10_000_000)),
        timeout_s=read("timeout", _duration) / 1000,
        policy=Policy(
            retries=read("retries", _whole(0, 100)),
            patience_s=read("patience", _duration_or_none) / 1000,
        ),
        grace_s=read("grace", _duration_or_none) / 1000,
        stream=read("stream", _name),
        export=export,
        batch_size=_batch_size(read, export, sensors * shape.highest_hz(rate_hz)),
        qos=read("qos", _whole(0, 1)),
        api_rate_hz=read("api-rate", _rate),
        gate=read("gate", lambda text: Path(text) if text else None),
    )


class _Reader:
    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given

    def __call__(self, name: str, meaning: Callable[[str], Any]) -> Any:
        text = self._given.get(name.replace("-", "_"))
        try:
            return meaning("" if text is None else str(text).strip())
        except ValueError as error:
            raise CommandFailed(f"--{name}: {error}.") from error


def _shape(read: _Reader, duration_ms: int) -> Shape:
    name = read("shape", _shape_name)
    every_ms, lasting_ms = read("every", _duration), read("lasting", _duration)
    if name in (ShapeName.BURST, ShapeName.DUTY) and lasting_ms >= every_ms:
        raise CommandFailed(
            f"--lasting: a {name} has to be shorter than its period (--every); make it shorter."
        )
    return Shape(
        name=name,
        over_ms=read("over", lambda text: _duration(text) if text else duration_ms),
        every_ms=every_ms,
        lasting_ms=lasting_ms,
        times=read("times", _times),
    )


def _batch_size(read: _Reader, export: Export | None, highest_hz: float) -> int:
    """Enough that an emulator which takes half a second for a request keeps up."""
    most = export.most_messages if export else 1
    enough = min(most, max(10, math.ceil(highest_hz * BATCH_S)))
    return read("batch-size", lambda text: _whole(1, most)(text) if text else enough)  # type: ignore[no-any-return]


def _shape_name(text: str) -> ShapeName:
    if text not in list(ShapeName):
        raise ValueError(f"{text!r} is no shape; choose one of {_SHAPES}")
    return ShapeName(text)


def _rate(text: str) -> float:
    """A number alone is per second, as in locust's own options."""
    return parse_rate(f"{text}/s" if _number(text) else text)


def _duration(text: str) -> int:
    milliseconds = _duration_or_none(text)
    if not milliseconds:
        raise ValueError(f"{text!r} is no time at all; write a longer one, such as 30s")
    return milliseconds


def _duration_or_none(text: str) -> int:
    """A number alone are seconds, as in locust's own options."""
    return parse_duration_ms(f"{text}s" if _number(text) else text)


def _number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def _times(text: str) -> float:
    if not _number(text) or not float(text):
        raise ValueError(f"{text!r} is no number above 0; write one, such as 5")
    return float(text)


def _whole(least: int, most: int) -> Callable[[str], int]:
    def meaning(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
            raise ValueError(f"{text!r} is no whole number from {least} to {most}; write one")
        return int(text)

    return meaning


def _name(text: str) -> str:
    if not text or len(text) > 255:
        raise ValueError("a stream has a name of 1 to 255 characters; write one")
    return text


def _export(text: str) -> Export | None:
    return None if text == "none" else Export.parse(text)
