"""Throughput: is every planned reading offered, appended and delivered?

Judged from the plan's ordinals: reading k of each sensor is due at the first reading + k / rate, whatever was late or
lost on its way to the stream. Three verdicts in one, each a share of the readings that are due while the scenario runs:
- offered: the edge tap or a destination saw anything of the reading. The source's own word counts only for readings
  that nobody saw, and is named as a claim;
- appended: the stream manager acknowledged it;
- delivered: every exporter of the streams that it was appended to brought it to its destination.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from harness.checkers import evidence
from harness.checkers.readings import Readings, readings_of
from harness.checkers.verdict import EXAMPLES_MAX, Ruling, Verdict
from harness.history.history import History
from harness.history.lines import at_ms
from harness.plan.model import Plan
from harness.scenario.judges import ThroughputJudge

PERCENTILES = (50, 95, 99)
_EDGE = ("edge-tap", "harness")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One of the verdicts.

    Attributes:
        says: what was found, a clause.
        missing: the readings that it misses, in their order.
        blind: why something may have happened that nobody saw, a clause each.
        mishaps: why the run does not prove that all is well, a clause each.
    """

    name: str
    met: bool
    says: str
    missing: Sequence[str] = ()
    blind: Sequence[str] = ()
    mishaps: Sequence[str] = ()

    @property
    def ruling(self) -> Ruling:
        """What was not seen may have happened; what went wrong otherwise does not excuse what is missing."""
        if self.blind or (self.met and self.mishaps):
            return Ruling.UNKNOWN
        return Ruling.VALID if self.met else Ruling.INVALID


class ThroughputChecker:
    """See the module."""

    name: ClassVar[str] = "throughput"

    def __init__(self, judge: ThroughputJudge) -> None:
        self._judge = judge

    def check(self, history: History, plan: Plan) -> Verdict:
        """The verdict on a run."""
        first_ms = history.first_reading_ms
        if first_ms is None or not plan.workload.expected_readings:
            why = (
                "nobody told when the first reading was due" if first_ms is None else "none is due"
            )
            return Verdict(name=self.name, verdict=Ruling.UNKNOWN, reason=f"No reading: {why}.")
        readings = readings_of(history, plan.workload, first_ms)
        parts = [
            self._offered(history, readings),
            self._appended(history, readings),
            self._delivered(history, readings),
        ]
        if self._judge.appended_p99_ms is not None:
            parts.append(self._in_time(history, readings, self._judge.appended_p99_ms))
        return Verdict(
            name=self.name,
            verdict=_overall(parts),
            reason=_reason(parts, readings),
            examples=tuple(_examples(history, parts, readings)),
            figures=_figures(parts, readings),
        )

    def _offered(self, history: History, readings: Readings) -> _Part:
        missing = [each for each in readings.due if not readings.seen(each)]
        count = len(readings.due) - len(missing) + readings.claimed
        claim = (
            f", {readings.claimed} of them by the source's own claim" if readings.claimed else ""
        )
        return _Part(
            name="offered",
            met=_enough(count, readings, self._judge.offered_at_least),
            says=f"{count} were offered{claim}",
            missing=missing,
            blind=evidence.unseen(history, _EDGE),
            mishaps=evidence.mishaps(history),
        )

    def _appended(self, history: History, readings: Readings) -> _Part:
        missing = [each for each in readings.due if each not in readings.acknowledged]
        count = len(readings.due) - len(missing)
        return _Part(
            name="appended",
            met=_enough(count, readings, self._judge.appended_at_least),
            says=f"{count} were acknowledged",
            missing=missing,
            blind=evidence.unseen(history, _EDGE),
            mishaps=evidence.mishaps(history),
        )

    def _delivered(self, history: History, readings: Readings) -> _Part:
        missing = [each for each in readings.due if not readings.everywhere(each)]
        count = len(readings.due) - len(missing)
        exporters = [each for each in history.exporters if each.key in readings.delivered]
        blind = [*evidence.unseen(history), *evidence.unread(history, exporters)]
        if not exporters:
            blind.append("no stream with readings has an exporter")
        met = _enough(count, readings, self._judge.delivered_at_least)
        if not met and (slow := _waited(history, [each.service for each in exporters])):
            blind.append(slow)
        return _Part(
            name="delivered",
            met=met,
            says=f"{count} were delivered by every exporter",
            missing=missing,
            blind=blind,
            mishaps=evidence.mishaps(history),
        )

    def _in_time(self, history: History, readings: Readings, limit_ms: float) -> _Part:
        waits = _latencies(readings, readings.acknowledged)
        late = [each for each in readings.due if waits.get(each, math.inf) > limit_ms]
        met = _enough(len(readings.due) - len(late), readings, 0.99)
        blind = evidence.unseen(history, _EDGE)
        moments = [*readings.due.values(), *readings.acknowledged.values()]
        if not met and evidence.stalled(history, min(moments), max(moments)):
            blind.append(
                "the machine stood still for a while, so that nothing can be said of times"
            )
        return _Part(
            name="in time",
            met=met,
            says=f"{len(late)} were not acknowledged within {limit_ms:g} ms",
            missing=late,
            blind=blind,
            mishaps=evidence.mishaps(history),
        )


