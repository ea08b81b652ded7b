"""The pictures of a report, drawn as SVG by matplotlib: the same bytes for the same run."""

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.report.timeline import Series, StreamTimeline, Timeline, Window

WIDTH_IN = 10.5
# Of Okabe and Ito: told apart by everybody.
APPENDED, OLDEST = "#333333", "#999999"
EXPORTERS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
OVERWRITTEN, CUT, DISTURBED, RESTART = "#D55E00", "#C9302C", "#8E6BBF", "#7A1FA2"

STYLE: Any = {
    "svg.hashsalt": "stream-chaos",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e6e6e6",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.fontsize": 8,
}


def _drawn(height_in: float, rows: int, draw: Callable[[Sequence[Axes]], None]) -> str:
    """The SVG of a figure of `rows` panels that share the time across."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
        draw(list(figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]))
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg = buffer.getvalue()
    # A page of its own is what the prolog is for; inside of HTML it must not stand.
    svg = svg[svg.index("<svg") :]
    return re.sub(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', _opening, svg, count=1)


def _opening(found: re.Match[str]) -> str:
    return f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" {found[1]} role="img" width="100%">'


def _shade(axes: Axes, windows: Sequence[Window], *, named: bool = False) -> None:
    for window in windows:
        if not window.services:
            axes.axvline(window.begin_s, color=RESTART, linewidth=1.2, linestyle=":")
        else:
            colour = CUT if window.kind.startswith("link_") else DISTURBED
            hatch = "//" if window.kind == "link_silent" else None
            axes.axvspan(
                window.begin_s, window.end_s, facecolor=colour, alpha=0.12, hatch=hatch, linewidth=0
            )
        if named:
            middle = (window.begin_s + window.end_s) / 2
            axes.annotate(
                window.name,
                (middle, 1.0),
                xycoords=("data", "axes fraction"),
                ha="center",
                va="bottom",
                fontsize=7,
                color="#666666",
                annotation_clip=False,
            )


def _line(axes: Axes, series: Series, end_s: float, **style: object) -> None:
    thin = series.thinned()
    if thin.times_s:
        times, values = [*thin.times_s, end_s], [*thin.values, thin.values[-1]]
        axes.step(times, values, where="post", **style)  # type: ignore[arg-type]


def story(run: Timeline) -> str:
    """The picture that tells the run: time across, sequence number up, a panel for each stream."""
    crowded = len([window for window in run.windows]) > 6

    def draw(panels: Sequence[Axes]) -> None:
        for index, (axes, stream) in enumerate(zip(panels, run.streams, strict=False)):
            _shade(axes, run.windows, named=not index and not crowded)
            _story_of(axes, stream, run.end_s)
            axes.set_xlim(run.begin_s, run.end_s)
        panels[-1].set_xlabel("seconds since the first reading was due")

    rows = max(1, len(run.streams))
    return _drawn(1.0 + 3.1 * rows, rows, draw)


def _story_of(axes: Axes, stream: StreamTimeline, end_s: float) -> None:
    _line(axes, stream.appended, end_s, color=APPENDED, linewidth=1.6, label="appended")
    for index, each in enumerate(stream.exporters):
        colour = EXPORTERS[index % len(EXPORTERS)]
        name = f"delivered by {each.exporter.identifier} ({each.exporter.service})"
        _line(axes, each.delivered, end_s, color=colour, linewidth=1.4, label=name)
    if max(stream.oldest.values, default=0) > 0:
        _line(axes, stream.oldest, end_s, color=OLDEST, linestyle="--", label="oldest retained")
        _overwritten(axes, stream)
    axes.set_title(stream.stream.name, loc="left", fontweight="bold", pad=14)
    axes.set_ylabel("sequence number")
    axes.legend(loc="upper left")


def _overwritten(axes: Axes, stream: StreamTimeline) -> None:
    """Between what an exporter had delivered and what was still retained: gone before it could be exported."""
    for index, each in enumerate(stream.exporters):
        times = sorted({*stream.oldest.times_s, *each.delivered.times_s})
        oldest = [stream.oldest.at(t, 0.0) for t in times]
        delivered = [each.delivered.at(t, -1.0) + 1 for t in times]
        behind = [o > d for o, d in zip(oldest, delivered, strict=True)]
        axes.fill_between(
            times,
            delivered,
            oldest,
            where=behind,
            step="post",
            facecolor=OVERWRITTEN,
            alpha=0.25,
            linewidth=0,
            label=None if index else "overwritten before it arrived",
        )


def traffic(run: Timeline) -> str:
    """Backlog of each exporter, what was appended and delivered per second, and the links below."""

    def draw(panels: Sequence[Axes]) -> None:
        backlog, rates, links = panels
        for axes in (backlog, rates):
            _shade(axes, run.windows)
        _backlogs(backlog, run)
        _line(rates, run.rates["appended"], run.end_s, color=APPENDED, label="appended")
        _line(rates, run.rates["delivered"], run.end_s, color=EXPORTERS[0], label="delivered")
        rates.set_ylabel("messages/s")
        rates.legend(loc="upper left")
        _links(links, run)
        links.set_xlim(run.begin_s, run.end_s)
        links.set_xlabel("seconds since the first reading was due")

    return _drawn(6.6, 3, draw)


def _backlogs(axes: Axes, run: Timeline) -> None:
    all_exporters = [each for stream in run.streams for each in stream.exporters]
    for index, each in enumerate(all_exporters):
        colour = EXPORTERS[index % len(EXPORTERS)]
        _line(axes, each.backlog, run.end_s, color=colour, label=each.exporter.key)
    axes.set_ylabel("backlog, messages")
    if all_exporters:
        axes.legend(loc="upper left")


def _links(axes: Axes, run: Timeline) -> None:
    services = sorted({service for window in run.windows for service in window.services})
    lanes = {service: lane for lane, service in enumerate(services)}
    length_s = run.end_s - run.begin_s
    for service, lane in lanes.items():
        axes.broken_barh([(run.begin_s, length_s)], (lane - 0.3, 0.6), facecolor="#CDE7D8")
        for window in run.windows:
            if service in window.services:
                colour = CUT if window.kind.startswith("link_") else DISTURBED
                hatch = "///" if window.kind == "link_silent" else None
                span = (window.begin_s, window.end_s - window.begin_s)
                axes.broken_barh([span], (lane - 0.3, 0.6), facecolor=colour, hatch=hatch)
    for target, at in run.restarts_s:
        axes.axvline(at, color=RESTART, linewidth=1.2, linestyle=":")
        axes.annotate(f" {target} gone", (at, len(lanes) - 0.4), fontsize=7, color=RESTART)
    axes.set_yticks(list(lanes.values()), list(lanes))
    axes.set_ylim(-0.6, max(len(lanes), 1) - 0.2)
    axes.set_ylabel("links")
    axes.grid(visible=False)


def stages(taken: Sequence[tuple[str, float]]) -> str:
    """What the time went to, a bar for each stage from the top down."""

    def draw(panels: Sequence[Axes]) -> None:
        axes = panels[0]
        names = [name for name, _ in taken][::-1]
        seconds = [each for _, each in taken][::-1]
        bars = axes.barh(names, seconds, color=EXPORTERS[0], height=0.6)
        axes.bar_label(bars, fmt=" %.1f s", fontsize=8)
        axes.set_xlabel("seconds")
        axes.grid(visible=False, axis="y")

    return _drawn(0.9 + 0.26 * max(1, len(taken)), 1, draw)


RULINGS = {"valid": "#1b7f4b", "invalid": "#b3261e", "unknown": "#9a6700"}


def trend(runs: Sequence[Mapping[str, Any]]) -> str:
    """A bar for each run, as high as the messages that arrived, in the colour of its verdict; what was lost on top."""

    def draw(panels: Sequence[Axes]) -> None:
        axes = panels[0]
        places = range(len(runs))
        delivered = [run["counts"]["delivered"] for run in runs]
        lost = [run["counts"]["lost"] for run in runs]
        axes.bar(places, delivered, color=[RULINGS[run["verdict"]] for run in runs], width=0.7)
        axes.bar(places, lost, bottom=delivered, color="black", width=0.7, label="lost")
        axes.set_xticks(list(places), [f"{run['scenario']}\n{run['started'][:16]}" for run in runs])
        axes.tick_params(axis="x", labelrotation=45, labelsize=7)
        axes.set_ylabel("messages delivered")
        axes.legend(loc="upper left")

    return _drawn(3.4, 1, draw)
