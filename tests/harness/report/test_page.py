"""The page of a run: complete, readable without a network, and nothing in a scenario can change what it is."""

import base64
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from harness.checkers.verdict import ConditionResult, Judgement, Ruling, Verdict
from harness.fault.service import ALL_SERVICES
from harness.report.page import fault_rows, page, show

from .conftest import LOSS, Told, an_outage, judgement, plan_of

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Reader(HTMLParser):
    """Collects the elements of a page; `open` is empty when each was closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.text += " "
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def page_of(told: Told, tmp_path: Path):
    def written(said: Judgement | None = None, plan: Any = None, **facts: Any) -> str:
        return page(told.record(tmp_path, plan, **facts), said or judgement())

    return written


def read(text: str) -> Reader:
    reader = Reader(text)
    assert reader.open == []
    return reader


def words(text: str) -> str:
    return " ".join(read(text).text.split())


# -- what a reader finds ---------------------------------------------------------------------------


def test_verdict_picture_checkers_conditions_classes_and_repetition_are_there(
    told: Told, page_of
) -> None:
    an_outage(told)
    text = page_of()
    said = words(text)
    assert "told valid The system kept its promises." in said
    assert "Repeat this run: stream-chaos run told.yaml --seed 7" in said
    assert "loss valid Nothing acknowledged is lost." in said
    assert "outages (at_least: 1) yes 1 took effect, 1 needed." in said
    assert "S/kinesis 200 200 200" in said
    assert "S: 200 messages acknowledged, the newest has number 199; delivered: kinesis" in said
    assert [tag for tag, _ in read(text).elements].count("svg") == 3
    assert "LocalStack" in said, "where the time went"


@pytest.mark.parametrize("unsynced", [0, 3])
def test_what_a_power_cut_took_has_a_column_where_there_is_some(page_of, unsynced: int) -> None:
    said = words(page_of(judgement(unsynced=unsynced)))
    assert ("expired unsynced recovered" in said) == (unsynced > 0)
    assert ("expired, unsynced, recovered" in said) == (unsynced > 0)


@pytest.mark.parametrize(
    ("ruling", "headline"),
    [
        (Ruling.INVALID, "The system broke a promise. 3 messages are lost."),
        (Ruling.UNKNOWN, "No verdict can be given. 3 messages are lost."),
    ],
)
def test_what_is_not_valid_has_its_reason_at_the_top(
    page_of, ruling: Ruling, headline: str
) -> None:
    text = page_of(judgement(verdict=ruling, reason="3 messages are lost."))
    assert headline in words(text)
    assert f'<header class="{ruling}">' in text


def test_examples_of_a_violation_are_open_and_a_loss_is_marked(page_of) -> None:
    bad = Verdict(name="loss", verdict=Ruling.INVALID, reason="Lost.", examples=("number 7",))
    text = page_of(judgement(bad, verdict=Ruling.INVALID, lost=1))
    assert re.search(r"<details open><summary>1 of the worst</summary>\s*<ul><li>number 7", text)
    assert '<td class="bad">1</td>' in text
    assert 'class="bad"' not in page_of(judgement())


def test_an_unmet_condition_is_told(page_of) -> None:
    unmet = ConditionResult(name="outages", met=False, evidence="0 took effect.")
    text = page_of(judgement(verdict=Ruling.UNKNOWN, conditions=[unmet]))
    assert "outages no 0 took effect." in words(text)
    assert "the scenario names no conditions" in words(page_of(judgement(conditions=[])))


def test_a_run_that_was_broken_off_says_so(told: Told, page_of) -> None:
    told.line(9, "harness", "interrupted", "note", reason="somebody interrupted it")
    assert "broken off somebody interrupted it" in words(page_of())


def test_what_never_happened_and_what_stood_still_is_told(told: Told, page_of) -> None:
    told.line(3, "nemesis", "trigger", "invoked", id="f1")
    told.line(4, "nemesis", "trigger", "failed", id="f1", reason="it was not seen")
    told.line(5, "harness", "stall", "note", from_ms=1000, to_ms=1500)
    said = words(page_of())
    assert "never happened f1: it was not seen" in said
    assert "stood still The harness did not run 1 times, 0.5 s together" in said


def test_the_key_names_only_what_is_shaded(told: Told, page_of) -> None:
    assert '<i class="' not in page_of()
    told.fault("link_silent", ["kinesis"], 1, 2)
    text = page_of()
    assert '<i class="silent">' in text
    assert '<i class="cut">' not in text


def test_figures_that_stand_in_the_table_of_all_messages_are_not_told_twice(page_of) -> None:
    counted = Verdict(
        name="loss",
        verdict=Ruling.VALID,
        reason="Kept.",
        figures={"S/kinesis": {"delivered": 200}, "slowest_s": 1.25, "by_cause": {}},
    )
    text = page_of(judgement(counted))
    assert "slowest s 1.25" in words(text)
    assert "by cause none" in words(text)
    assert text.count("S/kinesis") == 1
    assert "Figures of the checkers" not in words(page_of(judgement(LOSS)))


def test_a_run_in_which_nothing_happened_has_a_page(page_of) -> None:
    assert "What was done to the site Nothing." in words(page_of())
    assert "Where the time went" in words(page_of(stages=[], started=None))


PNG = b"\x89PNG\r\n\x1a\n not really"


def a_look(told: Told, **fields: Any) -> None:
    """A browser looks at the page for two seconds."""
    known = {"url": "http://127.0.0.1:8082/", "browser": "chrome 1.2", "says": "Live: 2 sensors"}
    seen = {"picture": "page.png", "aggregates": 2, "renewed": True, **known}
    told.line(50, "harness", "page", "note", from_ms=50_000.0, **(fields or seen))


def test_the_page_of_the_site_is_shown_as_a_browser_saw_it(
    told: Told, page_of, tmp_path: Path
) -> None:
    a_look(told)
    (tmp_path / "page.png").write_bytes(PNG)
    text = page_of()
    encoded = base64.b64encode(PNG).decode()
    sources = [a["src"] for tag, a in read(text).elements if tag == "img"]
    assert sources == [f"data:image/png;base64,{encoded}"]
    assert (
        'It says "Live: 2 sensors" and shows the newest aggregates of 2 sensors; newer ones came while it was'
        " watched. Taken at 1970-01-01 00:00:52 UTC, 50.0 s after the first reading, of"
        " http://127.0.0.1:8082/ in chrome 1.2 without a window."
    ) in words(text)
    assert "look at the page" in words(text), "where the time went"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"problem": "there is no chromium on PATH."}, "there is no chromium on PATH."),
        ({"picture": "page.png"}, "page.png is not beside this page"),
    ],
)
def test_a_page_that_nobody_could_see_is_told_with_the_reason(
    told: Told, page_of, fields: dict[str, str], why: str
) -> None:
    a_look(told, **fields)
    assert f"The page of the site There is no picture: {why}" in words(page_of())


def test_a_page_that_is_not_ours_is_shown_without_aggregates(
    told: Told, page_of, tmp_path: Path
) -> None:
    a_look(told, picture="page.png", url="http://127.0.0.1:1/", browser="chrome 1", aggregates=None)
    (tmp_path / "page.png").write_bytes(PNG)
    said = words(page_of())
    assert "The page of the site, once everything owed had arrived. Taken at" in said


def test_a_run_whose_page_nobody_wanted_to_see_says_nothing_of_it(page_of) -> None:
    assert "The page of the site" not in words(page_of())


# -- what the page does not do ---------------------------------------------------------------------


def test_it_makes_no_request_to_anywhere(told: Told, page_of) -> None:
    an_outage(told).fault("link_silent", ["kinesis"], 7, 8)
    text = page_of()
    for tag, attributes in read(text).elements:
        assert tag not in ("script", "link", "iframe", "img", "object", "embed", "base", "form")
        for name in ("src", "srcset", "poster", "background", "data", "action"):
            assert name not in attributes, (tag, name)
        for name in ("href", "xlink:href"):
            link = attributes.get(name) or "#"
            assert link.startswith("#") or re.fullmatch(r"[\w./-]+", link), link
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)
    addresses = set(re.findall(r"https?://[^\"' <]+", text))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_links_lead_only_to_what_a_run_leaves_beside_its_page(page_of) -> None:
    links = {a["href"] for tag, a in read(page_of()).elements if tag == "a"}
    assert links == {
        *("history.jsonl", "plan.json", "scenario.yaml", "report.json", "junit.xml", "logs/")
    }


HOSTILE = "</style><script>alert(1)</script><img src=http://example.com/x onerror=alert(1)>"


def test_nothing_that_somebody_wrote_becomes_part_of_the_page(told: Told, page_of) -> None:
    an_outage(told).fault("link_down", ["kinesis"], 7, 8, name=HOSTILE)
    told.stream(HOSTILE, "kinesis")
    told.append(HOSTILE, 0, at_s=1)
    told.line(9, "harness", "interrupted", "note", reason=HOSTILE)
    bad = Verdict(
        name="loss",
        verdict=Ruling.INVALID,
        reason=HOSTILE,
        examples=(HOSTILE,),
        figures={HOSTILE: HOSTILE},
    )
    unmet = ConditionResult(name=HOSTILE, met=False, evidence=HOSTILE)
    said = judgement(bad, verdict=Ruling.INVALID, reason=HOSTILE, conditions=[unmet])
    facts = {"command": HOSTILE, "versions": {HOSTILE: HOSTILE}, "environment": HOSTILE}
    text = page_of(said, plan_of(description=HOSTILE), **facts, stages=[[HOSTILE, 1.0]])
    tags = {tag for tag, _ in read(text).elements}
    assert not tags & {"script", "img"}
    assert text.count(HOSTILE) == 0
    assert text.count("&lt;script&gt;") >= 10


def test_no_two_parts_of_it_have_the_same_name(told: Told, page_of) -> None:
    an_outage(told).fault("link_silent", ["kinesis"], 7, 8)
    names = [a["id"] for _, a in read(page_of()).elements if "id" in a]
    assert len(names) == len({*names}) > 0


def test_the_same_run_makes_the_same_bytes(told: Told, page_of) -> None:
    an_outage(told)
    assert page_of() == page_of()


def test_it_stays_small(told: Told, page_of) -> None:
    assert len(page_of(an_outage(told) and None)) < 200_000


# -- faults ----------------------------------------------------------------------------------------


def test_a_fault_is_told_with_planned_and_observed_times(told: Told, tmp_path: Path) -> None:
    an_outage(told)
    (row,) = fault_rows(told.record(tmp_path))
    assert (row.name, row.services) == ("outage", "kinesis")
    assert row.what == "connections are closed and refused"
    assert (row.observed, row.lasted, row.problem) == ("2.00 s", "4.00 s", "")


def test_a_fault_tells_who_failed_because_of_it(told: Told, tmp_path: Path) -> None:
    told.fault("link_down", ["kinesis"], 2, 6)
    for at_s, service in (
        (1, "kinesis"),
        (3, "kinesis"),
        (4, "s3"),
        (5, "kinesis"),
        (7, "kinesis"),
    ):
        told.line(at_s, "uplink-tap", "request", "invoked", id=f"r{at_s}", service=service)
        told.line(at_s, "uplink-tap", "request", "failed", id=f"r{at_s}", service=service)
    (row,) = fault_rows(told.record(tmp_path))
    assert row.failed_requests == 2


def test_what_could_not_be_done_is_told_with_its_reason(told: Told, tmp_path: Path) -> None:
    told.fault("link_down", ["kinesis"], 2, 6, ending="failed")
    (row,) = fault_rows(told.record(tmp_path))
    assert row.problem == "stuck"


def test_a_planned_fault_stands_beside_its_time(told: Told, tmp_path: Path) -> None:
    plan = plan_of(
        "[{name: outage, at: 2s, cut: all, for: 4s},"
        " {name: kill, on: {event: link_down}, within: 9s, kill: stream_manager}]"
    )
    told.fault("link_down", [str(service) for service in ALL_SERVICES], 2.1, 6)
    told.fault("process_kill", [], 3, name="kill", target="stream_manager")
    planned = {moment.name: moment.id for moment in plan.moments}
    for line in told.lines:
        line["id"] = planned[line["name"]]
    cut, kill = fault_rows(told.record(tmp_path, plan))
    assert (cut.planned, cut.observed, cut.services) == ("2.0 s", "2.10 s", "all")
    assert (kill.planned, kill.lasted, kill.services) == ("on event", "-", "-")
    assert kill.what == "the process is killed without warning (target stream_manager)"


# -- figures ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "yes"),
        (1234567, "1,234,567"),
        (1234.56, "1,234.6"),
        (0.01234, "0.0123"),
        (12.0, "12"),
        (None, "-"),
        ({"read_back": 2, "ok": False}, "read back 2, ok no"),
        ({}, "none"),
        ([1, 2.5], "1, 2.5"),
        ((), "none"),
        ("as it is", "as it is"),
    ],
)
def test_figures_are_written_for_people(value: Any, shown: str) -> None:
    assert show(value) == shown
