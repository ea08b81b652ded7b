"""`report.html`: one page that makes no request to anywhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from harness.checkers.verdict import Judgement, Ruling, Verdict
from harness.fault.registry import KINDS
from harness.fault.service import ALL_SERVICES
from harness.history.operations import FaultWindow, Outcome
from harness.plan.rendering import time_scale
from harness.report import plots
from harness.report.artefacts import Recorded
from harness.report.picture import page_picture
from harness.report.timeline import StreamTimeline, Timeline, timeline

OVERHEAD_OTHERWISE = 0
"""Bytes per record, where no checker found out what the server needs: no eviction is drawn that need not have been."""

CLASSES = (
    "published",
    "appended",
    "delivered",
    "overwritten",
    "rejected",
    "expired",
    "unsynced",
    "recovered",
    "in_flight",
    "lost",
    "duplicates",
)
OF_POWER_CUTS = "unsynced"
"""Has a column only where there are some: it is the one that makes the table too wide for a page."""

SHADINGS = {
    "link_down": ("cut", "link down, connections refused"),
    "link_silent": ("silent", "link silent"),
    "half_open": ("silent", "link half-open"),
    "one_way": ("silent", "link silent one way"),
    "cloud_pause": ("silent", "the cloud stood still"),
    "power_cut": ("gone", "the machine had no power"),
    "": ("disturbed", "link disturbed"),
    "gone": ("gone", "a process was disturbed"),
}
"""By kind of fault: class in the style sheet, and what it means; `gone` stands for all that are about a process."""

_LARGE = 100.0
"""Figures from here on are told to a tenth, smaller ones in three digits."""

HEADLINES = {
    Ruling.VALID: "The system kept its promises.",
    Ruling.INVALID: "The system broke a promise.",
    Ruling.UNKNOWN: "No verdict can be given.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRow:
    """One fault as the table shows it; times are seconds since the first reading."""

    id: str
    name: str
    what: str
    services: str
    planned: str
    observed: str
    lasted: str
    failed_requests: int
    problem: str


def environment() -> Environment:
    """Where the templates are."""
    return Environment(
        loader=PackageLoader("harness.report"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(recorded: Recorded, judgement: Judgement) -> str:
    """The page of a run."""
    run = timeline(recorded.history, _overhead(judgement))
    template = environment().get_template("report.html.j2")
    return template.render(
        plan=recorded.plan,
        facts=recorded.facts,
        judgement=judgement,
        headline=HEADLINES[judgement.verdict],
        # What all judges found well stands with each of them.
        reason="" if judgement.verdict is Ruling.VALID else judgement.reason,
        interrupted=recorded.history.interrupted,
        seconds=recorded.seconds,
        history=recorded.history_file,
        classes=_classes_of(judgement),
        story=Markup(plots.story(run)),
        traffic=Markup(plots.traffic(run)),
        shadings=shadings(run),
        page_picture=page_picture(recorded),
        stages=_stages(recorded),
        faults=list(fault_rows(recorded)),
        never_fired=recorded.history.never_fired,
        stalls=[(end - begin) / 1000 for begin, end in recorded.history.stalls],
        figures=[
            (each.name, found) for each in judgement.checkers if (found := figures(each, judgement))
        ],
        show=show,
        summary=summary(run),
        time_scale=time_scale,
    )


def _classes_of(judgement: Judgement) -> list[str]:
    some = any(counts.get(OF_POWER_CUTS) for counts in judgement.streams.values())
    return [name for name in CLASSES if some or name != OF_POWER_CUTS]


def _overhead(judgement: Judgement) -> int:
    found = [each.figures.get("record_overhead") for each in judgement.checkers]
    return next((int(each) for each in found if each is not None), OVERHEAD_OTHERWISE)


def _stages(recorded: Recorded) -> Markup:
    taken = [(str(name), float(seconds)) for name, seconds in recorded.facts.get("stages") or ()]
    phases = [*recorded.history.phases, ("", recorded.history.ended_ms)]
    if (look := recorded.history.page) is not None:
        phases.append(("look at the page", float(look["from_ms"])))
        phases.sort(key=lambda phase: phase[1])
    taken += [(f"run: {name}", (end - at) / 1000) for (name, at), (_, end) in pairwise(phases)]
    return Markup(plots.stages(taken)) if taken else Markup("")


def figures(verdict: Verdict, judgement: Judgement) -> dict[str, Any]:
    """What a checker counted, besides what the table of all messages says."""

    def told_there(name: str, value: Any) -> bool:
        counts = judgement.streams.get(name)
        return counts is not None and isinstance(value, Mapping) and value.items() <= counts.items()

    return {n: value for n, value in verdict.figures.items() if not told_there(n, value)}


def shadings(run: Timeline) -> list[tuple[str, str]]:
    """What is shaded in the pictures: class in the style sheet, and what it means."""
    kinds = {
        "gone" if not window.services else window.kind if window.cuts else ""
        for window in run.windows
    }
    return [meant for kind, meant in SHADINGS.items() if kind in kinds]


def summary(run: Timeline) -> list[str]:
    """What went through, a sentence for each stream."""
    return [_told(stream) for stream in run.streams]


def _told(stream: StreamTimeline) -> str:
    acknowledged = sum(append.number is not None for append in stream.stream.appends)
    newest = [
        f"{each.exporter.identifier} up to {show(int(each.delivered.values[-1]))}"
        for each in stream.exporters
        if each.delivered.values
    ]
    delivered = f"; delivered: {', '.join(newest)}" if newest else ""
    last = int(stream.appended.values[-1]) if stream.appended.values else -1
    told = f"{stream.stream.name}: {show(acknowledged)} messages acknowledged"
    return f"{told}, the newest has number {show(last)}{delivered}."


def fault_rows(recorded: Recorded) -> Iterator[FaultRow]:
    """A row for each fault that was done."""
    planned = {moment.id: moment for moment in recorded.plan.moments}
    for fault in recorded.history.faults:
        moment = planned.get(fault.id)
        at = "on event" if moment is None or moment.trigger else f"{moment.planned_ms / 1000:.1f} s"
        begin = fault.inject_ms[1] or fault.inject_ms[0]
        end = fault.heal_ms[1] if fault.heal_ms else None
        yield FaultRow(
            id=fault.id,
            name=fault.name,
            what=_what(fault),
            services=_links(fault),
            planned=at,
            observed=f"{recorded.since_first_reading_s(begin):.2f} s",
            lasted="-" if end is None else f"{(end - begin) / 1000:.2f} s",
            failed_requests=_failed_during(recorded, fault),
            problem=fault.failed,
        )


def _what(fault: FaultWindow) -> str:
    kind = KINDS.get(fault.kind)
    said = kind.summary if kind else fault.kind
    return f"{said} ({show(fault.parameters)})" if fault.parameters else said


def _links(fault: FaultWindow) -> str:
    return "all" if fault.services == ALL_SERVICES else ", ".join(fault.services) or "-"


def _failed_during(recorded: Recorded, fault: FaultWindow) -> int:
    begin, end = fault.possible_ms
    operations = [*recorded.history.requests, *recorded.history.connections]
    return sum(
        each.outcome is Outcome.FAILED
        and each.service in fault.services
        and each.ended_ms is not None
        and begin <= each.ended_ms <= end
        for each in operations
    )


def show(value: Any) -> str:
    """A figure for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) >= _LARGE else f"{value:.3g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return ", ".join(f"{_words(key)} {show(each)}" for key, each in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(show(each) for each in value) or "none"
    return "-" if value is None else str(value)


def _words(name: object) -> str:
    return str(name).replace("_", " ")
