"""What all pictures share: size, style, shading, lines and keys. SVG by matplotlib, the same bytes for the same run."""

import io
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from harness.report.timeline import POINTS_MAX, Series, Timeline, Window

WIDTH_IN = 10.5
SECONDS = "seconds since the first reading was due"

# Of Okabe and Ito: told apart by everybody.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
APPENDED, OLDEST = "#333333", "#8A8A8A"
CUT, DISTURBED, GONE, UP = "#C9302C", "#8E6BBF", "#7A1FA2", "#CDE7D8"
"""Also those of the key in the page's style sheet."""

STYLE: Any = {
    "svg.hashsalt": "stream-chaos",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    # A name with dollars in it is a name.
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "axes.titlesize": 10,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "hatch.linewidth": 0.6,
}

_HEADROOM = 1.14
"""Above the highest value there is room for the names of faults, which hide no line there."""
_LETTER = 0.0062
"""Width of a letter of such a name, as a part of the width of a panel."""
_ROWS = 2


def drawn(
    name: str,
    heights_in: Sequence[float],
    draw: Callable[[Sequence[Axes]], None],
    *,
    width_in: float = WIDTH_IN,
    margin_in: float = 0.6,
) -> str:
    """The SVG of a figure with a panel of each of these heights, from the top down; they share the time across.

    Args:
        name: of the picture, unique in its page.
        margin_in: height that titles and labels need besides.
    """
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        # Letters are those of the reader's browser, whatever ours can draw.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        size = (width_in, margin_in + sum(heights_in))
        figure = Figure(figsize=size, layout="constrained")
        panels = figure.subplots(
            len(heights_in), 1, sharex=True, squeeze=False, height_ratios=heights_in
        )
        draw(list(panels[:, 0]))
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return _lean(buffer.getvalue(), name)


def _lean(svg: str, name: str) -> str:
    """Without what only a file of its own needs, and without digits that nobody sees."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, count=1, flags=re.DOTALL)
    svg = re.sub(r' d="[^"]*"', lambda path: re.sub(r"(\.\d)\d+", r"\1", path[0]), svg)
    svg = re.sub(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', _opening, svg, count=1)
    return _renamed(svg, name)


def _renamed(svg: str, name: str) -> str:
    """With names for its parts that no other picture of the page has, and that no rounding changes."""
    used = dict.fromkeys(re.findall(r'(?:url\(|href=")#([^")]+)', svg))
    names = {old: f"{name}-{number}" for number, old in enumerate(used)}
    svg = re.sub(r'((?:url\(|href=")#)([^")]+)', lambda use: use[1] + names[use[2]], svg)
    return re.sub(r' id="([^"]+)"', lambda id_: _named(names.get(id_[1])), svg)


def _named(name: str | None) -> str:
    return f' id="{name}"' if name else ""


def _opening(found: re.Match[str]) -> str:
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'<svg {names} {found[1]} role="img" width="100%">'


def whole_numbers(axes: Axes) -> None:
    """There is no half a message."""
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))


def across(axes: Axes, run: Timeline) -> None:
    """From the beginning of the run to its end, with a margin for what happened last."""
    axes.set_xlim(run.begin_s, run.end_s + (run.end_s - run.begin_s) * 0.01)


def line(axes: Axes, series: Series, end_s: float, most: int = POINTS_MAX, **style: Any) -> None:
    """Values that hold until the next one, the last until the end; at most so many points."""
    thin = series.thinned(most)
    last = [thin.values[-1]] if thin.values else []
    # One without values still has its place in the key.
    axes.step(
        [*thin.times_s, end_s][: len(thin.values) + len(last)],
        [*thin.values, *last],
        where="post",
        **style,
    )


def key(axes: Axes) -> None:
    """What the lines mean, in a row above them, where it hides none."""
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(-0.008, 0.985),
            ncols=len(labels),
            handlelength=1.6,
            columnspacing=1.6,
        )


def shade(axes: Axes, windows: Sequence[Window]) -> None:
    """Where links were disturbed, and when processes were."""
    for window in windows:
        if window.services:
            for layer in layers(window, alpha=0.13, hatch="#DB9A96"):
                axes.axvspan(window.begin_s, window.end_s, **layer)
        else:
            # One that stood still went on later.
            for at_s in {window.begin_s, window.end_s}:
                axes.axvline(at_s, color=GONE, linewidth=1.2, linestyle=":")


def layers(window: Window, *, alpha: float, hatch: str) -> list[dict[str, Any]]:
    """How a fault on links is filled. A hatch is a layer of its own: it would be as transparent as what is below it."""
    colour = mpl.colors.to_rgba(CUT if window.cuts else DISTURBED, alpha)
    fill = {"facecolor": colour, "linewidth": 0}
    if not window.cuts or window.kind == "link_down":
        return [fill]
    return [fill, {"facecolor": "none", "edgecolor": hatch, "hatch": "////", "linewidth": 0}]


def name(axes: Axes, windows: Sequence[Window]) -> None:
    """Write the names of faults above the lines, as far as they do not run into each other."""
    low, high = axes.get_ylim()
    axes.set_ylim(low, low + (high - low) * _HEADROOM)
    begin_s, end_s = axes.get_xlim()
    free = [float("-inf")] * _ROWS
    for window in sorted(windows, key=lambda each: each.begin_s):
        at = (window.begin_s - begin_s) / (end_s - begin_s)
        row = next((row for row in range(_ROWS) if free[row] <= at), None)
        if row is not None:
            free[row] = at + _LETTER * (len(window.name) + 2)
            _write(axes, at, row, window)


def _write(axes: Axes, at: float, row: int, window: Window) -> None:
    axes.text(
        at + 0.004,
        0.985 - 0.068 * row,
        window.name,
        transform=axes.transAxes,
        va="top",
        fontsize=7.5,
        color="#555555" if window.services else GONE,
        clip_on=True,
    )
