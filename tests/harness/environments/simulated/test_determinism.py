"""The same seed makes the same history, to the byte."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable

from harness.explore.trial import Trial

from .conftest import scenario_file

ELSEWHERE = """
import hashlib, json, logging, sys
from pathlib import Path
from harness.explore.trial import try_out
from harness.plan.compiling import compile_plan
from harness.scenario.loader import load
logging.disable(logging.CRITICAL)
trial = try_out(compile_plan(load(Path(sys.argv[1])).scenario, 1))
print(hashlib.sha256(json.dumps(trial.lines).encode()).hexdigest())
"""


def digest(trial: Trial) -> str:
    return hashlib.sha256(json.dumps(trial.lines).encode()).hexdigest()


def test_the_same_seed_tells_the_same_story_in_another_process_with_another_hash_seed(
    tried: Callable[..., Trial],
) -> None:
    told = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(scenario_file("short_kill"))],
        env={**os.environ, "PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == digest(tried("short_kill"))


def test_another_seed_tells_another_story(tried: Callable[..., Trial]) -> None:
    assert digest(tried("short_outage", seed=2)) != digest(tried("short_outage"))
