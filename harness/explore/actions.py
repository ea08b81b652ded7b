"""What is done to the site in the step of a drawn scenario: each kind of fault is drawn by a function of its own."""

from collections.abc import Callable, Mapping
from typing import Any

from harness.explore.dice import Dice
from harness.fault.registry import OF_THE_DISK
from harness.fault.target import Target
from harness.scenario.quantities import render_duration

Step = dict[str, Any]

LINKS: tuple[Any, ...] = ("all", ["kinesis"], ["iotanalytics"], ["kinesis", "iotanalytics"])
FUNCTIONS = (Target.SENSOR_SOURCE, Target.STREAM_PRODUCER, Target.STREAM_AGGREGATOR)
OF_PROCESSES = ("kill", "restart", "pause")


def cut(mode: str) -> Callable[[Dice], Step]:
    """What draws a cut of this mode."""

    def drawn(dice: Dice) -> Step:
        return {"cut": dice.one_of(LINKS), "mode": mode}

    return drawn


def _one_way(dice: Dice) -> Step:
    return {
        "cut": dice.one_of(LINKS),
        "mode": "one_way",
        "lost": dice.one_of(["requests", "answers"]),
    }


def _reset(dice: Dice) -> Step:
    return {"reset": dice.one_of(LINKS), "lost": dice.one_of(["requests", "answers"])}


def _truncate(dice: Dice) -> Step:
    return {"truncate": dice.one_of(LINKS), "bytes": f"{dice.between(10, 200)}B"}


def _slice(dice: Dice) -> Step:
    return {"slice": dice.one_of(LINKS), "size": f"{dice.between(50, 500)}B", "gap": "5ms"}


def _slow(dice: Dice) -> Step:
    latency_ms = round(dice.spread(100, 8_000), -2)
    return {"slow": dice.one_of(LINKS), "latency": render_duration(round(latency_ms))}


def _throttle(dice: Dice) -> Step:
    return {"throttle": dice.one_of(LINKS), "bandwidth": f"{dice.between(1, 20)}kB/s"}


def _kill(dice: Dice) -> Step:
    target = Target.STREAM_MANAGER if dice.chance(0.6) else dice.one_of([*FUNCTIONS, Target.CORE])
    return {"kill": str(target)}


def _restart(dice: Dice) -> Step:
    target = Target.STREAM_MANAGER if dice.chance(0.6) else dice.one_of(FUNCTIONS)
    return {"restart": str(target)}


def _pause(dice: Dice) -> Step:
    target = Target.STREAM_MANAGER if dice.chance(0.6) else dice.one_of(FUNCTIONS)
    return {"pause": str(target)}


def _cloud_pause(dice: Dice) -> Step:
    return {"pause": "cloud"}


def _packet_loss(dice: Dice) -> Step:
    loss = {"share": f"{dice.between(1, 30)}%", "burst": dice.between(1, 10)}
    return {"packet_loss": dice.one_of(LINKS), **loss}


def _packet_reorder(dice: Dice) -> Step:
    late = {"share": f"{dice.between(1, 50)}%", "latency": f"{dice.between(10, 500)}ms"}
    return {"packet_reorder": dice.one_of(LINKS), **late}


def _shared_bandwidth(dice: Dice) -> Step:
    return {"shared_bandwidth": "all", "bandwidth": f"{dice.between(1, 20)}kB/s"}


def _cloud_throttle(dice: Dice) -> Step:
    return {"cloud_throttle": dice.one_of(LINKS), "rate": f"{round(dice.spread(6, 600))}/min"}


def _refusing(action: str) -> Callable[[Dice], Step]:
    def drawn(dice: Dice) -> Step:
        return {action: dice.one_of(LINKS), "share": f"{dice.between(5, 95)}%"}

    return drawn


def _cloud_slow(dice: Dice) -> Step:
    # Also longer than the exporters wait for an answer.
    latency_ms = round(dice.spread(100, 25_000), -2)
    return {"cloud_slow": dice.one_of(LINKS), "latency": render_duration(round(latency_ms))}


def _power_cut(dice: Dice) -> Step:
    return {"power_cut": True}


def _disk_full(dice: Dice) -> Step:
    return {"disk_full": True}


def _slow_disk(dice: Dice) -> Step:
    return {"slow_disk": render_duration(round(dice.spread(5, 2_000)))}


def _disk_errors(dice: Dice) -> Step:
    return {"disk_errors": dice.one_of(["read", "write", "sync"])}


def _clock_jump(dice: Dice) -> Step:
    by = render_duration(1_000 * round(dice.spread(1, 7_200)))
    return {"clock_jump": f"{dice.one_of(['', '-'])}{by}"}


DRAWN: Mapping[str, Callable[[Dice], Step]] = {
    "link_down": cut("refused"),
    "link_silent": cut("silent"),
    "half_open": cut("half_open"),
    "one_way": _one_way,
    "connection_reset": _reset,
    "limit_data": _truncate,
    "slicer": _slice,
    "latency": _slow,
    "bandwidth": _throttle,
    "process_kill": _kill,
    "process_restart": _restart,
    "process_pause": _pause,
    "cloud_pause": _cloud_pause,
    "packet_loss": _packet_loss,
    "packet_reorder": _packet_reorder,
    "shared_bandwidth": _shared_bandwidth,
    "cloud_throttle": _cloud_throttle,
    "cloud_partial_failure": _refusing("cloud_partial_failure"),
    "cloud_error": _refusing("cloud_error"),
    "cloud_slow": _cloud_slow,
    "power_cut": _power_cut,
    "disk_full": _disk_full,
    "slow_disk": _slow_disk,
    "disk_errors": _disk_errors,
    "clock_jump": _clock_jump,
}
"""How a step of each kind of fault is drawn."""

KILL = "process_kill"

AT_ONCE = {"kill", "restart"}
"""Actions that are over at once."""

SETTLES_MS = {"power_cut": 30_000}
"""For how long nothing is done to the same things when an action is over: a machine has to boot."""


def things(action: Step) -> list[tuple[str, str]]:
    """What is disturbed in which way: the same thing is not disturbed twice at once in the same way."""
    what = next(iter(action))
    if what == "power_cut":
        # Nobody is killed who does not run, and nobody has the time or writes who has no power.
        return [("disk", "edge"), ("clock", "edge"), *(("process", str(each)) for each in Target)]
    if what in OF_THE_DISK:
        return [("disk", "edge")]
    if what == "clock_jump":
        return [("clock", "edge")]
    on = action[what]
    if on == "all":
        on = ["kinesis", "iotanalytics"]
    # A process that stands still does not end in order, and is not killed as one that runs.
    way = "process" if what in OF_PROCESSES else what
    return [(way, each) for each in (on if isinstance(on, list) else [on])]
