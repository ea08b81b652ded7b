"""One run in virtual time without a report: its history and what the judges say of it."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from harness.checkers.judge import judge
from harness.checkers.verdict import Judgement
from harness.collecting import collected_seldom
from harness.environments.simulated.conduct import VirtualConduct
from harness.environments.simulated.standing import stand_up
from harness.history.history import History
from harness.plan.model import Plan
from harness.run.phases import Run, RunFailed
from harness.run.view import Glance, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of it.

    Attributes:
        lines: of the history, in its order.
        failed: why it did not go through all its phases; empty if it did.
        virtual_ms: how much time passed in its world.
    """

    judgement: Judgement
    lines: list[dict[str, Any]]
    failed: str
    virtual_ms: float


class Nobody:
    """Sees nothing."""

    def say(self, text: str) -> None:
        """See View."""

    def follow(self, look: Callable[[], Glance] | None) -> None:
        """See View."""


@collected_seldom()
def try_out(plan: Plan, stream_manager: str | None = None) -> Trial:
    """Run a plan and judge it; nothing is written anywhere.

    Args:
        stream_manager: `module:name` of the parts that are put in the place of ours.

    Raises:
        EnvironmentUnavailable: these parts cannot be had.
    """
    conduct, failed = VirtualConduct(packing=False), ""
    nowhere = Path(os.devnull)
    with stand_up(
        plan, directory=nowhere, progress=lambda text: None, stream_manager=stream_manager
    ) as environment:
        notes = conduct.notes(environment, nowhere)
        notes.note(
            "run",
            scenario=plan.scenario,
            seed=plan.seed,
            plan=plan.hash,
            environment="simulated",
            origin_wall_ms=environment.origin_wall_ms,
        )
        try:
            with conduct.following(environment, notes) as watch:
                view, pace = cast(View, Nobody()), conduct.pace(environment)
                Run(plan, environment, notes=notes, watch=watch, view=view, pace=pace).perform()
        except RunFailed as error:
            failed = str(error)
        finally:
            notes.close()
    lines = environment.records.lines
    return Trial(
        judgement=judge(History.of(lines), plan),
        lines=lines,
        failed=failed,
        virtual_ms=environment.world.now_ms,
    )
