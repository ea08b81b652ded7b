"""Which readings a load makes and who carries them: pure, the same for all processes of a load.

The readings of all sensors are numbered in the order in which they are due: number n is reading `n // sensors` of
sensor `n % sensors`. Of several workers each takes every n-th number, so that no two have one reading.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from harness.load.shape import Shape


class LoadUser(StrEnum):
    """The locust users that make readings."""

    DEVICE = "SensorDevice"
    APPENDER = "StreamAppender"


LOAD_STREAM = "LoadStream"
"""The stream that `StreamAppender` makes."""
LOAD_KINESIS_STREAM = "LoadData"
"""The Kinesis data stream that it is exported to."""

_PREFIXES = {LoadUser.DEVICE: "device", LoadUser.APPENDER: "appender"}


def sensor_names(user: LoadUser, count: int) -> tuple[str, ...]:
    """The names of a load's sensors, which the site's own sensor source does not have."""
    return tuple(f"{_PREFIXES[user]}-{number + 1}" for number in range(count))


@dataclass(frozen=True, slots=True)
class Due:
    """A reading that is to be made.

    Attributes:
        sensor, ordinal: its identity.
        due_ms: when, since the first one is due.
    """

    sensor: str
    ordinal: int
    due_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """All readings of one kind of user.

    Attributes:
        sensors: their names.
        rate_hz: readings per second of each, which the shape varies.
        duration_ms: readings are due before it is over.
    """

    sensors: tuple[str, ...]
    rate_hz: float
    shape: Shape
    duration_ms: int

    def __len__(self) -> int:
        return self.due_before(self.duration_ms)

    def due_before(self, ms: float) -> int:
        """How many readings of all sensors are due before `ms`, or before the end."""
        until_ms = max(0.0, min(ms, self.duration_ms))
        return len(self.sensors) * self.shape.readings_before(until_ms, self.rate_hz)

    def reading(self, number: int) -> Due:
        """The reading of a number."""
        ordinal, sensor = divmod(number, len(self.sensors))
        return Due(self.sensors[sensor], ordinal, self.shape.due_ms(ordinal, self.rate_hz))


@dataclass(frozen=True, slots=True)
class Share:
    """What one of several processes carries.

    Attributes:
        index: of the process, from 0.
        of: how many there are.
    """

    index: int
    of: int

    def size(self, schedule: Schedule) -> int:
        """How many readings it is."""
        return len(range(self.index, len(schedule), self.of))

    def readings(self, schedule: Schedule) -> Iterator[Due]:
        """The readings, in the order in which they are due."""
        for number in range(self.index, len(schedule), self.of):
            yield schedule.reading(number)
