"""What a run of the tiny model depends on: exporters, troubles on the links, kills."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random

from .telling import ExporterSpec


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A fault on the link of one service.

    `kind`: link_down, link_silent, latency, half_open, one_way_requests or one_way_answers.
    """

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
    pauses: tuple[tuple[float, float], ...] = ()


def newer_setting(random: Random) -> Setting:
    """The same site, with links that are half-open or silent one way as well, and a manager that stands still."""
    plain = setting(random)
    kinds = ["half_open", "half_open", "one_way_requests", "one_way_answers"]
    troubles = [
        replace(each, kind=random.choice(kinds)) if random.random() < 0.7 else each
        for each in plain.troubles
    ]
    begins = [random.uniform(2_000, plain.drain_at - 25_000) for _ in range(random.choice([1, 2]))]
    pauses = [(at, at + random.uniform(500, 20_000)) for at in begins]
    apart = [
        each
        for index, each in enumerate(sorted(pauses))
        if all(each[0] > other[1] + 1_000 for other in sorted(pauses)[:index])
        and all(back < each[0] - 1_000 or kill > each[1] + 1_000 for kill, back in plain.kills)
    ]
    return replace(plain, troubles=tuple(troubles), pauses=tuple(apart))


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
