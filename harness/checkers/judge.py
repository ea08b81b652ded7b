"""The judgement on a run: the judges that its plan names, its conditions, and what the run itself lacks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from harness.checkers import evidence
from harness.checkers.aggregates import AggregatesChecker
from harness.checkers.classes import counts
from harness.checkers.conditions import results
from harness.checkers.duplication import DuplicationChecker
from harness.checkers.loss import LossChecker
from harness.checkers.ordering import OrderingChecker
from harness.checkers.overwrite import OverwriteChecker
from harness.checkers.priority import PriorityChecker
from harness.checkers.throughput import ThroughputChecker
from harness.checkers.verdict import Checker, ConditionResult, Judgement, Ruling, Verdict
from harness.history.history import History
from harness.plan.model import Plan
from harness.scenario.judges import Judge

_CHECKERS: Mapping[str, Callable[[Any], Checker]] = {
    LossChecker.name: LossChecker,
    DuplicationChecker.name: DuplicationChecker,
    OrderingChecker.name: OrderingChecker,
    PriorityChecker.name: PriorityChecker,
    OverwriteChecker.name: OverwriteChecker,
    ThroughputChecker.name: ThroughputChecker,
    AggregatesChecker.name: AggregatesChecker,
}


def judge(history: History, plan: Plan) -> Judgement:
    """What all judges of a plan say of a run together.

    What one of them found wrong makes the run invalid, whatever else is unknown. A run is valid only if every judge
    says so, every condition is met, every witness ended in order, every destination was read completely, and all that
    was planned happened.
    """
    verdicts = tuple(checker_of(each).check(history, plan) for each in plan.judges)
    conditions = tuple(results(history, plan))
    gaps = [*evidence.gaps(history), *evidence.unread(history, history.exporters)]
    ruling, reason = _ruled(verdicts, conditions, gaps)
    return Judgement(
        verdict=ruling,
        reason=reason,
        checkers=verdicts,
        conditions=conditions,
        streams=counts(history, plan),
    )


def checker_of(parameters: Judge) -> Checker:
    """The checker that a scenario's judge names, with its parameters."""
    return _CHECKERS[parameters.name](parameters)


def _ruled(
    verdicts: Sequence[Verdict], conditions: Iterable[ConditionResult], gaps: Sequence[str]
) -> tuple[Ruling, str]:
    """Invalid beats unknown beats valid; the reason names what decided."""
    found = [each for each in verdicts if each.verdict is Ruling.INVALID]
    if found:
        return Ruling.INVALID, _said(found)
    unmet = [each for each in conditions if not each.met]
    # What went wrong with the run explains what did not happen in it.
    lacking = [*gaps, *(f"{each.name} was not met: {each.evidence.rstrip('.')}" for each in unmet)]
    if lacking:
        return Ruling.UNKNOWN, f"The run proves nothing: {evidence.joined(lacking)}."
    open_ = [each for each in verdicts if each.verdict is Ruling.UNKNOWN]
    if open_:
        return Ruling.UNKNOWN, _said(open_)
    if not verdicts:
        return Ruling.UNKNOWN, "No judge was asked."
    return Ruling.VALID, _said(verdicts[:1])


def _said(verdicts: Sequence[Verdict]) -> str:
    """The first reason, and who else says so."""
    others = [each.name for each in verdicts[1:]]
    more = f" So says {' and '.join(others)}, too." if others else ""
    return f"{verdicts[0].name}: {verdicts[0].reason}{more}"
