"""What a run of the tiny model depends on: exporters, troubles on the links, kills."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from .telling import ExporterSpec


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A fault on the link of one service. `kind`: link_down, link_silent or latency."""

    service: str
    kind: str
    at: float
    until: float


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Everything that a run depends on, besides its Random."""

    exporters: tuple[ExporterSpec, ...]
    troubles: tuple[Trouble, ...]
    kills: tuple[tuple[float, float], ...]
    drain_at: float
    ends: float
    every: float
    latency: float
    refuses: float
    doubts: float
    repeats: float
    unanswered: float
    segment: int | None


def setting(random: Random, *, calm: bool = False) -> Setting:
    """A site of one stream with one or two exporters, and a few disturbances that end before the drain.

    Args:
        calm: nothing that may hide a flaw: no slow links, no doubtful answers, no equal payloads, room for everything.
    """
    drain_at = random.uniform(40_000, 60_000)
    exporters = [
        ExporterSpec(
            name=name,
            service=service,
            target=name,
            batch_size=random.choice([5, 8, 20]),
            interval_ms=random.choice([None, None, 1_500]),
        )
        for name, service in (("E", "kinesis"), ("F", "iotanalytics"))
    ]
    troubles = [
        each for each in _troubles(random, drain_at - 2_000) if not calm or each.kind != "latency"
    ]
    kills = [random.uniform(2_000, drain_at - 8_000) for _ in range(random.choice([0, 1, 2]))]
    return Setting(
        exporters=tuple(exporters[: random.choice([1, 2])]),
        troubles=tuple(troubles),
        kills=tuple((at, at + random.uniform(100, 2_000)) for at in _apart(kills)),
        drain_at=drain_at,
        ends=drain_at + 45_000,
        every=random.uniform(100, 300),
        latency=random.uniform(1, 100),
        refuses=0.05 if calm else random.choice([0.0, 0.05, 0.2]),
        doubts=0.0 if calm else random.choice([0.0, 0.05, 0.2]),
        repeats=0.0 if calm else random.choice([0.0, 0.0, 0.1]),
        unanswered=0.0 if calm else random.choice([0.0, 0.02]),
        segment=None if calm else random.choice([None, None, random.randint(20, 60)]),
    )


def _apart(times: Sequence[float]) -> list[float]:
    """The same in order, without those that come too soon after another."""
    ordered = sorted(times)
    return ordered[:1] + [b for a, b in pairwise(ordered) if b - a > 3_000]


def _troubles(random: Random, until: float) -> Iterator[Trouble]:
    for service in ("kinesis", "iotanalytics"):
        at = random.uniform(2_000, 10_000)
        while at < until - 3_000:
            kind = random.choice(["link_down", "link_down", "link_silent", "latency"])
            over = min(until, at + random.uniform(200, 15_000))
            yield Trouble(service=service, kind=kind, at=at, until=over)
            at = over + random.uniform(300, 15_000)
