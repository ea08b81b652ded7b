"""The picture of a run: a panel for each benchmark, a bar for each subject, its quartiles as a line."""

import io
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import Series
from bench.results import Result, Results
from bench.table import figure
from harness.report.canvas import COLOURS, STYLE

WIDTH_IN, ROW_IN, PANEL_IN = 9.0, 0.26, 0.75
OTHERS = "#9a9a9a"


def plot(results: Results) -> str:
    """The picture as SVG, the same for the same results."""
    shown = [each for each in results.benchmarks if each.series]
    heights = [PANEL_IN + ROW_IN * len(_bars(each)) for each in shown] or [PANEL_IN]
    with mpl.rc_context(STYLE):
        drawing = Figure(figsize=(WIDTH_IN, sum(heights)), layout="constrained")
        panels = drawing.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axes, result in zip(panels, shown, strict=False):
            _panel(axes, result)
        buffer = io.StringIO()
        metadata: dict[str, Any] = {"Date": None}
        drawing.savefig(buffer, format="svg", metadata=metadata)
    return buffer.getvalue()


def _bars(result: Result) -> list[Series]:
    """Subjects of one unit, that of the first."""
    return [each for each in result.series if each.unit == result.series[0].unit]


def _panel(axes: Axes, result: Result) -> None:
    bars = _bars(result)
    for place, series in enumerate(bars):
        lower, upper = series.spread
        axes.barh(place, series.median, color=COLOURS[0] if _is_ours(series, bars) else OTHERS)
        axes.plot([lower, upper], [place, place], color="black", linewidth=1)
        axes.annotate(
            figure(series.median),
            (max(series.median, upper), place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    axes.set_yticks(range(len(bars)), [each.name for each in bars])
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.grid(axis="y", visible=False)
    axes.set_title(f"{result.name}: {bars[0].unit}", loc="left", fontweight="bold")


def _is_ours(series: Series, bars: list[Series]) -> bool:
    """Ours are told from others, where there are others."""
    ours = [each for each in bars if each.name.startswith("stream manager")]
    return series in ours or not ours
