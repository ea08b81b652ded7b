"""When a function gets another worker.

A pinned function has exactly one. An on-demand function gets its first with the first invocation, and another one
only when invocations have not moved for a while: as long as one worker keeps up, messages are handled in the order of
their arrival. Waiting counts from the moment the newest worker was ready, because what gathered during its start says
nothing about whether it keeps up.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """How many workers, and for how long.

    Attributes:
        workers_min: kept running.
        workers_max: at most.
        stall_s: how long the first waiting item waits before another worker is started.
        idle_s: how long a worker above the minimum is kept without work.
        idle_max: how many workers without work are kept.
        initialization_s: how long a start may take; None: as long as it wants.
    """

    workers_min: int
    workers_max: int
    stall_s: float = 0.5
    idle_s: float = 60.0
    idle_max: int = 25
    initialization_s: float | None = None


PINNED = Scaling(workers_min=1, workers_max=1)


def on_demand(workers_max: int, idle_max: int) -> Scaling:
    """The scaling of an on-demand function under a core's limits."""
    return Scaling(workers_min=0, workers_max=workers_max, idle_max=idle_max, initialization_s=60.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A function's workers and queue at one moment.

    Attributes:
        live: workers, starting ones included.
        starting: workers that are not ready yet.
        oldest_queued: when the first waiting item came; None: none waits.
        newest_ready: when the newest worker became ready.
    """

    live: int
    starting: int
    oldest_queued: float | None
    newest_ready: float


def due_in_s(scaling: Scaling, load: Load, now: float) -> float | None:
    """Seconds until another worker is due; None: not as things stand."""
    if load.starting or load.live >= scaling.workers_max:
        return None
    if load.live < scaling.workers_min:
        return 0.0
    if load.oldest_queued is None:
        return None
    if load.live == 0:
        return 0.0
    stalled_since = max(load.oldest_queued, load.newest_ready)
    return max(0.0, stalled_since + scaling.stall_s - now)
