"""A series of outages whose lengths a scenario gives becomes drafts of moments."""

from collections.abc import Iterator
from random import Random

from harness.plan.drafts import Draft
from harness.plan.parts import Trigger
from harness.scenario.events import Event
from harness.scenario.faults import cut
from harness.scenario.outages import Outages, SpreadMode
from harness.scenario.quantities import Span
from harness.scenario.steps import CutMode


def series_drafts(
    series: Outages, *, name: str, place: str, begins_ms: int, seed: int
) -> Iterator[Draft]:
    """Each outage of a series.

    Args:
        name: of the series, which its moments carry.
        place: in the scenario.
        seed: of the run.
    """
    assert series.count is not None and series.down and series.up, "it names no preset"
    draw = Random(f"{seed}/{name}")
    start_ms = begins_ms
    for number in range(series.count):
        # All three are drawn for every outage, so that one mode more does not change the lengths.
        down_ms, up_ms = length_ms(draw, series.down), length_ms(draw, series.up)
        mode = mode_of(draw, series.mode or SpreadMode.REFUSED)
        yield Draft(
            name=f"{name}.{number + 1}",
            step=f"{place}[{number}]",
            planned_ms=start_ms,
            trigger=_waiting(series.on, start_ms, series.waits_ms),
            fault=cut(mode, series.cut),
            duration_ms=down_ms,
        )
        start_ms += down_ms + up_ms


def length_ms(draw: Random, span: Span) -> int:
    """One length out of a span, both ends included."""
    return span.shortest_ms + int(draw.random() * (span.longest_ms - span.shortest_ms + 1))


def mode_of(draw: Random, mode: SpreadMode) -> CutMode:
    """How one outage of a series is done; a value is drawn whatever the mode."""
    value = draw.random()
    if mode is SpreadMode.EITHER:
        return CutMode.SILENT if value < 0.5 else CutMode.REFUSED
    return CutMode(mode)


def _waiting(event: Event | None, armed_ms: int, within_ms: int) -> Trigger | None:
    if event is None:
        return None
    return Trigger(event=event, armed_ms=armed_ms, within_ms=within_ms, delay_ms=0)
