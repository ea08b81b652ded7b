"""Two exporters that share a pool of one: raw readings, and aggregates, which are urgent."""

from collections.abc import Iterable

from harness.checkers.priority import PriorityChecker
from harness.checkers.verdict import Verdict
from harness.plan.model import Plan
from harness.scenario.judges import PriorityJudge

from .plans import plan
from .telling import ExporterSpec, Telling

RAW = ExporterSpec(name="RawData", service="iotanalytics", target="raw", batch_size=2)
URGENT = ExporterSpec(
    name="AggregateData", service="kinesis", target="aggregates", batch_size=1, priority=1
)
RAW_KEY, URGENT_KEY = "Raw/RawData", "Aggregate/AggregateData"


def begun(urgent: ExporterSpec = URGENT, raw: ExporterSpec = RAW) -> Telling:
    """Two streams, and more raw readings than are sent."""
    told = Telling()
    told.stream("Raw", raw)
    told.stream("Aggregate", urgent)
    for number in range(200):
        told.append("Raw", number, at=float(number))
    return told


def send_raw(told: Telling, times: Iterable[float], first: int = 0) -> int:
    """A raw batch at each of these times; returns the number after the last."""
    for at in times:
        told.put(RAW_KEY, [first, first + 1], at=at, took=20.0)
        first += 2
    return first


def aggregate(told: Telling, number: int, acknowledged: float, arrived: float | None) -> None:
    told.append("Aggregate", number, at=acknowledged - 1.0)
    if arrived is not None:
        told.put(URGENT_KEY, [number], at=arrived, took=20.0)


def verdict(told: Telling, the_plan: Plan | None = None, **judge: str | int) -> Verdict:
    parameters = PriorityJudge.model_validate(judge)
    return PriorityChecker(parameters).check(told.history(), the_plan or plan())
