"""When which reading is due: an open-loop schedule that survives a restart.

Reading k is due at `started + k / rate_hz`, whatever happened to the readings before it: a late source catches up and
skips nothing. `started` is written down, so that a source that was killed goes on at the reading that is due next and
no ordinal is ever used twice.
"""

import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Schedule:
    """The whole state of the source.

    Attributes:
        rate_hz: readings per second of each sensor.
        started: epoch seconds at which ordinal 0 is (or was) due.
        next_ordinal: the first ordinal that has not been made.
        end_ordinal: the first ordinal that will not be made, or None for an endless source.
        enabled: whether readings are made at all.
    """

    rate_hz: float
    started: float
    next_ordinal: int = 0
    end_ordinal: int | None = None
    enabled: bool = False

    def due_at(self, ordinal):
        """Epoch seconds at which `ordinal` is due."""
        return self.started + ordinal / self.rate_hz

    def finished(self):
        """Whether every reading that was asked for has been made."""
        return self.end_ordinal is not None and self.next_ordinal >= self.end_ordinal

    def due(self, now):
        """The ordinals that should have been made by `now` (epoch seconds) and were not."""
        if not self.enabled or now < self.started:
            return range(0)
        # The tiny slack keeps 0.05 * 20 from being 0.9999999999.
        end = math.floor((now - self.started) * self.rate_hz + 1e-6) + 1
        if self.end_ordinal is not None:
            end = min(end, self.end_ordinal)
        return range(self.next_ordinal, max(self.next_ordinal, end))

    def next_due_at(self):
        """Epoch seconds of the next reading, or None when there is none to wait for."""
        return self.due_at(self.next_ordinal) if self.enabled and not self.finished() else None

    def made(self, ordinal):
        """The schedule after `ordinal` was made."""
        return replace(self, next_ordinal=ordinal + 1)

    def enable(self, at, count=None):
        """Start making readings, the next one at `at` (epoch seconds), `count` of them per sensor or without end."""
        if self.enabled:
            return self
        end = None if count is None else self.next_ordinal + count
        started = at - self.next_ordinal / self.rate_hz
        return replace(self, started=started, end_ordinal=end, enabled=True)

    def disable(self):
        """Stop making readings; the ordinals go on from here when it is enabled again."""
        return replace(self, enabled=False)

    def resumed(self, now):
        """The schedule of a restarted source: what was due while it was dead was never offered."""
        missed = self.due(now)
        return replace(self, next_ordinal=missed.stop) if missed else self


def load(path: Path, rate_hz):
    """The schedule that an earlier life of this function left in `path`, or None.

    A schedule of another rate is not continued in its old grid: its ordinals go on, from now.
    """
    try:
        fields = json.loads(path.read_text())
        schedule = Schedule(**fields)
    except (OSError, ValueError, TypeError):
        return None
    if schedule.rate_hz == rate_hz:
        return schedule
    return replace(schedule, rate_hz=rate_hz, enabled=False)


def store(path: Path, schedule):
    """Write the schedule down in one step, so that a kill leaves the old one or the new one."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(schedule)))
    fresh.replace(path)
