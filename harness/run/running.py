"""From an order to a judged run: folder, site, phases, history, report."""

import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from harness.checkers.verdict import Judgement
from harness.collecting import collected_seldom
from harness.environments.protocol import Environment, StandUp
from harness.plan.model import Plan
from harness.run.conduct import Conduct, RealConduct
from harness.run.folder import COMPLETED, RunFolder, utc_now
from harness.run.phases import Run, RunFailed
from harness.run.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be run.

    Attributes:
        scenario: content of the file.
        site: content of the site file that it names, if it does.
        environment: name of the edition.
        reports: where the run's folder goes.
        stream_manager: what is put in the place of ours.
        command: repeats the run, on one line.
    """

    plan: Plan
    scenario: bytes
    environment: str
    reports: Path
    stream_manager: str | None
    command: str
    site: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A run that has ended.

    Attributes:
        judgement: what the checkers say.
        failed: why it did not go through all its phases; empty if it did.
    """

    folder: Path
    judgement: Judgement
    failed: str = ""


def run_order(
    order: Order,
    stand_up: StandUp,
    view: View,
    *,
    conduct: Conduct | None = None,
    now: Callable[[], datetime] = utc_now,
) -> Ran:
    """Run a plan and judge it. Whatever happens, the site is down afterwards, and what was seen is written.

    Args:
        now: dates the artefacts.

    Raises:
        OSError: the run's folder cannot be made.
        EnvironmentUnavailable: the site could not be stood up.
        KeyboardInterrupt: the run was interrupted; its report is there.
    """
    folder = RunFolder.make(order.reports, order.plan, order.scenario, now, site=order.site)
    standing = stand_up(
        order.plan,
        directory=folder.path,
        progress=lambda text: view.say(f"standing up: {text}"),
        stream_manager=order.stream_manager,
    )
    interrupted: KeyboardInterrupt | None = None
    failed = ""
    with standing as environment:
        try:
            _observe(order, environment, folder, view, conduct or RealConduct())
        except RunFailed as error:
            failed = str(error)
            _keep_details(folder, error)
        except KeyboardInterrupt as interruption:
            interrupted = interruption
        folder.finish(
            environment=order.environment,
            versions=environment.versions,
            stages=environment.stages,
            command=order.command,
            exit_reason="interrupted" if interrupted else failed or COMPLETED,
            now=now,
        )
    if interrupted:
        # Who presses Ctrl-C gets what there is; a report of half a run is not worth an error.
        with suppress(Exception):
            _report(folder)
        view.say(f"what was seen until then is in {folder.path}")
        raise interrupted
    view.say(f"{'':8} | judging")
    judgement = _report(folder)
    return Ran(folder=folder.path, judgement=judgement, failed=failed)


def _keep_details(folder: RunFolder, error: RunFailed) -> None:
    """Where an error came from that is not one of ours is nothing for the screen."""
    if error.__cause__ is not None:
        folder.logs.mkdir(exist_ok=True)
        trace = "".join(traceback.format_exception(error))
        (folder.logs / "harness.log").write_text(trace, encoding="utf-8")


def _observe(
    order: Order, environment: Environment, folder: RunFolder, view: View, conduct: Conduct
) -> None:
    notes = conduct.notes(environment, folder.witnesses)
    notes.note(
        "run",
        scenario=order.plan.scenario,
        seed=order.plan.seed,
        plan=order.plan.hash,
        environment=order.environment,
        origin_wall_ms=environment.origin_wall_ms,
    )
    try:
        with conduct.following(environment, notes) as watch:
            Run(
                order.plan,
                environment,
                notes=notes,
                watch=watch,
                view=conduct.view(view),
                pace=conduct.pace(environment),
                picture=folder.picture,
            ).perform()
    finally:
        notes.close()
        conduct.keep(environment, folder.path)


def _report(folder: RunFolder) -> Judgement:
    # Drawing takes a second to import: not before there is something to draw.
    from harness.report.write import write_report

    with collected_seldom():
        return write_report(folder.path)
