"""A failure that is to be shrunk: where it is written down, and whether another scenario fails likewise."""

import json
import shlex
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.checkers.verdict import Ruling
from harness.environments.errors import EnvironmentUnavailable
from harness.explore.attempt import BROKEN, quiet
from harness.explore.drawing import Document
from harness.explore.scenario_file import loaded
from harness.explore.trial import Trial, try_out
from harness.explore.written import with_steps
from harness.plan.compiling import compile_plan
from harness.scenario import document as documents
from harness.scenario.loader import parse
from harness.scenario.problems import BadScenario

SCENARIO, PLAN, FACTS = "scenario.yaml", "plan.json", "run.json"


class NothingToShrink(Exception):
    """There is no failure; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a failing scenario comes from.

    Attributes:
        document: with every disturbance as a step.
        stream_manager: what is put in the place of ours.
    """

    document: Document
    stream_manager: str | None


def read(run: Path, *, seed: int | None, stream_manager: str | None) -> Source:
    """The scenario of a run's folder, or of a file.

    Args:
        seed: in the place of that of the run, or of the file.
        stream_manager: in the place of that of the run.

    Raises:
        BadScenario: the file is not sound.
        NothingToShrink: it is neither.
    """
    file = run / SCENARIO if run.is_dir() else run
    if not file.is_file():
        raise NothingToShrink(f"{run} is neither the folder of a run nor a scenario file")
    content = file.read_bytes()
    data: Any = documents.read(content).data
    # In the folder of a run the file has another name than its scenario.
    named = Path(f"{data['scenario']}.yaml") if run.is_dir() else file
    scenario = parse(content, named).scenario
    if run.is_dir():
        seed = _seed_of(run) if seed is None else seed
        stream_manager = stream_manager or _stream_manager_of(run)
    plan = compile_plan(scenario, scenario.seed if seed is None else seed)
    return Source(document=with_steps(data, plan), stream_manager=stream_manager)


def _seed_of(run: Path) -> int | None:
    with suppress(OSError, ValueError):
        return int(json.loads((run / PLAN).read_text(encoding="utf-8"))["seed"])
    return None


def _stream_manager_of(run: Path) -> str | None:
    """What a simulated run had; a command of another edition is nothing for this one."""
    with suppress(OSError, ValueError):
        facts = json.loads((run / FACTS).read_text(encoding="utf-8"))
        words = shlex.split(facts["command"])
        if facts["environment"] == "simulated" and "--stream-manager" in words:
            return words[words.index("--stream-manager") + 1]
    return None


class Likewise:
    """Whether a scenario fails as the first one did: by a verdict `invalid` of the same checker.

    Args:
        checker: its name; BROKEN: the simulator itself does not survive it.
    """

    def __init__(self, checker: str, stream_manager: str | None) -> None:
        self.checker = checker
        self._stream_manager = stream_manager

    def __call__(self, document: Document) -> bool:
        """Try it out."""
        try:
            found = accusations(document, self._stream_manager)
        except BadScenario:
            return False
        return self.checker in found


def accusations(document: Document, stream_manager: str | None) -> dict[str, str]:
    """The checkers that say `invalid` of a scenario, with their reasons.

    Raises:
        BadScenario: it is not sound.
        EnvironmentUnavailable: the stream manager cannot be had.
    """
    try:
        trial = trial_of(document, stream_manager)
    except (BadScenario, EnvironmentUnavailable):
        raise
    except Exception as error:
        return {BROKEN: repr(error)}
    return {
        each.name: each.reason
        for each in trial.judgement.checkers
        if each.verdict is Ruling.INVALID
    }


def trial_of(document: Document, stream_manager: str | None) -> Trial:
    """Run a scenario and judge it.

    Raises:
        BadScenario: it is not sound.
        EnvironmentUnavailable: the stream manager cannot be had.
    """
    scenario = loaded(document).scenario
    with quiet():
        return try_out(compile_plan(scenario, scenario.seed), stream_manager)
