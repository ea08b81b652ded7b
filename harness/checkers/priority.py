"""Priority: does an urgent message that waits go before less urgent ones?

Judged with an exporter pool of one: a batch is sent only after the one before it was settled, so that the order in
which batches reach the cloud is the order in which they were chosen.

Let G be a less urgent batch, X the batch that reached the cloud just before it, u the message at the head of a more
urgent exporter's line. G is an inversion if u was acknowledged before X arrived, made a batch by then, and yet arrives
after G or never: G was chosen after X was settled, and u was waiting. It is none where anything may have kept u back: a
fault, a restart, a failure of its exporter, or that its exporter has not got through since. Batches seen more than once
prove nothing.

Besides, when the links of both were healed at once, an urgent batch that had waited comes after at most one less urgent
one (whose success tells that the links are back), and within a deadline.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from harness.checkers import evidence
from harness.checkers.batches import Batch, Waiting, batches_of
from harness.checkers.heals import Recoveries, Recovery
from harness.checkers.inversions import Inversion, Orders
from harness.checkers.links import Links
from harness.checkers.verdict import Ruling, Verdict, ruled
from harness.history.history import History
from harness.plan.model import Plan
from harness.scenario.judges import PriorityJudge

POOL_SIZE = "STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE"

# Without one of these an order may look other than it was. An acknowledgement that was seen is a fact, whatever became
# of the edge tap.
_NEEDED = ("cloud-tap", "uplink-tap", "nemesis", "harness")


class PriorityChecker:
    """See the module."""

    name: ClassVar[str] = "priority"

    def __init__(self, judge: PriorityJudge) -> None:
        self._judge = judge

    def check(self, history: History, plan: Plan) -> Verdict:
        """The verdict on a run."""
        if why := _not_comparable(history, plan):
            return self._unknown(f"Not judged: {why}.", {})
        batches = batches_of(history)
        lines = [Waiting(history, each, batches) for each in history.exporters]
        links = Links(history)
        tolerance_ms = self._judge.tolerance_ms
        deadline_ms = plan.site.backoff_ms_max + self._judge.read_timeout_ms
        judged, inversions = Orders(history, lines, links, tolerance_ms).judge(batches)
        recoveries = Recoveries(
            history, lines, links, deadline_ms=deadline_ms, tolerance_ms=tolerance_ms
        ).judge()
        violations = [
            *(each for one in recoveries for each in _after_heal(history, one, deadline_ms)),
            *_inverted(history, inversions),
        ]
        figures = _figures(batches, judged, inversions, recoveries)
        found = _finding(judged, inversions, recoveries)
        if blind := evidence.unheard(history, _NEEDED):
            return self._unknown(f"{found}. Unknown: {evidence.joined(blind)}.", figures)
        if violations:
            return ruled(self.name, Ruling.INVALID, f"{found}.", figures, violations)
        gaps = evidence.gaps(history)
        if judged < self._judge.batches_at_least:
            gaps.insert(0, f"at least {self._judge.batches_at_least} are needed")
        if gaps:
            return self._unknown(f"{found}. Unknown: {evidence.joined(gaps)}.", figures)
        return ruled(self.name, Ruling.VALID, f"{found}.", figures)

    def _unknown(self, reason: str, figures: Mapping[str, Any]) -> Verdict:
        return ruled(self.name, Ruling.UNKNOWN, reason, figures)


def _not_comparable(history: History, plan: Plan) -> str:
    """Why no order of batches can be demanded; empty if it can."""
    if plan.site.exporter_threads != 1:
        return f"with {POOL_SIZE} other than 1 several exporters may lawfully send at once"
    if len({each.urgency for each in history.exporters}) < 2:
        return "no exporter is more urgent than another"
    return ""


def _finding(judged: int, inversions: Sequence[Inversion], recoveries: Sequence[Recovery]) -> str:
    early = sum(each.early is not None for each in recoveries)
    late = sum(each.late for each in recoveries)
    if not (inversions or early or late):
        return f"{judged} less urgent batches could be judged, each of them went in its turn"
    return (
        f"Of {judged} less urgent batches that could be judged {len(inversions)} went before an urgent message that "
        f"waited; after {early} of {len(recoveries)} heals less urgent batches went first, after {late} the first "
        "urgent one was late"
    )


def _inverted(history: History, inversions: Sequence[Inversion]) -> list[str]:
    """A sentence for each, the longest wait first."""

    def waited(each: Inversion) -> float:
        return each.arrived_ms - each.acknowledged_ms

    return [
        f"{_name(each.batch)} arrived at {evidence.in_s(history, each.batch.arrived_ms)}, while "
        f"message {each.head} of {each.line.exporter.key}, acknowledged at "
        f"{evidence.in_s(history, each.acknowledged_ms)}, still waited; it {_came(history, each.arrived_ms)}"
        for each in sorted(inversions, key=waited, reverse=True)
    ]


def _after_heal(history: History, recovery: Recovery, deadline_ms: float) -> list[str]:
    """A sentence for each clause that one exporter broke after a heal."""
    healed = f"after the heal at {evidence.in_s(history, recovery.heal.end_ms)}"
    head = f"message {recovery.head} of {recovery.line.exporter.key}, which had waited"
    first = recovery.first
    came = "never came" if first is None else f"came at {evidence.in_s(history, first.arrived_ms)}"
    found = []
    if recovery.early is not None:
        at = evidence.in_s(history, recovery.early.arrived_ms)
        found.append(f"{healed} {_name(recovery.early)} arrived at {at}; {head}, {came}")
    if recovery.late:
        found.append(f"{healed} {head}, {came}, and not within {deadline_ms / 1000:g} s")
    return found


def _came(history: History, arrived_ms: float) -> str:
    never = arrived_ms == float("inf")
    return "never arrived" if never else f"arrived at {evidence.in_s(history, arrived_ms)}"


def _key(batch: Batch) -> str:
    return batch.exporter.key if batch.exporter is not None else batch.put.target


def _name(batch: Batch) -> str:
    return f"{batch.span} of {_key(batch)}"


def _figures(
    batches: Sequence[Batch],
    judged: int,
    inversions: Sequence[Inversion],
    recoveries: Sequence[Recovery],
) -> dict[str, Any]:
    return {
        "batches": len(batches),
        "ambiguous": sum(each.ambiguous for each in batches),
        "judged": judged,
        "inversions": len(inversions),
        "heals_judged": len(recoveries),
        "first_urgent_after_heal_ms": [
            round(each.first.arrived_ms - each.heal.end_ms, 1)
            for each in recoveries
            if each.first is not None
        ],
    }
