"""The trend of several runs: a row for each, the oldest first."""

import json
import re
from pathlib import Path
from typing import Any

from harness.report.trend import write_trend


def run(folder: Path, started: str, **fields: Any) -> Path:
    folder.mkdir(parents=True)
    document = {
        "scenario": "cloud_outage",
        "started": started,
        "environment": "local",
        "seed": 1,
        "verdict": "valid",
        "reason": "",
        "streams": {
            "S/a": {"appended": 1000, "delivered": 900, "overwritten": 100, "lost": 0},
            "S/b": {"appended": 1000, "delivered": 1000, "duplicates": 3},
        },
        **fields,
    }
    (folder / "report.json").write_text(json.dumps(document))
    return folder


def rows(page: Path) -> list[list[str]]:
    found = re.findall(r"<tr>(.*?)</tr>", page.read_text(), flags=re.DOTALL)
    cells = [re.findall(r"<td.*?>(.*?)</td>", each, flags=re.DOTALL) for each in found]
    return [[re.sub(r"<.*?>", "", cell) for cell in row] for row in cells if row]


def test_runs_stand_in_the_order_of_their_times_with_all_exporters_counted(tmp_path: Path) -> None:
    later = run(tmp_path / "a" / "1", "2026-11-26T01:00:00+00:00", seed=2, verdict="invalid")
    earlier = run(tmp_path / "b" / "1", "2026-11-25T01:00:00+00:00")
    page = write_trend([later, earlier])
    assert page == tmp_path / "trend.html"
    assert [row[0] for row in rows(page)] == ["1", "2"]
    first, second = rows(page)
    assert first[1:] == [
        *("2026-11-25T01:00:00+00:00", "cloud_outage", "local", "1", "valid"),
        *("2,000", "1,900", "100", "0", "3"),
    ]
    assert second[4:6] == ["2", "invalid"]


def test_each_row_leads_to_its_report(tmp_path: Path) -> None:
    folders = [run(tmp_path / name / "1", f"2026-11-2{n}") for n, name in enumerate("ab")]
    page = write_trend(folders)
    links = re.findall(r'<a href="([^"]+)"', page.read_text())
    assert links == ["a/1/report.html", "b/1/report.html"]


def test_runs_of_one_scenario_have_their_trend_beside_them(tmp_path: Path) -> None:
    folders = [run(tmp_path / "a" / str(n), f"2026-11-2{n}") for n in range(2)]
    assert write_trend(folders) == tmp_path / "a" / "trend.html"


def test_a_loss_is_marked_and_nothing_that_was_written_becomes_part_of_the_page(
    tmp_path: Path,
) -> None:
    hostile = "<script>alert(1)</script>"
    lost = {"S/a": {"appended": 5, "delivered": 3, "lost": 2}}
    one = run(tmp_path / "a" / "1", "2026", reason=hostile, scenario=hostile, streams=lost)
    two = run(tmp_path / "a" / "2", "2027", verdict="unknown", streams={})
    text = write_trend([one, two]).read_text()
    assert '<td class="bad">2</td>' in text
    assert "<script" not in text
    assert not re.search(r'(src|xlink:href)="(?!#)', text)
