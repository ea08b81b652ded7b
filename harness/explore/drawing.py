"""A seed becomes a scenario: which features are on is drawn, too, since what two of them do together may hide a third.

The scenario is a mapping, as it stands in a file. It has two phases: until `SAFE_SHARE` of the run is over it is
disturbed, after that nothing happens to it and what is owed has to arrive. In some there is an outage at the very end,
so that the drain alone is the second phase.
"""

from typing import Any

from harness.explore.dice import Dice
from harness.explore.disturbances import Timeline, closing, disturbances
from harness.scenario.quantities import render_duration

Document = dict[str, Any]
"""A scenario as it stands in a file."""

RUN_MS = (600_000, 780_000)
SAFE_SHARE = 0.75
WARM_UP_MS = 10_000
READINGS = (100, 1_000)
SENSORS = (1, 1, 1, 1, 2, 3)
SPARSE = (1, 3)
"""Readings per minute where there are so few that what waits would wait long for the next one."""
SPARSE_BACKOFF_MS = (500, 3_000)
SPARSE_GRACE = "5s"
BATCH_SIZES = (1, 2, 5, 10, 20, 50)
LATENCIES_MS = (0, 20, 20, 200, 200, 1_000)
POOLS = (1, 1, 2, 5)
BACKOFF_MS = (1_000, 20_000)
LASTING_MS = (2_000, 90_000)
LONG_MS = (5_000, 180_000)
"""Where a stream is to be overwritten."""
HELD_MS = (15_000, 120_000)
"""For how long a small stream can hold what is made."""
RECORD_BYTES = 64
"""What a record may need besides its payload."""

RAW_STREAM, RAW_KINESIS = "LocalDataStream", "RawData"
PLAIN_BYTES = 130


def draw(seed: int, run_ms: tuple[int, int] = RUN_MS) -> Document:
    """The scenario of a seed.

    Args:
        run_ms: how long it runs, at least and at most.
    """
    dice = Dice(f"explore/{seed}")
    length_ms = dice.between(run_ms[0] // 1000, run_ms[1] // 1000) * 1000
    sparse = dice.chance(0.2)
    workload = _workload(dice, length_ms, sparse=sparse)
    backoff_ms = round(dice.spread(*(SPARSE_BACKOFF_MS if sparse else BACKOFF_MS)))
    overwrites = not sparse and dice.chance(0.35)
    pool = dice.one_of(POOLS)
    site = _site(dice, workload, backoff_ms=backoff_ms, pool=pool, overwrites=overwrites)
    lasting_ms = LONG_MS if overwrites else LASTING_MS
    late = sparse or dice.chance(0.25)
    timeline = Timeline(
        begins_ms=WARM_UP_MS,
        ends_ms=round(length_ms * SAFE_SHARE),
        stable_ms=backoff_ms + 5_000,
        lasting_ms=lasting_ms,
    )
    return {
        "scenario": f"explored_{seed}",
        "description": f"Drawn from seed {seed}.",
        "environments": ["simulated"],
        "seed": seed,
        "workload": _written(workload),
        "site": site,
        "link": {"latency": render_duration(dice.one_of(LATENCIES_MS))},
        "steps": [*disturbances(dice, timeline), *([closing(dice, length_ms)] if late else [])],
        **({"drain": {"grace": SPARSE_GRACE}} if sparse else {}),
        "judge": _judges(pool=pool, overwrites=overwrites),
    }


def _workload(dice: Dice, length_ms: int, *, sparse: bool) -> Document:
    if sparse:
        return {
            "sensors": 1,
            "per_minute": dice.between(*SPARSE),
            "size": 0,
            "length_ms": length_ms,
        }
    sensors = dice.one_of(SENSORS)
    readings = dice.spread(*READINGS)
    per_minute = max(1, round(readings / sensors / (length_ms / 60_000)))
    size = round(dice.spread(200, 2_600)) if dice.chance(0.4) else 0
    return {"sensors": sensors, "per_minute": per_minute, "size": size, "length_ms": length_ms}


def _written(workload: Document) -> Document:
    size = {"reading_size": f"{workload['size']}B"} if workload["size"] else {}
    return {
        "sensors": workload["sensors"],
        "rate": f"{workload['per_minute']}/min",
        **size,
        "warm_up": render_duration(WARM_UP_MS),
        "run_for": render_duration(workload["length_ms"]),
    }


def _site(
    dice: Dice, workload: Document, *, backoff_ms: int, pool: int, overwrites: bool
) -> Document:
    producer: Document = {}
    if overwrites:
        producer |= _small_stream(dice, workload)
    elif dice.chance(0.5):
        producer["LOCAL_STREAM_SEGMENT_SIZE"] = round(dice.spread(8_192, 65_536))
    if dice.chance(0.9):
        producer["RAW_BATCH_SIZE"] = dice.one_of(BATCH_SIZES)
    if dice.chance(0.2):
        producer["RAW_BATCH_INTERVAL_MS"] = 60_000
    if dice.chance(0.5):
        producer["RAW_KINESIS_STREAM"] = RAW_KINESIS
    manager = {
        "STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS": backoff_ms,
        "STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE": pool,
    }
    if dice.chance(0.2):
        producer["FLUSH_ON_WRITE"] = "true"
    site: Document = {"stream_producer": producer} if producer else {}
    if dice.chance(0.2):
        site["stream_aggregator"] = {"FLUSH_ON_WRITE": "true"}
    site["stream_manager"] = manager
    if "RAW_KINESIS_STREAM" in producer:
        site["kinesis_streams"] = [RAW_KINESIS]
    return site


def _small_stream(dice: Dice, workload: Document) -> Document:
    """It holds a part of what the run makes, in a few segments."""
    record = max(PLAIN_BYTES, workload["size"]) + RECORD_BYTES
    per_ms = workload["sensors"] * workload["per_minute"] / 60_000
    segments = dice.between(3, 9)
    segment = max(1_024, record + RECORD_BYTES, record * per_ms * dice.spread(*HELD_MS) / segments)
    return {
        "LOCAL_STREAM_MAX_SIZE": round(segment * segments),
        "LOCAL_STREAM_SEGMENT_SIZE": round(segment),
    }


def _judges(*, pool: int, overwrites: bool) -> list[Any]:
    """Priority can be judged with one thread alone, overwriting where it happens."""
    return [
        "loss",
        "duplication",
        "ordering",
        "aggregates",
        *(["priority"] if pool == 1 else []),
        *(["overwrite"] if overwrites else []),
    ]
