"""Reports are built again from what was recorded alone, to the byte."""

from pathlib import Path

import pytest

from harness.report.artefacts import NotARun
from harness.report.rebuild import rebuild

from .conftest import Told, an_outage, unchanged

WRITTEN = ("report.html", "report.json", "junit.xml")


def test_a_report_built_again_has_the_same_bytes(told: Told, tmp_path: Path) -> None:
    an_outage(told).record(tmp_path)
    list(rebuild([tmp_path]))
    first = {name: (tmp_path / name).read_bytes() for name in WRITTEN}
    for name in WRITTEN:
        (tmp_path / name).unlink()
    assert list(rebuild([tmp_path])) == [tmp_path / "report.html"]
    assert {name: (tmp_path / name).read_bytes() for name in WRITTEN} == first


def test_what_was_recorded_is_left_alone(told: Told, tmp_path: Path) -> None:
    an_outage(told).record(tmp_path)
    with unchanged(tmp_path / "history.jsonl"), unchanged(tmp_path / "run.json"):
        list(rebuild([tmp_path]))


def test_of_several_runs_the_trend_is_written_too(told: Told, tmp_path: Path) -> None:
    folders = [tmp_path / "told" / name for name in ("first", "second")]
    for folder in folders:
        an_outage(Told()).record(folder)
    assert list(rebuild(folders)) == [
        *(folder / "report.html" for folder in folders),
        tmp_path / "told" / "trend.html",
    ]


def test_a_folder_that_is_no_run_leaves_the_reports_before_it(told: Told, tmp_path: Path) -> None:
    an_outage(told).record(tmp_path / "run")
    (tmp_path / "none").mkdir()
    with pytest.raises(NotARun):
        list(rebuild([tmp_path / "run", tmp_path / "none"]))
    assert (tmp_path / "run" / "report.html").is_file()
