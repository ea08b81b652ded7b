"""The pictures of a report."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from harness.report.canvas import (
    APPENDED,
    COLOURS,
    GONE,
    OLDEST,
    SECONDS,
    UP,
    across,
    drawn,
    key,
    layers,
    line,
    name,
    shade,
    whole_numbers,
)
from harness.report.timeline import StreamTimeline, Timeline, Window, overwritten

OVERWRITTEN = "#D55E00"
RULINGS = {"valid": "#1b7f4b", "invalid": "#b3261e", "unknown": "#9a6700"}

_FIRST, _OTHERS = 2.2, 1.3
"""Widths of lines: one that runs below another is still seen."""

_FEW_RUNS = 10
"""So few are not drawn as broad as the picture."""


def _colours(run: Timeline) -> Mapping[str, str]:
    """An exporter has one colour in all pictures."""
    keys = [each.exporter.key for stream in run.streams for each in stream.exporters]
    return {each: COLOURS[index % len(COLOURS)] for index, each in enumerate(keys)}


def story(run: Timeline) -> str:
    """The picture that tells the run: time across, sequence number up, a panel for each stream."""
    colours = _colours(run)

    def draw(panels: Sequence[Axes]) -> None:
        for axes, stream in zip(panels, run.streams, strict=False):
            windows = _about(stream, run.windows)
            shade(axes, windows)
            _story_of(axes, stream, run.end_s, colours)
            across(axes, run)
            name(axes, windows)
        panels[-1].set_xlabel(SECONDS)

    return drawn("story", [3.2] * max(1, len(run.streams)), draw)


def _about(stream: StreamTimeline, windows: Sequence[Window]) -> list[Window]:
    """The faults that an exporter of this stream can feel."""
    services = {each.exporter.service for each in stream.exporters}
    return [each for each in windows if not each.services or services & {*each.services}]


def _story_of(axes: Axes, stream: StreamTimeline, end_s: float, colours: Mapping[str, str]) -> None:
    line(axes, stream.appended, end_s, color=APPENDED, linewidth=1.6, label="appended")
    for index, each in enumerate(stream.exporters):
        width = _OTHERS if index else _FIRST
        label = f"delivered by {each.exporter.identifier}"
        label += "" if each.delivered.values else ": nothing"
        colour = colours[each.exporter.key]
        line(axes, each.delivered, end_s, color=colour, linewidth=width, label=label)
    if max(stream.oldest.values, default=0) > 0:
        line(axes, stream.oldest, end_s, color=OLDEST, linestyle="--", label="oldest retained")
        _overwritten(axes, stream, end_s)
    axes.set_title(stream.stream.name, loc="left", fontweight="bold", pad=20)
    axes.set_ylabel("sequence number")
    whole_numbers(axes)
    key(axes)


def _overwritten(axes: Axes, stream: StreamTimeline, end_s: float) -> None:
    for index, each in enumerate(stream.exporters):
        axes.fill_between(
            *overwritten(stream.oldest, each.delivered, end_s),
            facecolor=OVERWRITTEN,
            alpha=0.4,
            linewidth=0,
            label=None if index else "overwritten before it arrived",
        )


def traffic(run: Timeline) -> str:
    """Backlog of each exporter, what was appended and delivered per second, and the links below."""
    services = _services(run)

    def draw(panels: Sequence[Axes]) -> None:
        backlog, rates, links = panels
        for axes in (backlog, rates):
            shade(axes, run.windows)
        _backlogs(backlog, run)
        _rates(rates, run)
        _links(links, run, services)
        across(links, run)
        links.set_xlabel(SECONDS)

    return drawn("traffic", [2.4, 1.8, 0.35 + 0.24 * len(services)], draw)


def _backlogs(axes: Axes, run: Timeline) -> None:
    colours = _colours(run)
    for stream in run.streams:
        for index, each in enumerate(stream.exporters):
            width = _OTHERS if index else _FIRST
            colour = colours[each.exporter.key]
            label = each.exporter.key
            line(axes, each.backlog, run.end_s, color=colour, linewidth=width, label=label)
    axes.set_ylabel("messages waiting")
    whole_numbers(axes)
    key(axes)


def _rates(axes: Axes, run: Timeline) -> None:
    for what, colour in (("appended", APPENDED), ("delivered", COLOURS[0])):
        label = f"{what} per second, all streams"
        line(axes, run.rates[what], run.end_s, color=colour, linewidth=1.4, label=label)
    axes.set_ylabel("messages/s")
    axes.set_ylim(bottom=0)
    key(axes)


def _services(run: Timeline) -> list[str]:
    """Those that exporters deliver to or that were disturbed."""
    disturbed = {service for window in run.windows for service in window.services}
    used = {each.exporter.service for stream in run.streams for each in stream.exporters}
    return sorted(disturbed | used)


def _links(axes: Axes, run: Timeline, services: Sequence[str]) -> None:
    for lane, service in enumerate(services):
        axes.broken_barh([(run.begin_s, run.end_s - run.begin_s)], (lane - 0.3, 0.6), facecolor=UP)
        for window in run.windows:
            if service in window.services:
                span = (window.begin_s, window.end_s - window.begin_s)
                for layer in layers(window, alpha=0.7, hatch="white"):
                    axes.broken_barh([span], (lane - 0.3, 0.6), **layer)
    for target, at in run.restarts_s:
        axes.axvline(at, color=GONE, linewidth=1.2, linestyle=":")
        axes.annotate(f" {target} gone", (at, -0.75), va="center", fontsize=7.5, color=GONE)
    axes.set_yticks(range(len(services)), services)
    # From the top down, with a lane for processes below the last one.
    axes.set_ylim(len(services) - 0.4, -1.1 if run.restarts_s else -0.6)
    axes.set_ylabel("links")
    axes.grid(visible=False)


GLIMPSE_IN = (3.4, 0.62)
_GLIMPSE_POINTS = 160


def glimpse(run: Timeline, picture: str) -> str:
    """A run in a small picture, for tables: what waited at each exporter, and when links were disturbed.

    Args:
        picture: its name, unique in its page.
    """
    colours = _colours(run)
    exporters = [each for stream in run.streams for each in stream.exporters]

    def draw(panels: Sequence[Axes]) -> None:
        axes = panels[0]
        shade(axes, run.windows)
        for each in exporters:
            colour = colours[each.exporter.key]
            line(axes, each.backlog, run.end_s, _GLIMPSE_POINTS, color=colour, linewidth=1.2)
        across(axes, run)
        axes.set_ylim(bottom=0)
        for spine in ("left", "bottom"):
            axes.spines[spine].set_color("#bbbbbb")
        axes.set_xticks([])
        axes.set_yticks([])

    width, height = GLIMPSE_IN
    return drawn(picture, [height], draw, width_in=width, margin_in=0.0)


def stages(taken: Sequence[tuple[str, float]]) -> str:
    """What the time went to, a bar for each stage from the top down."""

    def draw(panels: Sequence[Axes]) -> None:
        axes = panels[0]
        names, seconds = zip(*reversed(taken), strict=True)
        bars = axes.barh(names, seconds, color=COLOURS[0], height=0.6)
        axes.bar_label(bars, fmt="%.1f s", padding=3, fontsize=8)
        axes.set_xlim(0, max(seconds) * 1.08)
        axes.set_xlabel("seconds")
        axes.grid(visible=False, axis="y")

    return drawn("stages", [0.3 + 0.24 * len(taken)], draw)


def trend(runs: Sequence[Mapping[str, Any]], names: Sequence[str] = ()) -> str:
    """A bar for each run, as high as the messages that arrived, in the colour of its verdict; what was lost on top.

    Args:
        names: of the runs, where they are not told by their numbers in a table below.
    """

    def draw(panels: Sequence[Axes]) -> None:
        axes = panels[0]
        places = range(len(runs))
        delivered = [run["counts"]["delivered"] for run in runs]
        lost = [run["counts"]["lost"] for run in runs]
        for ruling, colour in RULINGS.items():
            heights = [
                count if run["verdict"] == ruling else 0
                for count, run in zip(delivered, runs, strict=True)
            ]
            if any(run["verdict"] == ruling for run in runs):
                axes.bar(places, heights, color=colour, width=0.7, label=f"delivered, {ruling}")
        if any(lost):
            axes.bar(places, lost, bottom=delivered, color="black", width=0.7, label="lost")
        axes.set_xticks(list(places), names or [str(place + 1) for place in places])
        axes.set_xlim(-0.6, max(len(runs), _FEW_RUNS) - 0.4)
        axes.set_xlabel("" if names else "run, as numbered below")
        axes.set_ylabel("messages")
        axes.grid(visible=False, axis="x")
        key(axes)

    return drawn("trend", [2.8], draw)
