"""Loss: is every acknowledged message delivered or legally gone, at every exporter?

What is at a destination is told by the cloud reader alone. Each acknowledged message ends in one class (`classes`);
those that end in `lost` are accused, by the clauses of `missing`. An append without an answer is a hole, which accuses
nobody.
"""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from harness.checkers import evidence
from harness.checkers.classes import Ending, Fate, Fates, fates
from harness.checkers.verdict import EXAMPLES_MAX, Ruling, Verdict
from harness.history.history import History
from harness.plan.model import Plan
from harness.scenario.judges import LossJudge


class LossChecker:
    """See the module."""

    name: ClassVar[str] = "loss"

    def __init__(self, judge: LossJudge) -> None:
        self._judge = judge

    def check(self, history: History, plan: Plan) -> Verdict:
        """The verdict on a run."""
        found = fates(history, plan)
        lost = [(each, fate) for each in found for fate in each.accused]
        certain = [pair for pair in lost if not _open(history, *pair)]
        figures = _figures(found)
        if certain:
            return Verdict(
                name=self.name,
                verdict=Ruling.INVALID,
                reason=_accusation(certain, found),
                examples=tuple(_examples(certain)),
                figures=figures,
            )
        gaps = list(dict.fromkeys(gap for pair in lost for gap in _open(history, *pair)))
        gaps += [each for each in self._gaps(history, found) if each not in gaps]
        finding = _accusation(lost, found) if lost else _acquittal(found)
        if gaps:
            finding = f"{finding} Unknown: {evidence.joined(gaps)}."
        return Verdict(
            name=self.name,
            verdict=Ruling.UNKNOWN if gaps else Ruling.VALID,
            reason=finding,
            figures=figures,
        )

    def _gaps(self, history: History, found: Sequence[Fates]) -> list[str]:
        gaps = evidence.gaps(history)
        gaps += evidence.unread(history, [each.exporter for each in found])
        endings = {fate.ending for each in found for fate in each.messages}
        if not endings & {Ending.DELIVERED, Ending.RECOVERED}:
            gaps.append("nothing was delivered")
        for each in found:
            waited_for = [fate.append.number for fate in each.messages if fate.waited_for]
            if waited_for:
                gaps.append(
                    f"messages {spans(waited_for)} of {each.exporter.key} had not arrived when the drain ended"
                )
        if not history.drain:
            gaps.append("nobody waited for what was still owed at the end")
        return gaps


def _open(history: History, fates: Fates, fate: Fate) -> list[str]:
    """Why a message that looks lost may not be, a clause each."""
    finding = fate.finding
    assert finding is not None, "a lost message has one"
    open_ = evidence.unheard(history, finding.witnesses)
    if finding.read:
        open_ += evidence.unread(history, [fates.exporter])
    return [*open_, finding.doubt] if finding.doubt else open_


def _accusation(accused: Sequence[tuple[Fates, Fate]], found: Sequence[Fates]) -> str:
    said = []
    for what, is_late in (
        ("acknowledged and neither delivered nor legally gone", False),
        ("delivered after the deadline", True),
    ):
        by_exporter = [
            f"{len(some)} of {len(each.messages)} messages of {each.exporter.key} "
            f"({spans(fate.append.number for fate in some)})"
            for each in found
            if (
                some := [
                    fate
                    for fates, fate in accused
                    if fates is each and (fate.ending is Ending.DELIVERED) is is_late
                ]
            )
        ]
        if by_exporter:
            said.append(f"{what}: {' and '.join(by_exporter)}")
    sentence = "; ".join(said)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _acquittal(found: Iterable[Fates]) -> str:
    totals = {str(ending): sum(each.counts()[ending] for each in found) for ending in Ending}
    arrived = totals["delivered"] + totals["recovered"]
    gone = totals["overwritten"] + totals["expired"] + totals["unsynced"]
    legal = f", {gone} were legally gone" if gone else ""
    open_ = f", {totals['in_flight']} were still in flight" if totals["in_flight"] else ""
    return f"Nothing acknowledged is lost: {arrived} messages arrived{legal}{open_}."


def _examples(lost: Iterable[tuple[Fates, Fate]]) -> list[str]:
    sentences = [fate.finding.sentence for _, fate in lost if fate.finding is not None]
    return sentences[:EXAMPLES_MAX]


def _figures(found: Iterable[Fates]) -> dict[str, Any]:
    return {each.exporter.key: each.counts() for each in found}


def spans(numbers: Iterable[int | None]) -> str:
    """Numbers for a person: `3 to 7, 12`, the first three groups and how many more there are."""
    known = sorted({number for number in numbers if number is not None})
    groups: list[tuple[int, int]] = []
    for number in known:
        if groups and groups[-1][1] == number - 1:
            groups[-1] = (groups[-1][0], number)
        else:
            groups.append((number, number))
    texts = [str(first) if first == last else f"{first} to {last}" for first, last in groups]
    more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
    return (", ".join(texts[:3]) + more) if texts else "without number"
