"""Overwrite: was exactly the oldest data given up, by whole segments, and only while the stream was full?

Exporting frees nothing, so what is evicted depends on the appends alone, and the judge computes it (`segments`). With
that, for each exporter:
1. every message that was passed over had to go: its segment was evicted;
2. the exporter went on at the beginning of a segment, and not before the last eviction that it stepped over had begun;
3. it had had no chance: while the lost messages were still there and made a batch, the link was never sound for longer
   than the maximum back-off plus one batch with nothing under way;
4. a message that was gone may still arrive, if it was in the exporter's memory already: one batch. More means that the
   stream keeps more than its maximum size;
5. a restart may repeat batches and begin a segment; it excuses nothing else.

How many bytes a record takes besides its payload is the server's affair: a run is valid if one number explains all
streams.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from harness.checkers import evidence
from harness.checkers.chances import Chances
from harness.checkers.links import Links
from harness.checkers.overwritten import Rules, Violation
from harness.checkers.passed_over import Passage, passage_of
from harness.checkers.rolls import roll_choices
from harness.checkers.segments import Appended, Eviction, SegmentModel
from harness.checkers.verdict import Ruling, Verdict, ruled
from harness.history.history import History
from harness.history.operations import StreamHistory
from harness.plan.model import Plan
from harness.scenario.judges import OverwriteJudge

# Without one of these a message may have been appended, sent or held up that nobody saw.
_NEEDED = ("edge-tap", "cloud-tap", "nemesis", "harness")


@dataclass(frozen=True, slots=True)
class _Case:
    """A stream that overwrites, with what its exporters did."""

    stream: StreamHistory
    appended: Appended
    passages: Sequence[Passage]
    rolls: Sequence[frozenset[int]]


@dataclass(frozen=True, slots=True)
class _Explanation:
    """What one record overhead makes of all streams."""

    overhead: int
    models: Sequence[SegmentModel]
    violations: Sequence[Violation]

    @property
    def certain(self) -> list[Violation]:
        """What it leaves unexplained, the gravest first."""
        found = (each for each in self.violations if not each.doubtful)
        return sorted(found, key=lambda each: -each.messages)

    @property
    def weight(self) -> tuple[int, int]:
        """The less, the better it explains: messages that it leaves unexplained, for certain and in doubt."""
        certain = sum(each.messages for each in self.violations if not each.doubtful)
        return certain, sum(each.messages for each in self.violations) - certain


class OverwriteChecker:
    """See the module."""

    name: ClassVar[str] = "overwrite"

    def __init__(self, judge: OverwriteJudge) -> None:
        self._judge = judge

    def check(self, history: History, plan: Plan) -> Verdict:
        """The verdict on a run."""
        links = Links(history)
        cases = _cases(history, links)
        if not cases:
            reason = "No stream that overwrites its oldest data has an exporter."
            return Verdict(name=self.name, verdict=Ruling.UNKNOWN, reason=reason)
        chances = Chances(
            history,
            links,
            backoff_ms_max=plan.site.backoff_ms_max,
            pool_size=plan.site.exporter_threads,
        )
        rules = Rules(history, chances, links)
        overheads = range(self._judge.record_overhead_max + 1)
        explanations = [_explain(cases, rules, overhead) for overhead in overheads]
        return self._ruled(history, cases, explanations)

    def _ruled(
        self, history: History, cases: Sequence[_Case], explanations: Sequence[_Explanation]
    ) -> Verdict:
        least = min(each.weight for each in explanations)
        equal = [each for each in explanations if each.weight == least]
        best = equal[len(equal) // 2]
        figures = _figures(cases, best, equal)
        doubts = [doubt for model in best.models for doubt in model.doubts]
        doubts += evidence.unheard(history, _NEEDED)
        if best.certain:
            finding = _accusation(best.certain, self._judge.record_overhead_max)
            if doubts:
                return ruled(
                    self.name,
                    Ruling.UNKNOWN,
                    f"{finding} Unknown: {evidence.joined(doubts)}.",
                    figures,
                )
            sentences = [each.sentence for each in best.certain]
            return ruled(self.name, Ruling.INVALID, finding, figures, sentences)
        finding = _acquittal(cases, best, equal)
        gaps = [*self._unproven(cases, best), *evidence.gaps(history)]
        if best.violations:
            gaps.append(
                "the machine stood still for a while, so that nothing can be said of some times"
            )
        gaps += evidence.unread(
            history, [each.exporter for case in cases for each in case.passages]
        )
        if gaps:
            return ruled(
                self.name, Ruling.UNKNOWN, f"{finding} Unknown: {evidence.joined(gaps)}.", figures
            )
        return ruled(self.name, Ruling.VALID, finding, figures)

    def _unproven(self, cases: Sequence[_Case], best: _Explanation) -> list[str]:
        """Why nothing was put to the test, a clause each."""
        segments = sum(len(each) for each in _segments_gone(cases, best))
        runs = [run for case in cases for passage in case.passages for run in passage.runs]
        found = []
        if segments < self._judge.segments_at_least:
            found.append(
                f"at least {self._judge.segments_at_least} segments have to be overwritten"
            )
        if not any(run.survived for run in runs):
            found.append("nothing that had waited beside them came through")
        return found


def _cases(history: History, links: Links) -> list[_Case]:
    cases = []
    for key, stream in history.streams.items():
        exporters = [each for each in history.exporters if (each.stream, each.epoch) == key]
        if not (exporters and stream.appends and stream.overwrites):
            continue
        durable = {
            record.hash
            for each in exporters
            for record in history.records_in(each.service, each.target)
        }
        cases.append(
            _Case(
                stream=stream,
                appended=Appended.of(stream, durable),
                passages=[passage_of(history, each) for each in exporters],
                rolls=roll_choices(stream, links.restarts),
            )
        )
    return cases


def _explain(cases: Sequence[_Case], rules: Rules, overhead: int) -> _Explanation:
    """The best that one overhead makes of all streams."""
    models: list[SegmentModel] = []
    violations: list[Violation] = []
    for case in cases:
        model, found = _best(case, rules, overhead)
        models.append(model)
        violations += found
    return _Explanation(overhead, models, violations)


def _best(case: _Case, rules: Rules, overhead: int) -> tuple[SegmentModel, list[Violation]]:
    best: tuple[SegmentModel, list[Violation]] | None = None
    for rolls in case.rolls:
        model = case.appended.explain(overhead, rolls)
        found = [violation for each in case.passages for violation in rules.violations(model, each)]
        if best is None or _messages(found) < _messages(best[1]):
            best = model, found
        if not found:
            break
    assert best is not None, "no restart is always one of the choices"
    return best


def _messages(violations: Sequence[Violation]) -> int:
    return sum(each.messages for each in violations)


def _segments_gone(cases: Sequence[_Case], best: _Explanation) -> list[list[Eviction]]:
    """For each stream the segments that went with messages that an exporter had not sent."""
    gone = []
    for case, model in zip(cases, best.models, strict=True):
        missing = sorted({number for each in case.passages for number in each.missing()})
        gone.append([each for each in model.gone if _between(missing, each.first, each.end)])
    return gone


def _between(numbers: Sequence[int], first: int, end: int) -> int:
    return bisect_left(numbers, end) - bisect_left(numbers, first)


def _acquittal(cases: Sequence[_Case], best: _Explanation, equal: Sequence[_Explanation]) -> str:
    gone = [
        f"{_counted(segments)} of {case.stream.name} (messages {segments[0].first} to {segments[-1].end - 1})"
        for case, segments in zip(cases, _segments_gone(cases, best), strict=True)
        if segments
    ]
    others = f" ({_ranges(equal)} do as well)" if len(equal) > 1 else ""
    what = (
        f"exactly the oldest went, while the stream was full: {' and '.join(gone)}"
        if gone
        else "nothing went unsent"
    )
    return f"A record overhead of {best.overhead} bytes{others} explains what was seen; {what}."


def _counted(segments: Sequence[Eviction]) -> str:
    return "1 segment" if len(segments) == 1 else f"{len(segments)} segments"


def _ranges(equal: Sequence[_Explanation]) -> str:
    """`1, 23, 49 to 55`."""
    ranges: list[list[int]] = []
    for each in equal:
        if ranges and ranges[-1][-1] == each.overhead - 1:
            ranges[-1] = [ranges[-1][0], each.overhead]
        else:
            ranges.append([each.overhead])
    return ", ".join(" to ".join(str(each) for each in one) for one in ranges)


def _accusation(violations: Sequence[Violation], overhead_max: int) -> str:
    return (
        f"No record overhead of 0 to {overhead_max} bytes explains what was seen. With the best of them: "
        f"{violations[0].sentence}."
    )


def _figures(
    cases: Sequence[_Case], best: _Explanation, equal: Sequence[_Explanation]
) -> dict[str, Any]:
    return {
        "record_overhead": best.overhead,
        "record_overheads": _ranges(equal),
        "segments_gone": {
            case.stream.name: len(segments)
            for case, segments in zip(cases, _segments_gone(cases, best), strict=True)
        },
        "passed_over": {
            each.exporter.key: len(each.missing()) for case in cases for each in case.passages
        },
    }
