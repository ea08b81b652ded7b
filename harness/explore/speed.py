"""`python -m harness.explore.speed [FILE]`: how fast virtual time passes, as the page `docs/reference/simulator.md`.

Processor time is measured, not the time of day: other work on the machine takes its caches, not its time.
"""

import cProfile
import pstats
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import process_time

from harness.explore.attempt import quiet
from harness.explore.speed_page import page
from harness.explore.trial import try_out
from harness.plan.compiling import compile_plan
from harness.scenario.loader import parse

FILE = Path("docs/reference/simulator.md")
MINUTES = 2
RATES_HZ = (1, 5, 20)
SENSORS = (1, 2, 4)
SETTINGS = tuple(
    dict.fromkeys([*((rate, 1) for rate in RATES_HZ), *((5, each) for each in SENSORS)])
)
"""Readings per second of a sensor, and sensors: each is measured for itself, whatever tables show it."""

REPEATS = 5

SCENARIO = """
scenario: speed
description: the reference pipeline, with an outage in every minute but the last
environments: [simulated]
workload: {{sensors: {sensors}, rate: {rate}/s, warm_up: 15s, run_for: {minutes}m}}
site: {{stream_producer: {{RAW_BATCH_SIZE: 20}}, stream_manager: {{STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS: 5000}}}}
link: {{latency: 200ms}}
outages:
  - {{name: every minute but one, count: {outages}, down: [9s, 11s], up: [35s, 45s], cut: all, mode: either}}
conditions: [{{outages: {{at_least: 1}}}}]
judge: [throughput, loss, duplication, ordering]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """One run.

    Attributes:
        virtual_s: seconds that passed in its world.
        cpu_s: seconds of a processor that this took, judging included.
        longest_s: the same of the slowest of several such runs.
    """

    rate_hz: int
    sensors: int
    virtual_s: float
    cpu_s: float
    longest_s: float

    @property
    def readings(self) -> float:
        """Readings that this time has at this rate; standing up and draining count like the rest."""
        return self.rate_hz * self.sensors * self.virtual_s

    @property
    def factor(self) -> float:
        """Virtual seconds in a second."""
        return self.virtual_s / self.cpu_s

    @property
    def reading_us(self) -> float:
        """Microseconds for each reading."""
        return self.cpu_s / self.readings * 1e6

    @property
    def spread(self) -> float:
        """How much longer the slowest took."""
        return self.longest_s / self.cpu_s - 1


def measure(
    rate_hz: int, sensors: int, minutes: int, clock_s: Callable[[], float] = process_time
) -> Speed:
    """Run once, and judge it.

    Args:
        clock_s: seconds of a processor.
    """
    text = SCENARIO.format(sensors=sensors, rate=rate_hz, minutes=minutes, outages=minutes - 1)
    plan = compile_plan(parse(text.encode(), Path("speed.yaml")).scenario, 1)
    began_s = clock_s()
    trial = try_out(plan)
    cpu_s = clock_s() - began_s
    return Speed(
        rate_hz=rate_hz,
        sensors=sensors,
        virtual_s=trial.virtual_ms / 1000,
        cpu_s=cpu_s,
        longest_s=cpu_s,
    )


def best(runs: Sequence[Speed]) -> Speed:
    """The quickest of several runs of the same, which other work has kept the least, and how slow the slowest was."""
    return replace(
        min(runs, key=lambda each: each.cpu_s), longest_s=max(each.cpu_s for each in runs)
    )


def shares(minutes: int) -> list[tuple[str, float]]:
    """Which part of the code took which share of a run, the largest first."""
    profile = cProfile.Profile(process_time)
    profile.enable()
    measure(RATES_HZ[-1], 1, minutes)
    profile.disable()
    return shared((file, row[2]) for (file, _, _), row in _rows(profile).items())


def _rows(profile: cProfile.Profile) -> dict[tuple[str, int, str], tuple[int, int, float]]:
    found: dict[tuple[str, int, str], tuple[int, int, float]] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    return found


def shared(times: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """Shares by part.

    Args:
        times: file and seconds in it.
    """
    spent: Counter[str] = Counter()
    for file, seconds in times:
        spent[part_of(file)] += seconds  # type: ignore[assignment]
    whole = sum(spent.values()) or 1
    return [(part, seconds / whole) for part, seconds in spent.most_common()]


PARTS = (
    ("/system/", "stream manager: connections, engine, log, exporters"),
    ("/harness/environments/simulated/", "world, links, cloud, clients"),
    ("/harness/taps/", "witnesses"),
    ("/harness/checkers/", "judges"),
    ("/harness/history/", "history"),
    ("/harness/run/", "run: phases, observer"),
    ("/lambdas/", "functions"),
    ("/stream_manager/", "the SDK's classes"),
)
OTHERS = "Python's own: dictionaries, CBOR, JSON, hashes"


def part_of(file: str) -> str:
    """The part of the project that a file belongs to."""
    return next((part for folder, part in PARTS if folder in file), OTHERS)


def main(arguments: Sequence[str]) -> None:
    """Measure and write the page."""
    file = Path(arguments[0]) if arguments else FILE
    with quiet():
        measure(1, 1, 2)
        # One after the other, and all of them again: what keeps one for a while keeps the others as well.
        rounds = [[measure(*each, MINUTES) for each in SETTINGS] for _ in range(REPEATS)]
        found = [best(runs) for runs in zip(*rounds, strict=True)]
        file.write_text(page(found, shares(2), REPEATS), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
