"""Two real nights in virtual time, the second with a planted regression."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .conftest import LIBRARY

pytestmark = pytest.mark.timeout(600)

ZOO = "harness.zoo.stream_managers"
NIGHT_S = 240.0


def night(folder: Path, seed: str, *options: str) -> tuple[int, Any, str]:
    """Its exit status, its index and what it said."""
    command = [sys.executable, "-m", "harness.cli", "nightly", "--library", str(LIBRARY)]
    command += ["--environment", "simulated", "--reports", str(folder), "--seed", seed]
    done = subprocess.run(
        [*command, *options],
        capture_output=True,
        text=True,
        timeout=NIGHT_S,
        check=False,
        cwd=folder,
        env={**os.environ, "XDG_STATE_HOME": str(folder / "state")},
    )
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    index = folder / "nightly" / seed / "index.json"
    return done.returncode, json.loads(index.read_text()), said


def test_a_planted_regression_makes_the_second_night_red_and_the_index_says_what_changed(
    tmp_path: Path,
) -> None:
    status, index, said = night(tmp_path, "2026-11-24")
    assert status == 0, said
    assert [row["outcome"] for row in index["rows"]] == ["valid", "invalid"]

    regression = ("--only", "short_night", "--stream-manager", f"{ZOO}.sends_twice:PARTS")
    status, index, said = night(tmp_path, "2026-11-25", *regression)
    assert status == 1, said
    assert [row["outcome"] for row in index["rows"]] == ["invalid"]
    worse = {each["what"]: each for each in index["changes"] if each["worse"]}
    assert (worse["verdict"]["before"], worse["verdict"]["now"]) == ("valid", "invalid")
    assert worse["duplicates"]["now"] > worse["duplicates"]["before"]
    assert {each["scenario"] for each in index["changes"]} == {"short_night"}
    page = (tmp_path / "nightly" / "2026-11-25" / "index.html").read_text()
    assert "verdict valid → invalid" in page