def _enough(count: int, readings: Readings, share: float) -> bool:
    # The tiny slack keeps 0.1 * 30 from being 3.0000000000000004.
    return count >= share * len(readings.due) - 1e-6


def _waited(history: History, services: Sequence[str]) -> str:
    """Whether the drain ended in vain because the cloud did not answer; empty: it did not."""
    drain = {str(line["type"]): at_ms(line) for line in history.drain}
    if "failed" not in drain:
        return ""
    return evidence.waited_for_cloud(history, services, drain["invoked"], drain["failed"])


def _overall(parts: Iterable[_Part]) -> Ruling:
    rulings = {part.ruling for part in parts}
    order = (Ruling.INVALID, Ruling.UNKNOWN, Ruling.VALID)
    return next(each for each in order if each in rulings)


def _reason(parts: Sequence[_Part], readings: Readings) -> str:
    found = f"Of {len(readings.due)} readings " + ", ".join(part.says for part in parts)
    short = [part.name for part in parts if part.ruling is Ruling.INVALID]
    if short:
        return f"{found}: too few {' and '.join(short)}."
    gaps = list(dict.fromkeys(gap for part in parts for gap in (*part.blind, *part.mishaps)))
    return f"{found}. Unknown: {evidence.joined(gaps)}." if gaps else f"{found}."


def _examples(history: History, parts: Iterable[_Part], readings: Readings) -> list[str]:
    """The first readings that are missing where too few were found."""
    return [
        f"{reading}, due at {evidence.in_s(history, readings.due[reading])}, was not {part.name}"
        for part in parts
        if part.ruling is Ruling.INVALID
        for reading in part.missing
    ][:EXAMPLES_MAX]


def _figures(parts: Iterable[_Part], readings: Readings) -> dict[str, Any]:
    unseen = sum(not readings.seen(each) for each in readings.due)
    return {
        "planned": len(readings.due),
        "offered": len(readings.due) - unseen,
        "offered_by_claim": readings.claimed,
        "appended": len(readings.acknowledged),
        "delivered": sum(readings.everywhere(each) for each in readings.due),
        "delivered_by": {key: len(each) for key, each in readings.delivered.items()},
        "verdicts": {part.name: str(part.ruling) for part in parts},
        "latency_ms": {
            "offered": percentiles(_latencies(readings, readings.appended).values()),
            "appended": percentiles(_latencies(readings, readings.acknowledged).values()),
            "delivered": {
                key: percentiles(_latencies(readings, each).values())
                for key, each in readings.delivered.items()
            },
        },
    }


def _latencies(readings: Readings, at_ms: Mapping[str, float | None]) -> dict[str, float]:
    """Milliseconds from the intended times."""
    return {reading: at - readings.due[reading] for reading, at in at_ms.items() if at is not None}


def percentiles(values: Collection[float]) -> dict[str, float | None]:
    """`p50`, `p95`, `p99` and `max` by nearest rank, to a tenth; None of nothing."""
    ranked = sorted(values)
    if not ranked:
        return dict.fromkeys([*(f"p{each}" for each in PERCENTILES), "max"])
    ranks = {f"p{each}": math.ceil(each / 100 * len(ranked)) - 1 for each in PERCENTILES}
    return {name: round(ranked[rank], 1) for name, rank in {**ranks, "max": -1}.items()}
