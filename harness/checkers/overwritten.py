"""What one model of the segments makes of one exporter. The rules, and their numbers, are those of `overwrite`."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from harness.checkers.chances import Chances
from harness.checkers.evidence import in_s, stalled
from harness.checkers.links import Links
from harness.checkers.passed_over import Passage, Run
from harness.checkers.segments import SegmentModel
from harness.history.history import History


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A rule that was broken.

    Attributes:
        rule: its number.
        messages: how many it concerns.
        sentence: what happened.
        doubtful: the machine may have stood still meanwhile, so that the times prove nothing.
    """

    rule: int
    messages: int
    sentence: str
    doubtful: bool = False


class Rules:
    """See the module."""

    def __init__(self, history: History, chances: Chances, links: Links) -> None:
        self._history = history
        self._chances = chances
        self._links = links

    def violations(self, model: SegmentModel, passage: Passage) -> Iterator[Violation]:
        """Every rule that an exporter broke, if the segments were those of the model."""
        for run in passage.runs:
            yield from self._run(model, passage, run)
        for number in passage.refused:
            if model.evicted(number) is None:
                yield Violation(
                    rule=1,
                    messages=1,
                    sentence=f"{passage.exporter.key}: message {number} was refused and given up, although its segment "
                    "never had to go",
                )
        yield from self._kept_too_long(model, passage)

    def _run(self, model: SegmentModel, passage: Passage, run: Run) -> Iterator[Violation]:
        lost = f"{passage.exporter.key}: {_numbered(run.first, run.end - 1)} passed over"
        last = model.evicted(run.end - 1)
        if last is None:
            kept = [n for n in range(run.first, run.end) if model.evicted(n) is None]
            all_ = "it" if run.end - run.first == 1 else "they"
            which = f"those from {kept[0]} on" if kept[0] > run.first else all_
            yield Violation(
                rule=1,
                messages=len(kept),
                sentence=f"{lost}, although {which} never had to go",
            )
            return
        if not model.is_base(run.end):
            yield Violation(
                rule=2,
                messages=1,
                sentence=f"{lost}; message {run.end}, which came next, is in the middle of a segment",
            )
        if last.invoked_ms >= run.sent_ms:
            yield Violation(
                rule=2,
                messages=1,
                sentence=f"{lost} at {in_s(self._history, run.sent_ms)}, before message {last.by} evicted the last of "
                f"them at {in_s(self._history, last.invoked_ms)}",
            )
        yield from self._chance(model, passage, run, lost)

    def _chance(
        self, model: SegmentModel, passage: Passage, run: Run, lost: str
    ) -> Iterator[Violation]:
        """For the first message whose chance was let go by, among the first of the run and of each segment in it."""
        for number in (n for n in range(run.first, run.end) if n == run.first or model.is_base(n)):
            eviction = model.evicted(number)
            assert eviction is not None, "the first rule holds"
            chance = self._chances.missed(passage, number, eviction.invoked_ms)
            if chance is not None:
                yield Violation(
                    rule=3,
                    messages=eviction.end - number,
                    sentence=f"{lost}; message {number} could have been sent from "
                    f"{in_s(self._history, chance.begin_ms)} to {in_s(self._history, chance.end_ms)}, "
                    "when nothing was in its way",
                    doubtful=stalled(self._history, chance.begin_ms, chance.end_ms),
                )
                return

    def _kept_too_long(self, model: SegmentModel, passage: Passage) -> Iterator[Violation]:
        """Messages that arrived after they had to be gone, more than an exporter had in memory."""
        in_memory = 0
        gone_ms = [each.gone_ms for each in model.gone]
        for request in passage.requests:
            index = bisect_left(gone_ms, request.put.arrived_ms)
            end = model.gone[index - 1].end if index else 0
            gone = request.numbers[: bisect_left(request.numbers, end)]
            if not gone:
                in_memory = 0
                continue
            oldest = model.evicted(gone[0])
            assert oldest is not None
            if self._links.held(passage.exporter.service, request.put.arrived_ms, oldest.gone_ms):
                continue  # It was on its way since before, and says nothing of what came after it.
            # Put together while they were still there: the exporter had them in memory.
            fresh = oldest.gone_ms >= request.formed_ms
            in_memory = len(gone) if fresh else in_memory + len(gone)
            if in_memory > passage.exporter.batch_size:
                arrived = in_s(self._history, request.put.arrived_ms)
                yield Violation(
                    rule=4,
                    messages=len(gone),
                    sentence=f"{passage.exporter.key}: messages {gone[0]} to {gone[-1]} arrived at {arrived}, although "
                    f"the first of them was evicted by {in_s(self._history, oldest.gone_ms)} and no longer in memory: "
                    "the stream keeps more than its maximum size",
                )


def _numbered(first: int, last: int) -> str:
    return f"message {first} was" if first == last else f"messages {first} to {last} were"
