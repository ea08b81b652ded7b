"""One scenario of the swarm, tried out: what came of it, as little as has to travel between processes."""

import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from harness.checkers.verdict import Judgement, Ruling
from harness.environments.errors import EnvironmentUnavailable
from harness.explore.lineage import scenario_of
from harness.explore.scenario_file import loaded
from harness.explore.states import states
from harness.explore.trial import Trial, try_out
from harness.plan.compiling import compile_plan
from harness.plan.model import Plan
from harness.scenario.loader import parse
from harness.scenario.model import Scenario

BROKEN = "broken"
"""In the place of a verdict: the simulator itself, or a judge, did not survive it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """See the module.

    Attributes:
        lineage: which scenario: what it was drawn from, or the name of its file.
        verdict: of its run, or BROKEN.
        accused_by: the checkers that say `invalid`.
        reason: why the verdict is what it is.
        states: codes of those that were reached.
        kinds: of the faults that were planned.
        virtual_ms: how much time passed in its world.
        wall_s: how long it took, all in all.
        replayed: it was read from a file, not drawn.
    """

    lineage: str
    verdict: str
    accused_by: tuple[str, ...] = ()
    reason: str = ""
    states: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    virtual_ms: float = 0.0
    wall_s: float = field(default=0.0, compare=False)
    replayed: bool = False

    @property
    def failed(self) -> bool:
        """Whether it is something that somebody has to look at."""
        return self.verdict in (Ruling.INVALID, BROKEN)

    def to_json(self) -> dict[str, Any]:
        """One line of a journal."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Attempt":
        """The attempt that `to_json` described."""
        lists = {key: tuple(plain[key]) for key in ("accused_by", "states", "kinds")}
        return cls(**{**plain, **lists})


def attempt(lineage: str, run_ms: tuple[int, int], stream_manager: str | None) -> Attempt:
    """Try out the scenario of a lineage; whatever happens, something is told.

    Raises:
        EnvironmentUnavailable: the stream manager cannot be had.
    """
    return _tried(lambda: loaded(scenario_of(lineage, run_ms)).scenario, lineage, stream_manager)


def replay(name: str, content: bytes, stream_manager: str | None) -> Attempt:
    """Try out the scenario of a file.

    Args:
        name: of the file.

    Raises:
        BadScenario: it is not sound.
        EnvironmentUnavailable: the stream manager cannot be had.
    """
    scenario = parse(content, Path(name)).scenario
    return replace(_tried(lambda: scenario, name, stream_manager), replayed=True)


def _tried(make: Callable[[], Scenario], lineage: str, stream_manager: str | None) -> Attempt:
    began = perf_counter()
    kinds: tuple[str, ...] = ()
    # What the functions and the stream manager say of faults that were asked for is nothing for the screen.
    with quiet():
        try:
            scenario = make()
            plan = compile_plan(scenario, scenario.seed)
            kinds = _kinds(plan)
            found = _found(try_out(plan, stream_manager), lineage, kinds)
        except EnvironmentUnavailable:
            raise
        except Exception as error:
            told = "".join(traceback.format_exception(error)[-3:])
            found = Attempt(lineage=lineage, verdict=BROKEN, reason=told, kinds=kinds)
    return replace(found, wall_s=round(perf_counter() - began, 3))


def _kinds(plan: Plan) -> tuple[str, ...]:
    return tuple(sorted({str(moment.fault.kind) for moment in plan.moments}))


def _found(trial: Trial, lineage: str, kinds: tuple[str, ...]) -> Attempt:
    return Attempt(
        lineage=lineage,
        verdict=str(trial.judgement.verdict),
        accused_by=accusers(trial.judgement),
        reason=_reason(trial),
        states=tuple(sorted(states(trial.lines))),
        kinds=kinds,
        virtual_ms=trial.virtual_ms,
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing is logged meanwhile."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def accusers(judgement: Judgement) -> tuple[str, ...]:
    """The checkers that found something wrong."""
    return tuple(each.name for each in judgement.checkers if each.verdict is Ruling.INVALID)


def _reason(trial: Trial) -> str:
    if trial.failed:
        return f"The run was broken off: {trial.failed}"
    return trial.judgement.reason
