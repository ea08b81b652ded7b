"""What may have been overwritten: the one record overhead that leaves the least of what is missing unexplained.

The finer rules, such as whether an exporter had its chance before, are those of `overwrite`; here a message may be gone
if its segment was evicted before its exporter went past it.
"""

from collections.abc import Mapping

from harness.checkers.links import Links
from harness.checkers.rolls import roll_choices
from harness.checkers.segments import Appended, SegmentModel
from harness.history.history import History
from harness.history.operations import Exporter, StreamHistory

RECORD_OVERHEAD_MAX = 64
"""Bytes per record besides its payload that a server may need, at most."""


class Overwriting:
    """See the module. Asked for one message after the other, so that it keeps what it found."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._choices: dict[tuple[str, int], list[SegmentModel]] = {}

    def models(self, exporter: Exporter) -> list[SegmentModel]:
        """What the segments of an exporter's stream may have been; none where nothing is overwritten."""
        key = exporter.stream, exporter.epoch
        if key not in self._choices:
            self._choices[key] = _models(self._history, self._history.stream_of(exporter))
        return self._choices[key]

    def best(self, exporter: Exporter, missing: Mapping[int, float]) -> SegmentModel | None:
        """The segments that explain the most.

        Args:
            missing: by number, until when each message had to be gone.
        """
        best, fewest = None, len(missing) + 1
        for model in self.models(exporter) if missing else ():
            left = sum(not gone_before(model, number, at) for number, at in missing.items())
            if left < fewest:
                best, fewest = model, left
            if not left:
                break
        return best


def gone_before(model: SegmentModel, number: int, at_ms: float) -> bool:
    """Whether a message may have been evicted before a moment."""
    eviction = model.evicted(number)
    return eviction is not None and eviction.invoked_ms < at_ms


def _sizes(stream: StreamHistory) -> list[int]:
    """The maximum sizes that a stream ever had while it overwrote."""
    then = [stream.defined_at(at_ms) for at_ms, _ in stream.definitions]
    return [each.max_size for each in then if each.overwrites]


def _models(history: History, stream: StreamHistory) -> list[SegmentModel]:
    most = sum(each.size + RECORD_OVERHEAD_MAX for each in stream.appends)
    if most <= min(_sizes(stream), default=most):
        return []
    durable = {each.hash for each in history.records}
    appended = Appended.of(stream, durable)
    rolls = roll_choices(stream, Links(history).restarts)
    return [
        appended.explain(overhead, roll)
        for overhead in range(RECORD_OVERHEAD_MAX + 1)
        for roll in rolls
    ]
