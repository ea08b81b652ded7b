"""A recorded run is judged and reported; the verdict is there before anything can go wrong with pictures."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.checkers.verdict import Ruling
from harness.report import write
from harness.report.artefacts import NotARun
from harness.report.write import write_report

from .conftest import Told, an_outage

PROMISED = {
    *("format", "scenario", "environment", "seed", "plan", "started", "finished", "versions"),
    *("verdict", "checkers", "streams", "conditions", "repeat"),
}


def test_page_document_and_test_results_agree(told: Told, tmp_path: Path) -> None:
    an_outage(told).record(tmp_path)
    judgement = write_report(tmp_path)
    written = json.loads((tmp_path / "report.json").read_text())
    assert set(written) >= PROMISED
    assert written["verdict"] == judgement.verdict
    assert [each["name"] for each in written["checkers"]] == ["loss"]
    assert f"<title>told: {judgement.verdict}</title>" in (tmp_path / "report.html").read_text()
    assert ElementTree.parse(tmp_path / "junit.xml").getroot().get("name") == "told"


def test_nothing_half_written_is_left(told: Told, tmp_path: Path) -> None:
    an_outage(told).record(tmp_path)
    write_report(tmp_path)
    assert not list(tmp_path.glob("*.new"))


def test_a_picture_that_cannot_be_drawn_hides_no_verdict(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise MemoryError("no room for pictures")

    monkeypatch.setattr(write, "page", broken)
    an_outage(told).record(tmp_path)
    with pytest.raises(MemoryError):
        write_report(tmp_path)
    assert json.loads((tmp_path / "report.json").read_text())["verdict"]
    assert (tmp_path / "junit.xml").is_file()
    assert not (tmp_path / "report.html").exists()


def test_a_run_that_was_broken_off_is_reported_as_unknown(told: Told, tmp_path: Path) -> None:
    told.line(9, "harness", "interrupted", "note", reason="somebody interrupted it")
    an_outage(told).record(tmp_path)
    assert write_report(tmp_path).verdict is Ruling.UNKNOWN
    reason = json.loads((tmp_path / "report.json").read_text())["reason"]
    early = "The run proves nothing: the run ended early (somebody interrupted it)"
    assert reason.startswith(early), "the cause comes first"


def test_what_is_no_text_is_written_all_the_same(told: Told, tmp_path: Path) -> None:
    an_outage(told).fault("latency", ["kinesis"], 1, 2, name="$a_$ 遅延", note="\ud800")
    told.record(tmp_path)
    write_report(tmp_path)
    (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_folder_without_a_run_gets_no_report(tmp_path: Path) -> None:
    with pytest.raises(NotARun):
        write_report(tmp_path)
    assert list(tmp_path.iterdir()) == []
