"""The benchmarks as a command: that they work, not what they find."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.catalogue import BENCHMARKS
from bench.results import Results

ROOT = Path(__file__).parents[2]
BUILT_S = 880.0
"""On a new machine the client is built first, and Go's own library with it."""


def bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=BUILT_S)


def test_a_benchmark_that_is_not_there_is_named() -> None:
    done = bench("--only", "nonsense")
    assert done.returncode == 2
    assert "nonsense" in done.stderr and "pipelined" in done.stderr


def test_every_benchmark_goes_by_its_own_name() -> None:
    assert [each.name for each in BENCHMARKS.values()] == list(BENCHMARKS)
    assert len(BENCHMARKS) == 11


def test_a_quick_run_is_not_published(results: Results, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    replace(results, quick=True).write(path)
    done = bench("publish", str(path))
    assert done.returncode == 2
    assert "quick run" in done.stderr


@pytest.mark.localstack
@pytest.mark.timeout(900)
def test_a_quick_run_measures_judges_and_leaves_nothing_behind(tmp_path: Path) -> None:
    chosen = [
        word for name in ("pipelined", "flush-on-write", "drain") for word in ("--only", name)
    ]
    done = bench("--quick", *chosen, "--into", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "stream manager ≥ 0.6 times answers only" in done.stdout
    assert "stream manager ≥ 0.9 times bare boto3 loop" in done.stdout
    told = json.loads((tmp_path / "results.json").read_text())
    assert (told["quick"], told["rounds"]) == (True, 1)
    assert all(
        len(series["values"]) == 1 for each in told["benchmarks"] for series in each["series"]
    )
    syncs = [each for each in told["benchmarks"][1]["series"] if each["unit"] == "per append"]
    assert [series["values"][0] <= 1 for series in syncs] == [True, True]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results.json", "results.svg"]
