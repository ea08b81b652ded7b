"""The steps of a drawn scenario: what is done to the site (see `actions`), when, and how long.

Between two disturbances of the same link it is left alone for
a while, so that an exporter gets through; kills, and other kinds of disturbances, may happen in the midst of one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.explore.actions import AT_ONCE, DRAWN, KILL, SETTLES_MS, Step, cut, things
from harness.explore.dice import Dice
from harness.fault.registry import KINDS
from harness.fault.target import Target
from harness.scenario.quantities import parse_duration_ms, render_duration

STEPS = (1, 8)
GAP_MS = (1_000, 60_000)
WITHIN_MS = 60_000


@dataclass(slots=True)
class Timeline:
    """Where disturbances find room.

    Args:
        begins_ms, ends_ms: between these.
        stable_ms: for how long the site is left alone after one of them, at least.
        lasting_ms: how long each lasts, at least and at most.

    Attributes:
        busy: until when a thing is disturbed, by what is done and to whom.
    """

    begins_ms: int
    ends_ms: int
    stable_ms: int
    lasting_ms: tuple[int, int]
    busy: dict[tuple[str, str], int] = field(default_factory=dict)


def kinds_here() -> list[str]:
    """The kinds that are drawn: those that can be done in virtual time."""
    return [name for name in DRAWN if name in KINDS and "simulated" in KINDS[name].environments]


def disturbances(dice: Dice, timeline: Timeline) -> list[Step]:
    """Steps in the order of their times, at least one."""
    kinds = dice.some_of(kinds_here())
    crowded, on_events = dice.chance(0.4), dice.chance(0.3)
    steps: list[Step] = []
    now_ms = timeline.begins_ms + round(dice.spread(*GAP_MS))
    for _ in range(round(dice.spread(STEPS[0], STEPS[1] + 0.5))):
        action = DRAWN[dice.one_of(kinds)](dice)
        lasts_ms = 0 if AT_ONCE & set(action) else _whole_s(dice.spread(*timeline.lasting_ms))
        waits_ms = WITHIN_MS if on_events and dice.chance(0.5) else 0
        if now_ms + waits_ms + lasts_ms > timeline.ends_ms or not _free(timeline, action, now_ms):
            continue
        steps.append(_placed(dice, action, now_ms, lasts_ms=lasts_ms, waits_ms=waits_ms))
        ends_ms = now_ms + waits_ms + max(lasts_ms, 1)
        _take(timeline, action, ends_ms + SETTLES_MS.get(next(iter(action)), 0))
        if KILL in kinds and not waits_ms and lasts_ms and dice.chance(0.4):
            steps += _killed_within(dice, timeline, now_ms, lasts_ms)
        if crowded and lasts_ms and dice.chance(0.6):
            now_ms += _whole_s(lasts_ms * dice.spread(0.05, 1.0))
        else:
            rests_ms = timeline.stable_ms + round(dice.spread(*GAP_MS))
            now_ms = _whole_s(max([*timeline.busy.values(), ends_ms]) + rests_ms)
    return sorted(steps, key=begins_ms) or [_only(dice, timeline)]


def begins_ms(step: Mapping[str, Any]) -> int:
    """When a step begins, or begins to wait."""
    return parse_duration_ms(step.get("at", step.get("from", "0s")))


def _killed_within(dice: Dice, timeline: Timeline, now_ms: int, lasts_ms: int) -> Iterator[Step]:
    """What a process has in memory while a link is disturbed is what its death can lose."""
    at_ms = now_ms + round(lasts_ms * dice.between(10, 90) / 100)
    kill = {"kill": str(Target.STREAM_MANAGER)}
    if _free(timeline, kill, at_ms):
        _take(timeline, kill, at_ms + 1)
        yield _placed(dice, kill, at_ms, lasts_ms=0, waits_ms=0)


def _only(dice: Dice, timeline: Timeline) -> Step:
    """Where nothing else found room."""
    lasts_ms = min(30_000, (timeline.ends_ms - timeline.begins_ms) // 2000 * 1000)
    at, lasts = render_duration(timeline.begins_ms), render_duration(lasts_ms)
    return {"at": at, **cut("refused")(dice), "for": lasts}


def closing(dice: Dice, length_ms: int) -> Step:
    """An outage of the whole uplink just before the end of the run."""
    ends_ms = length_ms - dice.between(1, 5) * 1000
    lasts_ms = _whole_s(dice.spread(5_000, length_ms / 8))
    mode = dice.one_of(["refused", "silent"])
    lasts = {"for": render_duration(lasts_ms)}
    return {"at": render_duration(ends_ms - lasts_ms), "cut": "all", "mode": mode, **lasts}


def _whole_s(milliseconds: float) -> int:
    return max(1, round(milliseconds / 1000)) * 1000


def _placed(dice: Dice, action: Step, at_ms: int, *, lasts_ms: int, waits_ms: int) -> Step:
    lasts = {"for": render_duration(lasts_ms)} if lasts_ms else {}
    if not waits_ms:
        return {"at": render_duration(at_ms), **action, **lasts}
    event = {
        "event": "request_in_flight",
        "service": dice.one_of(["kinesis", "iotanalytics"]),
    }
    when = {"on": event, "from": render_duration(at_ms), "within": render_duration(waits_ms)}
    return {**when, **action, **lasts}


def _free(timeline: Timeline, action: Step, at_ms: int) -> bool:
    return all(timeline.busy.get(each, 0) < at_ms for each in things(action))


def _take(timeline: Timeline, action: Step, until_ms: int) -> None:
    timeline.busy.update(dict.fromkeys(things(action), until_ms))
