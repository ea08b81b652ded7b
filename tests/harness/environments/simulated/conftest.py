"""Scenarios run in virtual time, and the zoo where the simulator finds it."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.environments.simulated.environment import SimulatedEnvironment
from harness.environments.simulated.standing import stand_up
from harness.explore.trial import Trial, try_out
from harness.plan.compiling import compile_plan
from harness.scenario.loader import load
from harness.zoo.catalogue import SCENARIOS

from ..example_site import plan_of  # noqa: TID252 - tests are no package that could be named

ROOT = Path(__file__).parents[4]
FOLDERS = (SCENARIOS, ROOT / "tests/end_to_end/scenarios", ROOT / "scenarios")


def scenario_file(name: str) -> Path:
    return next(file for folder in FOLDERS if (file := folder / f"{name}.yaml").exists())


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The functions and the stream manager log what they do, as they do elsewhere."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[SimulatedEnvironment]:
    """A site whose sensors send."""
    with stand_up(
        plan_of(tmp_path), directory=tmp_path / "run", progress=lambda text: None
    ) as standing:
        standing.start_source(standing.now_ms() + 500)
        pass_s(standing, 5)
        yield standing


def pass_s(environment: SimulatedEnvironment, seconds: float) -> None:
    """Let virtual time pass."""
    environment.world.wait(environment.world.now_ns + seconds * 1e9)


@pytest.fixture
def tried() -> Callable[..., Trial]:
    """Runs a scenario by its name, perhaps with something else in the place of ours (`module:name`)."""

    def run(name: str, stands_in: str | None = None, seed: int = 1) -> Trial:
        plan = compile_plan(load(scenario_file(name)).scenario, seed)
        return try_out(plan, stands_in)

    return run
