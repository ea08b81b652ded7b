"""What was measured of the simulator's speed, as a page."""

from collections.abc import Sequence
from typing import Protocol

DAY_S = 86_400


class Measured(Protocol):
    """One run; see `harness.explore.speed.Speed`."""

    @property
    def rate_hz(self) -> int:
        """Readings per second of a sensor."""

    @property
    def sensors(self) -> int:
        """How many."""

    @property
    def virtual_s(self) -> float:
        """Seconds that passed in its world."""

    @property
    def cpu_s(self) -> float:
        """Seconds of a processor."""

    @property
    def factor(self) -> float:
        """Virtual seconds in a second."""

    @property
    def reading_us(self) -> float:
        """Microseconds for each reading."""

    @property
    def spread(self) -> float:
        """How much longer the slowest of several such runs took."""


HEAD = """# How fast virtual time passes

Written by `python -m harness.explore.speed`; figures are of the machine that wrote it. A run of the reference pipeline
in `simulated`, two minutes with one outage of ten seconds, judged by four checkers. What is counted is the time of one
processor, in the process that runs and judges. On a machine that does other work besides, the same instructions take
longer: compare figures of one page with each other. Each row is the quickest of several runs, and says how much longer
the slowest took: where that is much the machine was busy, and the figures are those of a slower one.

Virtual time is all that passed, standing up and draining included; the cost of a reading is reckoned as if there were
readings in all of it.

Nearly all of the cost is one for each reading. A history of more than 100,000 lines is packed while it comes
([history](history.md#the-compact-form)).
"""


def page(runs: Sequence[Measured], shares: Sequence[tuple[str, float]], repeats: int) -> str:
    """The page.

    Args:
        runs: of one sensor, and of several at the same rate; each is in every table that it belongs to.
        shares: of the time, by part of the code.
        repeats: how often each run was made.
    """
    by_rate = [each for each in runs if each.sensors == 1]
    rates_hz = {each.rate_hz for each in runs if each.sensors > 1}
    by_sensors = [each for each in runs if each.rate_hz in rates_hz]
    whole_day = [each for each in by_rate if each.rate_hz == 20]
    return "\n".join(
        [
            HEAD,
            "## Speed over load\n",
            f"The quickest of {repeats} runs.\n",
            *_table(by_rate),
            *(_day(each) for each in whole_day),
            "\n## Speed over sensors\n",
            *_table(by_sensors),
            "\n## Where the time goes\n",
            "With the profiler on, which itself makes short functions look longer.\n",
            "| part | share |",
            "|---|---|",
            *(f"| {part} | {share:.0%} |" for part, share in shares),
            "",
        ]
    )


def _table(runs: Sequence[Measured]) -> list[str]:
    rows = (
        f"| {each.sensors} | {each.rate_hz} | {each.virtual_s:.0f} | {each.cpu_s:.1f} "
        f"| {each.factor:.0f} | {each.reading_us:.0f} | +{each.spread:.0%} |"
        for each in runs
    )
    return [
        "| sensors | readings/s each | virtual s | processor s | virtual s per s | µs per reading | slowest |",
        "|---|---|---|---|---|---|---|",
        *rows,
    ]


def _day(run: Measured) -> str:
    return f"\nReckoned from that, not run: a day at 20/s takes {DAY_S / run.factor:.0f} s."
