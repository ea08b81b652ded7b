"""From an order to a judged run: whatever happens, the site is down, and what was seen is written."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.browser.look import Look
from harness.checkers.verdict import Ruling
from harness.environments.errors import EnvironmentUnavailable
from harness.environments.protocol import ProbeFailed
from harness.fault.registry import Fault
from harness.history.lines import parse
from harness.run.conduct import RealConduct
from harness.run.running import Order, Ran, run_order
from harness.run.view import PlainView

from .conftest import SmallSite, fast, plan_of

OUTAGE = "[{name: outage, at: 2s, cut: [kinesis], for: 1s}]"


class Sites:
    """Stands small sites up.

    Attributes:
        prepare: what is done to each before it is used.
        stood: those that were.
    """

    def __init__(self) -> None:
        self.prepare: Callable[[SmallSite], None] = lambda site: None
        self.stood: list[SmallSite] = []
        self.asked: dict[str, Any] = {}

    def __call__(self, plan: Any, *, directory: Path, **asked: Any) -> SmallSite:
        folder = directory / "witness"
        folder.mkdir(parents=True)
        (directory / "logs").mkdir()
        self.asked = asked
        site = SmallSite(folder)
        self.prepare(site)
        self.stood.append(site)
        return site


@pytest.fixture
def sites() -> Sites:
    return Sites()


def order(reports: Path, steps: str = OUTAGE) -> Order:
    return Order(
        plan=plan_of(steps),
        scenario=b"scenario: small\n",
        environment="local",
        reports=reports,
        stream_manager="their-server --fast",
        command="stream-chaos run small.yaml",
    )


def run(
    reports: Path,
    sites: Sites,
    steps: str = OUTAGE,
    say: Callable[[str], None] = lambda line: None,
) -> Ran:
    with PlainView(say) as view:
        return run_order(order(reports, steps), sites, view, conduct=RealConduct(fast))


def the_folder(reports: Path) -> Path:
    (folder,) = (path for path in (reports / "small").iterdir() if not path.is_symlink())
    return folder


def document(folder: Path, name: str) -> dict[str, Any]:
    plain = json.loads((folder / name).read_text())
    assert isinstance(plain, dict)
    return plain


def kinds(folder: Path) -> list[str]:
    return [str(line["kind"]) for line in parse((folder / "history.jsonl").read_text())]


def test_a_run_leaves_all_its_artefacts(tmp_path: Path, sites: Sites) -> None:
    ran = run(tmp_path, sites)
    assert ran.folder == the_folder(tmp_path)
    names = {path.name for path in ran.folder.iterdir()}
    assert names == {
        "plan.json",
        "scenario.yaml",
        "witness",
        "logs",
        "history.jsonl",
        "run.json",
        "report.json",
        "junit.xml",
        "report.html",
    }
    assert (tmp_path / "small" / "latest").resolve() == ran.folder.resolve()
    assert sites.asked["stream_manager"] == "their-server --fast"


def test_a_site_that_keeps_everything_is_valid(tmp_path: Path, sites: Sites) -> None:
    ran = run(tmp_path, sites)
    assert (ran.judgement.verdict, ran.failed) == (Ruling.VALID, ""), ran.judgement.reason
    report = document(ran.folder, "report.json")
    assert report["verdict"] == "valid"
    assert report["streams"]["S/E"]["delivered"] > 0
    assert document(ran.folder, "run.json")["exit_reason"] == "completed"


def test_the_history_says_which_run_it_is_and_is_in_order(tmp_path: Path, sites: Sites) -> None:
    folder = run(tmp_path, sites).folder
    lines = list(parse((folder / "history.jsonl").read_text()))
    (told,) = (line for line in lines if line["kind"] == "run")
    assert (told["scenario"], told["seed"], told["environment"]) == ("small", 1, "local")
    assert told["plan"] == document(folder, "plan.json")["plan"]
    times = [line["at"] for line in lines]
    assert times == sorted(times)
    closed = {line["witness"] for line in lines if line["kind"] == "closed"}
    assert {"harness", "nemesis", "edge-tap", "cloud-tap", "cloud-reader"} <= closed


def test_the_site_is_down_afterwards(tmp_path: Path, sites: Sites) -> None:
    run(tmp_path, sites)
    (site,) = sites.stood
    assert site.did[-1] == "down"


LOOK = Look(url="http://127.0.0.1:1/", browser="chrome 1", says="Live", aggregates=2, renewed=True)


def page_lines(folder: Path) -> list[dict[str, Any]]:
    lines = parse((folder / "history.jsonl").read_text())
    return [dict(line) for line in lines if line["kind"] == "page"]


def test_what_a_browser_sees_of_the_page_is_in_the_folder_and_in_the_history(
    tmp_path: Path, sites: Sites
) -> None:
    sites.prepare = lambda site: setattr(site, "page", LOOK)
    folder = run(tmp_path, sites).folder
    assert (folder / "page.png").read_bytes() == b"a picture"
    (told,) = page_lines(folder)
    assert (told["picture"], told["aggregates"], told["renewed"]) == ("page.png", 2, True)
    assert told["from_ms"] <= told["at"]


def test_the_page_is_looked_at_when_everything_has_arrived_and_the_edge_still_runs(
    tmp_path: Path, sites: Sites
) -> None:
    run(tmp_path, sites)
    did = sites.stood[0].did
    assert did.index("heal link_down") < did.index("looked at") < did.index("source stopped")


def test_a_run_without_a_browser_is_judged_all_the_same(tmp_path: Path, sites: Sites) -> None:
    sites.prepare = lambda site: setattr(site, "page", ProbeFailed("the page", "there is none"))
    said: list[str] = []
    ran = run(tmp_path, sites, say=said.append)
    assert ran.judgement.verdict is Ruling.VALID
    (told,) = page_lines(ran.folder)
    assert told["problem"] == "there is none"
    assert any("no picture of the page: there is none" in line for line in said)
    assert "There is no picture: there is none" in (ran.folder / "report.html").read_text()


def test_a_run_that_cannot_go_on_is_unknown_and_says_why(tmp_path: Path, sites: Sites) -> None:
    sites.prepare = lambda site: setattr(site, "source_answers", False)
    ran = run(tmp_path, sites)
    assert ran.judgement.verdict is Ruling.UNKNOWN
    assert "nobody is there" in ran.failed
    assert "nobody is there" in document(ran.folder, "run.json")["exit_reason"]
    assert "interrupted" in kinds(ran.folder)
    assert sites.stood[0].did[-1] == "down"


def test_where_an_unexpected_error_came_from_is_kept_in_the_logs(
    tmp_path: Path, sites: Sites
) -> None:
    sites.prepare = lambda site: setattr(site, "ends", False)
    ran = run(tmp_path, sites)
    assert ran.failed == "the core hangs"
    assert "stop_exporting" in (ran.folder / "logs" / "harness.log").read_text()


def test_a_trigger_that_never_fires_makes_the_run_unknown(tmp_path: Path, sites: Sites) -> None:
    event = "{event: segment_evicted, stream: S}"
    steps = f"[{{name: never, on: {event}, within: 1s, kill: stream_manager}}]"
    ran = run(tmp_path, sites, steps)
    assert ran.judgement.verdict is Ruling.UNKNOWN
    assert "segment_evicted was waited for 1 s" in ran.judgement.reason


def test_a_message_that_is_left_out_makes_the_run_invalid(tmp_path: Path, sites: Sites) -> None:
    sites.prepare = lambda site: setattr(site, "drops", {30})
    ran = run(tmp_path, sites)
    assert ran.judgement.verdict is Ruling.INVALID
    assert ran.judgement.streams["S/E"]["lost"] == 1


def test_what_has_not_arrived_at_the_deadline_is_lost(tmp_path: Path, sites: Sites) -> None:
    sites.prepare = lambda site: setattr(site, "delivers", False)
    judgement = run(tmp_path, sites).judgement
    assert judgement.streams["S/E"]["lost"] > 100
    # On this site's fast clock every pause is a stall, so that nobody may be accused of being late.
    assert "the machine stood still" in judgement.reason


def interrupting(site: SmallSite) -> None:
    """Somebody presses Ctrl-C as soon as the outage is in force."""
    inject = site.inject

    @contextmanager
    def injected(fault: Fault) -> Iterator[None]:
        with inject(fault):
            os.kill(os.getpid(), signal.SIGINT)
            yield

    site.inject = injected  # type: ignore[method-assign]


def test_an_interrupted_run_heals_and_writes_what_there_is(tmp_path: Path, sites: Sites) -> None:
    sites.prepare = interrupting
    said: list[str] = []
    steps = "[{name: outage, at: 2s, cut: [kinesis], for: 4s}]"
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, sites, steps, said.append)
    (site,) = sites.stood
    assert site.did.index("heal link_down") < site.did.index("edge ended") < site.did.index("down")
    folder = the_folder(tmp_path)
    assert document(folder, "run.json")["exit_reason"] == "interrupted"
    assert document(folder, "report.json")["verdict"] == "unknown"
    assert "interrupted" in kinds(folder)
    assert str(folder) in said[-1]


def test_a_site_that_cannot_be_stood_up_leaves_no_latest(tmp_path: Path, sites: Sites) -> None:
    def unavailable(site: SmallSite) -> None:
        raise EnvironmentUnavailable("There is no cloud")

    sites.prepare = unavailable
    with pytest.raises(EnvironmentUnavailable):
        run(tmp_path, sites)
    assert {path.name for path in the_folder(tmp_path).iterdir()} >= {"plan.json", "logs"}
    assert not (tmp_path / "small" / "latest").is_symlink()
