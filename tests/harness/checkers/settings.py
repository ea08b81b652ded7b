"""Settings of the small world, drawn at random: runs in which priority, or overwriting, is put to the test."""

from dataclasses import replace
from random import Random

from .segmented import Cut, Flaw, Setting, StreamSpec
from .telling import ExporterSpec

ANALYTICS, KINESIS = "iotanalytics", "kinesis"


def _times(random: Random, every_ms: float, until_ms: float) -> list[float]:
    times, at = [], random.uniform(0, every_ms)
    while at < until_ms:
        times.append(at)
        at += every_ms * random.uniform(0.7, 1.3)
    return times


def priority_setting(random: Random, flaw: Flaw | None = None) -> Setting:
    """Raw readings and urgent aggregates; both clouds out of reach at once, then perhaps one alone; perhaps a kill."""
    raw = ExporterSpec(
        name="RawData", service=ANALYTICS, target="raw", batch_size=random.randint(5, 25)
    )
    batch, interval = random.choice([(1, None), (1, None), (3, None), (4, 700)])
    urgent = ExporterSpec(
        name="AggregateData",
        service=KINESIS,
        target="aggregates",
        batch_size=batch,
        interval_ms=interval,
        priority=random.choice([1, 3]),
    )
    source_ends = 20_000.0
    begin = random.uniform(2_500, 4_500)
    both = Cut(
        services=random.choice([(ANALYTICS, KINESIS), (KINESIS, ANALYTICS)]),
        at=begin,
        until=begin + random.uniform(4_000, 8_000),
        silent=random.random() < 0.3,
    )
    cuts = [both]
    if random.random() < 0.4:
        alone = both.until + random.uniform(2_000, 5_000)
        services = (random.choice([ANALYTICS, KINESIS]),)
        cuts.append(Cut(services=services, at=alone, until=alone + random.uniform(500, 3_000)))
    kills = []
    if random.random() < 0.3:
        at = random.uniform(begin - 2_000, both.until + 3_000)
        kills.append((at, at + random.uniform(200, 1_500)))
    return Setting(
        streams=(
            StreamSpec(
                name="Raw",
                exporters=(raw,),
                appends=[(t, 100) for t in _times(random, 20, source_ends)],
            ),
            StreamSpec(
                name="Aggregate",
                exporters=(urgent,),
                appends=[(t, 80) for t in _times(random, random.uniform(150, 400), source_ends)],
            ),
        ),
        cuts=tuple(cuts),
        kills=tuple(kills),
        latency_ms=random.uniform(20, 60),
        refuses=random.choice([0.0, 0.0, 0.02]),
        until=45_000.0,
        flaw=flaw,
    )


def overwrite_setting(random: Random, flaw: Flaw | None = None) -> Setting:
    """A small stream and an outage that lasts longer than it can hold; perhaps a kill."""
    overhead = random.randint(0, 64)
    # With small messages an overhead that nobody knows may excuse a server that is a little wrong.
    size = random.randint(60, 500) if flaw is None else random.randint(300, 500)
    spread = random.choice([0, 0, 3, 20])
    per_segment = random.randint(8, 25)
    segments = random.randint(4, 9)
    segment_size = per_segment * (size + overhead) + random.randint(0, size)
    exporters = [
        ExporterSpec(
            name="RawData", service=ANALYTICS, target="raw", batch_size=random.randint(4, 12)
        ),
        ExporterSpec(
            name="RawKinesis", service=KINESIS, target="raw", batch_size=random.randint(4, 12)
        ),
    ]
    every = random.uniform(25, 60)
    holds_ms = every * per_segment * segments
    begin = random.uniform(2_000, 4_000)
    until = begin + holds_ms * random.uniform(1.4, 2.2)
    cuts = [Cut(services=(ANALYTICS, KINESIS), at=begin, until=until, silent=random.random() < 0.2)]
    kills = []
    if flaw is Flaw.SKIPS_ON_RESTART:
        # What it skips must not be overwritten before the heal anyway.
        at = until - holds_ms * random.uniform(0.1, 0.5)
        kills.append((at, at + 100))
    elif random.random() < 0.4:
        at = random.uniform(begin + holds_ms * 0.3, until - 200)
        kills.append((at, at + random.uniform(100, 1_500)))
    return Setting(
        streams=(
            StreamSpec(
                name="Raw",
                exporters=tuple(exporters[: random.choice([1, 2])]),
                appends=[
                    (t, size + random.randint(0, spread))
                    for t in _times(random, every, until + holds_ms)
                ],
                max_size=segment_size * segments + random.randint(0, segment_size // 2),
                segment_size=segment_size,
            ),
        ),
        cuts=tuple(cuts),
        kills=tuple(kills),
        overhead=overhead,
        latency_ms=random.uniform(5, 60),
        backoff_max_ms=random.choice([1_000.0, 2_000.0]),
        rolls_on_restart=random.random() < 0.5,
        keeps_batch=random.random() < 0.3,
        refuses=random.choice([0.0, 0.0, 0.02]),
        until=until + holds_ms + 10_000,
        flaw=flaw,
    )


def newer(setting: Setting, random: Random) -> Setting:
    """The same with links that are half-open instead, and perhaps a server that stands still for a while."""
    cuts = tuple(
        replace(each, holds=True, silent=False) if random.random() < 0.7 else each
        for each in setting.cuts
    )
    begin = random.uniform(1_000, max(2_000, setting.until - 25_000))
    pause = begin, begin + random.uniform(300, 18_000)
    alone = all(back < pause[0] - 1_000 or at > pause[1] + 1_000 for at, back in setting.kills)
    pauses = (pause,) if alone and random.random() < 0.6 else ()
    return replace(setting, cuts=cuts, pauses=pauses)
