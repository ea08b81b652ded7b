"""Could the links carry what was waited for? Nobody is accused of being late where they could not.

An exporter has one batch under way at a time and occupies a thread with it, at the least for the latency that the links
always have. In a time that is too short for the batches that waited when it began, and for those that came meanwhile,
the least urgent may lawfully wait for ever.
"""

from bisect import bisect_right
from math import ceil

from harness.checkers.matching import arrivals
from harness.history.history import History
from harness.history.operations import Exporter, Outcome
from harness.plan.model import Plan


def too_much(history: History, plan: Plan, begin_ms: float, end_ms: float) -> str:
    """Why the links could not carry between two moments all that waited; empty if they could."""
    latency_ms = plan.site.latency_ms
    exporters = [each for each in history.exporters if each.removed_ms is None]
    if not latency_ms or not exporters:
        return ""
    at_once = min(plan.site.exporter_threads, len(exporters))
    possible = int(at_once * (end_ms - begin_ms) / latency_ms)
    needed = sum(_batches(history, each, begin_ms, end_ms) for each in exporters)
    if needed <= possible:
        return ""
    return f"{needed} batches had to be sent, and links of {latency_ms} ms carry {possible} in that time"


def _batches(history: History, exporter: Exporter, begin_ms: float, end_ms: float) -> int:
    """How many batches an exporter had to send at the most."""
    told = sorted(
        each.ended_ms
        for each in history.stream_of(exporter).acknowledged()
        if each.ended_ms is not None
    )
    before = {
        each.append.id
        for each in arrivals(history, exporter)
        if each.append and each.kept is Outcome.OK and each.put.arrived_ms < begin_ms
    }
    full = ceil((bisect_right(told, end_ms) - len(before)) / exporter.batch_size)
    # Age makes smaller ones.
    interval_ms = exporter.batch_interval_ms
    return full if interval_ms is None else full + ceil((end_ms - begin_ms) / interval_ms)
