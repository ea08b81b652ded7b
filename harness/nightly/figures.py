"""What a night remembers of a run, as numbers that nights can be compared by."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.checkers.matching import arrivals
from harness.history.history import History
from harness.history.operations import Exporter, Outcome

COUNTED = ("published", "appended", "delivered", "overwritten", "lost", "duplicates")
"""Of `report.json`, over all exporters."""

MEASURED = (
    "append_p50_ms",
    "append_p99_ms",
    "arrival_p50_ms",
    "arrival_p99_ms",
    "delivered_hz",
    "caught_up_s",
    "waiting_max",
)
"""Of the history; see `measured`. `waiting_max` is the longest line that any exporter had."""


def counted(document: Mapping[str, Any]) -> dict[str, int]:
    """The classes of a `report.json`, summed over all exporters."""
    streams = (document.get("streams") or {}).values()
    return {name: sum(int(each.get(name) or 0) for each in streams) for name in COUNTED}


def measured(history: History) -> dict[str, float | None]:
    """Latencies and rates of a run; None where nothing could be measured.

    `append`: from the request to its answer, at the edge tap. `arrival`: from that answer to the success of the request
    that brought it to the cloud, first copies of all exporters; what waited in an outage waited. `delivered_hz`: first
    copies per second, from the first to the last. `caught_up_s`: from the last heal until what had been acknowledged
    before had arrived.
    """
    appends = [
        append.ended_ms - append.invoked_ms
        for stream in history.streams.values()
        for append in stream.appends
        if append.number is not None and append.ended_ms is not None
    ]
    came = [each for exporter in history.exporters for each in _first_copies(history, exporter)]
    arrival = [arrived - stored for stored, arrived in came]
    return {
        "append_p50_ms": quantile(appends, 0.5),
        "append_p99_ms": quantile(appends, 0.99),
        "arrival_p50_ms": quantile(arrival, 0.5),
        "arrival_p99_ms": quantile(arrival, 0.99),
        "delivered_hz": _rate([arrived for _, arrived in came]),
        "caught_up_s": _caught_up_s(history.last_heal_ms, came),
    }


def _first_copies(history: History, exporter: Exporter) -> list[tuple[float, float]]:
    """When a message was acknowledged and when it was first kept, for each that was."""
    first: dict[str, tuple[float, float]] = {}
    for each in arrivals(history, exporter):
        append, at = each.append, each.put.ended_ms
        if each.kept is not Outcome.OK or append is None or append.ended_ms is None or at is None:
            continue
        first.setdefault(append.id, (append.ended_ms, at))
    return list(first.values())


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value that `share` of all do not exceed; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)


def _rate(moments_ms: Sequence[float]) -> float | None:
    if len(moments_ms) < 2 or (spent := max(moments_ms) - min(moments_ms)) <= 0:
        return None
    return round(len(moments_ms) / spent * 1000, 3)


def _caught_up_s(healed_ms: float | None, came: Sequence[tuple[float, float]]) -> float | None:
    if healed_ms is None:
        return None
    waited = [arrived for stored, arrived in came if stored <= healed_ms]
    return round(max(0.0, max(waited, default=healed_ms) - healed_ms) / 1000, 3)
