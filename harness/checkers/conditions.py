"""Conditions: did what must happen for a run to prove anything happen? Each with what was seen of it, in a sentence.

Only what was observed counts: an outage if a request or a connection failed because of it, its times as the nemesis saw
them, from the end of cutting to the beginning of healing. Where a number is not known to the judge, such as what a
server needs for a record, the value that makes the condition harder to meet is taken.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any

from harness.checkers import processes
from harness.checkers.evidence import in_s
from harness.checkers.links import Window
from harness.checkers.matching import arrivals
from harness.checkers.outages import Outage, common, merged, outages
from harness.checkers.overwriting import RECORD_OVERHEAD_MAX
from harness.checkers.processes import Found
from harness.checkers.readings import readings_of
from harness.checkers.segments import explain
from harness.checkers.verdict import ConditionResult
from harness.history.history import History
from harness.history.operations import Exporter, FaultWindow, Outcome
from harness.plan.model import Plan
from harness.scenario import conditions as wanted


def results(history: History, plan: Plan) -> list[ConditionResult]:
    """What became of each condition of a plan."""
    return [_result(history, plan, each) for each in plan.conditions]


def _result(history: History, plan: Plan, condition: wanted.Condition) -> ConditionResult:
    met, evidence = _LOOK[condition.name](history, plan, condition)
    asked = {key: value for key, value in condition.to_json().items() if value is not None}
    detail = ", ".join(f"{key}: {_shown(value)}" for key, value in asked.items())
    name = f"{condition.name} ({detail})" if detail else condition.name
    return ConditionResult(name=name, met=met, evidence=f"{evidence}.")


def _shown(value: object) -> str:
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)


# -- outages -----------------------------------------------------------------------------------


def _outages(history: History, _: Plan, condition: wanted.OutagesHappened) -> Found:
    services = tuple(map(str, condition.services or ()))
    done = [
        each
        for each in outages(history)
        if {*services} <= {*each.fault.services}
        and condition.mode in (None, each.mode)
        and each.lasted_ms >= (condition.lasting_ms or 0)
    ]
    effective = [each for each in done if each.took_effect(services)]
    told = "; ".join(_told(history, each) for each in effective[:3])
    more = f"; and {len(effective) - 3} more" if len(effective) > 3 else ""
    idle = len(done) - len(effective)
    beside = f"; {idle} during which nothing failed do not count" if idle else ""
    said = f"{len(effective)} took effect, {condition.at_least} needed"
    return len(effective) >= condition.at_least, f"{said}{': ' if told else ''}{told}{more}{beside}"


def _told(history: History, outage: Outage) -> str:
    return (
        f"{outage.fault.name} from {in_s(history, outage.window.begin_ms)} for {outage.lasted_ms / 1000:.1f} s "
        f"with {len(outage.failed)} failures"
    )


def _requests_cut(history: History, _: Plan, condition: wanted.RequestsCutInFlight) -> Found:
    hits = [
        each
        for each in outages(history)
        if any(condition.service in (None, request.service) for request in each.hit)
    ]
    times = ", ".join(in_s(history, each.window.begin_ms) for each in hits[:5])
    where = f", at {times}{' and later' if len(hits) > 5 else ''}" if hits else ""
    return (
        len(hits) >= condition.at_least,
        f"{len(hits)} outages began while a request was under way that failed then, "
        f"{condition.at_least} needed{where}",
    )


def _time_down(history: History, plan: Plan, condition: wanted.TimeDown) -> Found:
    if history.first_reading_ms is None or plan.workload.readings_per_sensor < 2:
        return False, "nobody told when readings were due"
    begin_ms = history.first_reading_ms
    end_ms = begin_ms + plan.workload.intended_ms(plan.workload.readings_per_sensor - 1)
    effective = [each for each in outages(history) if each.took_effect()]
    down = common([Window(begin_ms, end_ms)], _down(effective, map(str, condition.services or ())))
    down_ms = sum(each.end_ms - each.begin_ms for each in down)
    share = down_ms / (end_ms - begin_ms)
    return (
        share >= condition.at_least,
        f"links were down for {down_ms / 1000:.1f} s of {(end_ms - begin_ms) / 1000:.1f} s, {share:.1%}, "
        f"{condition.at_least:.0%} needed",
    )


def _down(effective: Iterable[Outage], services: Iterable[str]) -> list[Window]:
    """When all of these services were down; any when none is named."""
    known = list(effective)
    windows = merged(each.window for each in known)
    for service in services:
        windows = common(windows, (e.window for e in known if service in e.fault.services))
    return windows


def _up_windows(history: History, _: Plan, condition: wanted.UpWindows) -> Found:
    cuts = merged(Window(*each.possible_ms) for each in history.faults if each.cuts)
    gaps = [after.begin_ms - before.end_ms for before, after in pairwise(cuts)]
    if not gaps:
        return False, f"there was no time between outages: there were {len(cuts)}"
    return (
        min(gaps) > condition.longer_than_ms,
        f"the shortest of {len(gaps)} was {min(gaps) / 1000:.1f} s, more than "
        f"{condition.longer_than_ms / 1000:g} s needed",
    )


def _healed_together(history: History, _: Plan, condition: wanted.HealedTogether) -> Found:
    services = [str(each) for each in condition.services]
    last = {service: _last_healed(history, service) for service in services}
    missing = [service for service, fault in last.items() if fault is None]
    if missing:
        return False, f"{' and '.join(missing)} were never cut and healed"
    faults = [fault for fault in last.values() if fault is not None]
    heals = [fault.heal_ms for fault in faults if fault.heal_ms is not None]
    spread_ms = max(at or float("inf") for _, at in heals) - min(at for at, _ in heals)
    certain = [Window(*fault.certain_ms) for fault in faults if fault.certain_ms is not None]
    at_once = max(each.begin_ms for each in certain) < min(each.end_ms for each in certain)
    evidence = (
        f"{' and '.join(services)} were healed within {spread_ms / 1000:.3f} s, "
        f"{condition.within_ms / 1000:g} s allowed"
    )
    if not at_once:
        return False, f"{evidence}, but were never down at once"
    return spread_ms <= condition.within_ms, evidence


def _last_healed(history: History, service: str) -> FaultWindow | None:
    healed = [
        each
        for each in history.cuts_on(service)
        if each.certain_ms is not None and each.heal_ms is not None and each.heal_ms[1] is not None
    ]
    return max(
        healed, key=lambda each: each.heal_ms[1] or 0.0 if each.heal_ms else 0.0, default=None
    )


# -- streams -----------------------------------------------------------------------------------


def _exporters(history: History, stream: str, identifier: str | None = None) -> list[Exporter]:
    return [
        each
        for each in history.exporters
        if each.stream == stream and identifier in (None, each.identifier)
    ]


def _waiting(history: History, _: Plan, condition: wanted.WaitingAtHeal) -> Found:
    heal_ms = history.last_heal_ms
    exporters = _exporters(history, condition.stream, condition.exporter)
    if heal_ms is None or not exporters:
        return False, "no link was healed" if heal_ms is None else "there is no such exporter"
    waiting = {each.key: waiting_at(history, each, heal_ms) for each in exporters}
    told = ", ".join(f"{count} for {key}" for key, count in waiting.items())
    return (
        min(waiting.values()) >= condition.at_least,
        f"at the last heal, at {in_s(history, heal_ms)}, messages waited: {told}; {condition.at_least} needed",
    )


def waiting_at(history: History, exporter: Exporter, at_ms: float) -> int:
    """Messages that were acknowledged, had not arrived and had not been overwritten at a moment."""
    stream = history.stream_of(exporter)
    arrived = {
        each.append.id
        for each in arrivals(history, exporter)
        if each.append is not None
        and each.kept is not Outcome.FAILED
        and each.put.arrived_ms < at_ms
    }
    oldest = explain(stream, RECORD_OVERHEAD_MAX).oldest_at(at_ms)
    return sum(
        each.number is not None
        and each.number >= oldest
        and not each.unsynced
        and each.id not in arrived
        and each.ended_ms is not None
        and each.ended_ms < at_ms
        for each in stream.appends
    )


def _segments_evicted(history: History, _: Plan, condition: wanted.SegmentsEvicted) -> Found:
    lives = [each for (name, _), each in history.streams.items() if name == condition.stream]
    count = 0
    for stream in lives:
        arrived = [
            _arrived_ms(history, each)
            for each in _exporters(history, stream.name)
            if each.epoch == stream.epoch
        ]
        for eviction in explain(stream, 0).gone:
            numbers = range(eviction.first, eviction.end)
            late = (
                times.get(n, float("inf")) > eviction.gone_ms for times in arrived for n in numbers
            )
            count += eviction.ended_ms is not None and any(late)
    return (
        count >= condition.at_least,
        f"{count} segments went with messages that had not arrived, {condition.at_least} needed",
    )


def _arrived_ms(history: History, exporter: Exporter) -> Mapping[int, float]:
    found: dict[int, float] = {}
    for each in arrivals(history, exporter):
        if each.number is not None and each.kept is not Outcome.FAILED:
            found.setdefault(each.number, each.put.arrived_ms)
    return found


def _less_than_one_segment(
    history: History, _: Plan, condition: wanted.LessThanOneSegment
) -> Found:
    lives = [each for (name, _), each in history.streams.items() if name == condition.stream]
    if not lives:
        return False, f"no stream is called {condition.stream}"
    taken = [
        (
            sum(
                e.size + RECORD_OVERHEAD_MAX
                for e in life.appends
                if e.outcome is not Outcome.FAILED
            ),
            life,
        )
        for life in lives
    ]
    most, life = max(taken, key=lambda each: each[0] - each[1].segment_size)
    return most <= life.segment_size, (
        f"all records took {most} bytes at the most, a segment holds {life.segment_size}"
    )


# -- the source ---------------------------------------------------------------------------------


def _readings_offered(history: History, plan: Plan, condition: wanted.ReadingsOffered) -> Found:
    if history.first_reading_ms is None:
        return False, "nobody told when the first reading was due"
    readings = readings_of(history, plan.workload, history.first_reading_ms)
    seen = [at for reading, at in readings.due.items() if readings.seen(reading)]
    count = len(seen) + readings.claimed
    lasted_ms = max(seen) - min(seen) if seen else 0.0
    claim = f", {readings.claimed} of them by the source's own claim" if readings.claimed else ""
    lasting_ms = condition.lasting_ms or 0
    needed = f", {lasting_ms / 1000:g} s needed" if lasting_ms else ""
    return (
        count >= condition.at_least and lasted_ms >= lasting_ms,
        f"{count} of {len(readings.due)} readings were made{claim}, {condition.at_least} needed, "
        f"those that were seen over {lasted_ms / 1000:.1f} s{needed}",
    )


_LOOK: Mapping[str, Callable[[History, Plan, Any], Found]] = {
    wanted.OutagesHappened.name: _outages,
    wanted.WaitingAtHeal.name: _waiting,
    wanted.SegmentsEvicted.name: _segments_evicted,
    wanted.LessThanOneSegment.name: _less_than_one_segment,
    wanted.RequestsCutInFlight.name: _requests_cut,
    wanted.TimeDown.name: _time_down,
    wanted.UpWindows.name: _up_windows,
    wanted.ReadingsOffered.name: _readings_offered,
    wanted.ProcessKilled.name: lambda history, _, condition: processes.killed(history, condition),
    wanted.ProcessRestarted.name: lambda history, _, condition: processes.restarted(
        history, condition
    ),
    wanted.ProcessPaused.name: lambda history, _, condition: processes.paused(history, condition),
    wanted.Disturbed.name: lambda history, _, condition: processes.disturbed(history, condition),
    wanted.HealedTogether.name: _healed_together,
}
