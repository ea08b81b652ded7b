"""A picture of each connectivity preset: when the link is down, how slow and how narrow it is, in its own time.

`python -m harness.report.preset_plots FOLDER` draws those that are shipped.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from harness.fault.bandwidth import Bandwidth
from harness.fault.latency import Latency
from harness.plan.drafts import Draft
from harness.plan.presets import Weather
from harness.report.canvas import CUT, DISTURBED, UP
from harness.scenario.outages import Outages
from harness.scenario.preset import Preset
from harness.scenario.preset_loader import SHIPPED, load_preset, preset_files

OUTAGES = 12
SEED = 1
FAR_MS = 10**12
_UNITS = ((3_600_000 * 24, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))


def pattern(preset: Preset, seed: int = SEED) -> tuple[list[Draft], int]:
    """A dozen outages in the preset's own time, with latency and bandwidth meanwhile, and when the last is over."""
    series = Outages(preset=preset.preset, count=OUTAGES, scale=1, only_outages=True)
    outages = _drafts(series, preset, FAR_MS, seed)
    until_ms = max(draft.planned_ms + (draft.duration_ms or 0) for draft in outages)
    series = series.model_copy(update={"only_outages": False})
    return _drafts(series, preset, until_ms, seed), until_ms


def _drafts(series: Outages, preset: Preset, ends_ms: int, seed: int) -> list[Draft]:
    weather = Weather(
        series, preset, name="link", place="", begins_ms=0, ends_ms=ends_ms, seed=seed
    )
    return [*weather.drafts()]


def picture(preset: Preset) -> Figure:
    """The outages as bars on a line, below it latency and bandwidth where the preset has them."""
    drafts, until_ms = pattern(preset)
    unit_ms, unit = next(each for each in _UNITS if until_ms >= 2 * each[0] or each[1] == "s")
    lines = [
        (_steps(drafts, kind), label)
        for kind, label in ((Latency, "latency, ms"), (Bandwidth, "kB/s"))
        if _steps(drafts, kind)
    ]
    figure = Figure(figsize=(9, 1.1 + 0.9 * len(lines)), layout="constrained")
    rows = figure.subplots(
        1 + len(lines), 1, sharex=True, squeeze=False, height_ratios=[1] + [2] * len(lines)
    )[:, 0]
    bars = [
        (draft.planned_ms / unit_ms, (draft.duration_ms or 0) / unit_ms)
        for draft in drafts
        if not isinstance(draft.fault, Latency | Bandwidth)
    ]
    rows[0].axhspan(0, 1, color=UP)
    rows[0].broken_barh(bars, (0, 1), color=CUT, linewidth=0)
    rows[0].set(yticks=[0.5], ylim=(0, 1), xlim=(0, until_ms / unit_ms))
    rows[0].set_yticklabels(["down"])
    rows[0].set_title(preset.preset, loc="left", fontsize=9)
    for axes, (steps, label) in zip(rows[1:], lines, strict=True):
        axes.step(
            [at / unit_ms for at, _ in steps],
            [value for _, value in steps],
            where="post",
            color=DISTURBED,
        )
        axes.set_ylabel(label, fontsize=8)
        axes.set_ylim(bottom=0)
    for axes in rows:
        axes.tick_params(labelsize=8)
    rows[-1].set_xlabel(unit, fontsize=8)
    return figure


def _steps(
    drafts: Sequence[Draft], kind: type[Latency] | type[Bandwidth]
) -> list[tuple[int, float]]:
    """When which value begins to hold, and when the last one ends."""
    found = [draft for draft in drafts if isinstance(draft.fault, kind)]
    values = [
        draft.fault.latency_ms
        if isinstance(draft.fault, Latency)
        else draft.fault.bytes_per_second / 1000  # type: ignore[union-attr]
        for draft in found
    ]
    steps = [(draft.planned_ms, float(value)) for draft, value in zip(found, values, strict=True)]
    last = (
        [(found[-1].planned_ms + (found[-1].duration_ms or 0), float(values[-1]))] if found else []
    )
    return steps + last


def main(folder: Path) -> None:
    """Draw all that are shipped into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, file in preset_files([SHIPPED]).items():
        picture(load_preset(file).preset).savefig(folder / f"{name}.png", dpi=80)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
