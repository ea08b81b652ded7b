"""Windows of reading time: which aggregate a reading belongs to, and when it is complete.

Pure: what comes out depends on the messages and their order alone. That is what makes a restart exact: whoever reads
the same messages again comes to the same windows.
"""

from dataclasses import dataclass, field

WINDOW_S = 5


@dataclass
class Window:
    """The readings of one sensor in one stretch of WINDOW_S seconds of reading time."""

    sensor: str
    window_start: float
    first_sequence_number: int
    last_sequence_number: int = -1
    count: int = 0
    timestamp: float = 0.0
    temperature_sum: float = 0.0
    hertz_sum: float = 0.0

    def add(self, sequence_number, reading):
        """Count one reading."""
        self.last_sequence_number = sequence_number
        self.count += 1
        self.timestamp = max(self.timestamp, reading["timestamp"])
        self.temperature_sum += reading["temperature"]
        self.hertz_sum += reading["hertz"]

    def aggregate(self):
        """The aggregate as it is appended: means over the window, and the messages it was made from."""
        return {
            "sensor": self.sensor,
            "window_start": self.window_start,
            "count": self.count,
            "avg_temperature": round(self.temperature_sum / self.count, 4),
            "avg_hertz": round(self.hertz_sum / self.count, 4),
            "timestamp": self.timestamp,
            "first_sequence_number": self.first_sequence_number,
            "last_sequence_number": self.last_sequence_number,
        }


@dataclass
class Windows:
    """The open windows of all sensors.

    Attributes:
        emitted: for each sensor the last message that an earlier life has aggregated already.
    """

    emitted: dict = field(default_factory=dict)
    _open: dict = field(default_factory=dict)

    def add(self, sequence_number, reading):
        """Take one reading.

        A window is complete when its sensor begins the next one, or when another sensor is a whole window ahead of
        its end. A reading from before its sensor's open window (a clock that was set back) counts in the open one:
        a complete window is never opened again.

        Returns:
            The aggregates that are complete now, in the order of their windows.
        """
        sensor = reading["sensor"]
        start = reading["timestamp"] // WINDOW_S * WINDOW_S
        if sequence_number <= self.emitted.get(sensor, -1):
            return []
        complete = [each for each in self._open.values() if self._is_complete(each, sensor, start)]
        for window in complete:
            del self._open[window.sensor]
            self.emitted[window.sensor] = window.last_sequence_number
        window = self._open.setdefault(sensor, Window(sensor, start, sequence_number))
        window.add(sequence_number, reading)
        complete.sort(key=lambda each: (each.window_start, each.first_sequence_number))
        return [each.aggregate() for each in complete]

    @staticmethod
    def _is_complete(window, sensor, start):
        if window.sensor == sensor:
            return start > window.window_start
        return start >= window.window_start + 2 * WINDOW_S


def resume(aggregates):
    """Where a restarted aggregator goes on, told by the newest aggregates it finds in its own stream.

    Every message that is not in an aggregate yet belongs to a window that was open: it is no older than the windows
    of the last two steps.

    Args:
        aggregates: the newest aggregates, oldest first.

    Returns:
        The sequence number to read from, and the Windows that know what is done already.
    """
    if not aggregates:
        return 0, Windows()
    emitted = {each["sensor"]: each["last_sequence_number"] for each in aggregates}
    newest = max(each["window_start"] for each in aggregates)
    recent = [each for each in aggregates if each["window_start"] >= newest - 3 * WINDOW_S]
    return min(each["first_sequence_number"] for each in recent), Windows(emitted=emitted)
