"""Where a stream manager that was started again may have begun a segment: at its first append, or not at all."""

from collections.abc import Sequence
from itertools import islice, product

from harness.checkers.links import Window
from harness.checkers.segments import numbered
from harness.history.operations import StreamHistory

# Close to a restart the times do not tell exactly which append was the first.
_CANDIDATES = 3
_CHOICES_MAX = 64


def roll_choices(stream: StreamHistory, restarts: Sequence[Window]) -> list[frozenset[int]]:
    """The sets of numbers that may have begun a segment because of these restarts, the likeliest first: none."""
    options = []
    for restart in restarts:
        behind = [
            number
            for number, append in numbered(stream).items()
            if append.ended_ms is None or append.ended_ms >= restart.begin_ms
        ]
        options.append([None, *islice(behind, _CANDIDATES)])
    while len(options) > 1 and _count(options) > _CHOICES_MAX:
        longest = max(options, key=len)
        if len(longest) <= 2:
            break
        longest.pop()
    choices = (frozenset(n for n in each if n is not None) for each in product(*options))
    return list(dict.fromkeys(islice(choices, _CHOICES_MAX)))


def _count(options: Sequence[Sequence[int | None]]) -> int:
    count = 1
    for each in options:
        count *= len(each)
    return count
