"""A load of locust users in the place of the site's sensor source: it comes up with the site, and waits."""

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from subprocess import TimeoutExpired

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.protocol import ProbeFailed, SourceStatus
from harness.environments.site.environment import SiteEnvironment
from harness.environments.site.processes import Part, environment_for, start, stop
from harness.environments.site.register import Register
from harness.environments.site.site import Site
from harness.environments.site.stages import Stages
from harness.environments.site.waiting_for_parts import wait_for
from harness.load.gate import Gate
from harness.plan.model import Plan
from harness.plan.parts import Locust, Workload
from harness.scenario.quantities import render_number

READY_S = 120.0
ENDED_S = 20.0
"""From the word that there shall be no more readings to the end: what waits is still sent, and reports are written."""
ENDLESS = "168h"


class LocustSource:
    """Makes a plan's readings through locust; used like `harness.environments.site.source.SensorSource`.

    Args:
        gate: in a folder that is there.
        part: the running process.
    """

    def __init__(self, gate: Gate, part: Part) -> None:
        self._gate = gate
        self._part = part

    def wait(self) -> None:
        """Return when all users are connected.

        Raises:
            EnvironmentUnavailable: they are not.
        """
        wait_for(self._gate.ready, "the users of the load", parts=[self._part], seconds=READY_S)

    def start(self, at_s: float) -> SourceStatus:
        """Have the first reading made at `at_s` (epoch seconds), and the others after it, without end.

        Raises:
            ProbeFailed: locust is not there any more.
        """
        if not self._part.alive():
            raise ProbeFailed(
                "the load", f"locust ended; the end of its log is in {self._part.log}"
            )
        self._gate.start(at_s)
        return SourceStatus(enabled=True, next_ordinal=0, published=0, failed=0)

    def stop(self) -> SourceStatus:
        """No more readings; locust writes its reports and ends."""
        self._gate.stop()
        try:
            self._part.process.wait(ENDED_S)
        except TimeoutExpired:
            self.end()
        return self.status()

    def status(self) -> SourceStatus:
        """What locust said last of its readings; it says it once a second.

        Raises:
            ProbeFailed: nothing yet.
        """
        told = self._gate.told()
        try:
            return SourceStatus(
                enabled=bool(told["enabled"]),
                next_ordinal=int(told["next_ordinal"]),
                published=int(told["published"]),
                failed=int(told["failed"]),
            )
        except KeyError as error:
            raise ProbeFailed("what the load does", "it has not begun") from error

    def end(self) -> None:
        """Make it end, if it has not."""
        stop(self._part)


def begin_load(
    environment: SiteEnvironment, plan: Plan, stages: Stages, register: Register
) -> None:
    """Start the load of a plan on a site that stands, if the plan has one; its users connect and wait.

    Raises:
        EnvironmentUnavailable: locust is not installed, or its users find no way into the site.
    """
    locust = plan.workload.locust
    if locust is None:
        return
    if find_spec("locust") is None:
        raise EnvironmentUnavailable(
            "The scenario's workload is a load, and locust is not installed",
            "Install it: pip install 'stream-chaos[load]'",
        )
    with stages("load"):
        source = _started(environment.site, plan, locust, register)
        environment.use_source(source)
        environment.afterwards(source.end)
        source.wait()


def _started(site: Site, plan: Plan, locust: Locust, register: Register) -> LocustSource:
    folder = site.directory / "load"
    folder.mkdir(parents=True)
    described = folder / "site.json"
    described.write_text(json.dumps(site.to_json()))
    reports = site.logs / "load"
    reports.mkdir(parents=True, exist_ok=True)
    part = start(
        "The load",
        [
            *_locust(locust.user, reports),
            *options_of(plan.workload, locust, plan.seed),
            *("--site", str(described), "--gate", str(folder)),
        ],
        environment=environment_for(register.mark(site.name), {}),
        log=site.logs / "load.log",
    )
    return LocustSource(Gate(folder), part)


def _locust(user: str, reports: Path) -> list[str]:
    """Locust, without its own table on the screen, its figures and page beside the logs."""
    # By its place: importing it would patch this process.
    file = Path(__file__).parents[2] / "load" / "locustfile.py"
    return [
        *(sys.executable, "-m", "locust", "-f", str(file), user, "--headless", "--only-summary"),
        *("--csv", str(reports / "load"), "--html", str(reports / "report.html")),
    ]


def options_of(workload: Workload, locust: Locust, seed: int) -> list[str]:
    """The options of our own that make a plan's readings, without end."""
    shape = locust.shape
    given = {
        "rate": f"{render_number(workload.rate_hz)}/s",
        "duration": ENDLESS,
        "sensors": len(workload.sensors),
        "reading-bytes": workload.reading_bytes,
        "seed": seed,
        "shape": shape.name,
        "over": f"{shape.over_ms}ms",
        "every": f"{shape.every_ms}ms",
        "lasting": f"{shape.lasting_ms}ms",
        "times": render_number(shape.times),
    }
    users = ["--users", str(locust.users)] if locust.users else []
    return [*users, *(part for name, value in given.items() for part in (f"--{name}", str(value)))]
