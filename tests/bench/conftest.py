"""Results as a run would find them."""

import sys
from pathlib import Path

import pytest

# The benchmarks are not in the wheel that the tests run with; behind all else, so that the rest comes from there.
sys.path.append(str(Path(__file__).parents[2]))

from bench.figures import Series
from bench.results import Result, Results
from bench.targets import Verdict


@pytest.fixture
def results() -> Results:
    ours = Series(name="stream manager", unit="appends/s", values=(50_000.0, 52_000.0, 51_000.0))
    other = Series(name="answers only", unit="appends/s", values=(100_000.0, 90_000.0, 95_000.0))
    waits = Series(name="waits", unit="per append", values=(0.25, 0.25, 0.25))
    missed = Verdict(target="stream manager ≥ 0.6 times answers only", measured=0.537, met=False)
    met = Verdict(target="waits ≤ 1 per append", measured=0.25, met=True)
    return Results(
        machine={"processor": "a fine one", "date": "2026-11-30 13:00 UTC"},
        rounds=3,
        quick=False,
        benchmarks=(
            Result(
                name="pipelined",
                question="How many?",
                method="Many at once.",
                series=(ours, other, waits),
                verdicts=(missed, met),
            ),
            Result(name="drain", question="How fast?", method="A loop.", missing="no LocalStack."),
        ),
    )
