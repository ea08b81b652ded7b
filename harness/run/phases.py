"""The phases of a run: prepare, steady, disturb, heal, drain, judge.

The source runs from the first phase to the end of the drain: what waits at the heal is pushed out by what comes after
it, so that no rest which is smaller than a batch hides a loss.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from harness.environments.protocol import Destination, Environment, ProbeFailed
from harness.plan.model import Plan
from harness.run.nemesis import Nemesis
from harness.run.notes import Notes
from harness.run.observer import Observer
from harness.run.pace import Pace
from harness.run.progress import progress
from harness.run.view import Glance, View, glance
from harness.run.watch import Watch

LEAD_MS = 1500.0
"""From switching the source on to the first reading: long enough for the request to arrive before it is due."""
SETTLE_MS = 500.0
"""After the end of the schedule, for the last reading that is due before it to be appended."""


@dataclass
class RunFailed(Exception):
    """The run cannot begin, or cannot go on.

    Attributes:
        what: as a sentence.
    """

    what: str

    def __str__(self) -> str:
        return self.what


class Run:
    """One run of a plan on a standing site.

    Args:
        watch: follows the site, entered already.
        view: shows how it goes.
    """

    def __init__(
        self,
        plan: Plan,
        environment: Environment,
        *,
        notes: Notes,
        watch: Watch,
        view: View,
        pace: Pace,
    ) -> None:
        self._plan = plan
        self._environment = environment
        self._notes = notes
        self._watch = watch
        self._view = view
        self._pace = pace
        self._origin_ms = 0.0
        self._last_heal_ms: float | None = None
        self._nemesis: Nemesis | None = None
        self._phase_name = ""

    def perform(self) -> None:
        """All phases up to the moment at which everything that was observed is written down.

        Raises:
            RunFailed: the links are not clean, or the source does not answer.
        """
        try:
            self._prepare()
            self._steady()
            self._disturb()
            self._heal()
            self._drain()
        except BaseException as error:
            self._interrupted(error)
            raise
        self._end(read_back=True)

    # -- phases --------------------------------------------------------------------------------

    def _prepare(self) -> None:
        self._phase("prepare")
        if unclean := self._environment.unclean():
            raise RunFailed(f"the links are not clean before the run: {'; '.join(unclean)}")

    def _steady(self) -> None:
        self._origin_ms = self._pace.now_ms() + LEAD_MS
        self._notes.note("schedule", first_reading_ms=round(self._origin_ms, 3))
        try:
            self._environment.start_source(self._origin_ms)
        except ProbeFailed as error:
            raise RunFailed(str(error)) from error
        self._phase("steady")
        self._view.follow(self._glance)
        self._nemesis = Nemesis(
            self._environment,
            self._notes,
            self._watch,
            self._pace,
            origin_ms=self._origin_ms,
            healed=self._healed,
        )
        self._nemesis.begin(self._plan.moments)
        self._until(self._plan.workload.warm_up_ms)

    def _disturb(self) -> None:
        self._phase("disturb")
        assert self._nemesis is not None
        self._pace.wait(float("inf"), self._nemesis.over)
        for failure in self._nemesis.failures:
            self._view.say(f"could not be done: {failure}")
        self._until(self._plan.workload.run_for_ms)

    def _heal(self) -> None:
        self._phase("heal")
        self._environment.heal_all()
        if unclean := self._environment.unclean():
            raise RunFailed(f"the links are not clean after everything was healed: {unclean}")
        self._pace.wait(self._pace.now_ms() + SETTLE_MS, lambda: False)

    def _drain(self) -> None:
        """Wait until everything that is acknowledged by now has arrived: more than what was owed at the heal."""
        self._phase("drain")
        owed = self._watch.ask(_newest)
        backlog = self._watch.ask(lambda o: sum(o.backlog(e) for e in o.exporters.values()))
        allowed_ms = self._plan.drain.deadline_ms_for(
            backlog=backlog,
            inflow_hz=self._inflow_hz(),
            backoff_ms_max=self._plan.site.backoff_ms_max,
        )
        until_ms = self._pace.now_ms() + allowed_ms
        since_ms = self._last_heal_ms or self._pace.now_ms()
        fields = {"deadline_ms": round(until_ms - since_ms), "owed": self._watch.ask(_owed)}
        self._notes.operation("drain", "invoked", **fields)
        if self._pace.wait(until_ms, lambda: self._watch.ask(lambda o: o.delivered_up_to(owed))):
            self._notes.operation("drain", "ok")
        else:
            self._notes.operation(
                "drain", "failed", reason=self._watch.ask(lambda o: _late(o, owed))
            )
            self._view.say("not everything arrived before the deadline")

    def _end(self, *, read_back: bool) -> None:
        """End the edge in order and read what the cloud holds."""
        self._phase("judge")
        self._watch.edge_is_told_to_end()
        with suppress(ProbeFailed):
            self._environment.stop_source()
        self._source()
        self._environment.stop_exporting()
        if read_back:
            destinations = self._watch.ask(destinations_of)
            self._view.say(f"reading back {', '.join(map(_named, destinations)) or 'nothing'}")
            self._environment.read_back(destinations)

    def _interrupted(self, error: BaseException) -> None:
        """Whatever it was: nothing stays broken, and the history says that it is not whole."""
        if self._nemesis is not None:
            self._nemesis.stop()
        reason = str(error) or type(error).__name__
        self._notes.note("interrupted", reason=reason)
        self._view.say("interrupted: everything is healed and taken down")
        # A second Ctrl-C, or a part that is gone, must not hide the first reason.
        with suppress(Exception):
            self._end(read_back=False)

    # -- small things --------------------------------------------------------------------------

    def _phase(self, name: str) -> None:
        if self._phase_name and self._phase_name != "prepare" and name != "judge":
            self._source()
        self._phase_name = name
        self._notes.note("phase", phase=name)
        self._view.say(f"{name}")

    def _until(self, planned_ms: float) -> None:
        self._pace.wait(self._origin_ms + planned_ms, lambda: False)

    def _source(self) -> None:
        try:
            status = self._environment.source()
        except ProbeFailed:
            return
        self._notes.note(
            "source",
            published=status.published,
            failed=status.failed,
            next_ordinal=status.next_ordinal,
            enabled=status.enabled,
        )

    def _healed(self) -> None:
        self._last_heal_ms = self._pace.now_ms()
        for (stream, exporter), messages in self._watch.ask(_backlogs).items():
            self._notes.note("backlog", stream=stream, exporter=exporter, messages=messages)

    def _inflow_hz(self) -> float:
        """Readings per second, times the exporters of the stream that takes them."""
        workload = self._plan.workload
        exporters = self._watch.ask(lambda o: max(1, len(o.exporters)))
        return workload.rate_hz * len(workload.sensors) * exporters

    def _glance(self) -> Glance:
        elapsed_ms = self._pace.now_ms() - self._origin_ms
        left_s = (self._plan.duration_ms - elapsed_ms) / 1000
        return self._watch.ask(
            lambda observer: glance(
                observer,
                scenario=self._plan.scenario,
                elapsed_s=elapsed_ms / 1000,
                left_s=left_s if left_s > 0 else None,
                conditions=tuple(
                    text for each in self._plan.conditions if (text := progress(each, observer))
                ),
            )
        )


def _newest(observer: Observer) -> dict[str, int]:
    return {name: stream.newest for name, stream in observer.streams.items()}


def _owed(observer: Observer) -> dict[str, int]:
    return {
        f"{stream}/{identifier}": observer.streams[stream].newest
        for stream, identifier in observer.exporters
        if stream in observer.streams
    }


def _backlogs(observer: Observer) -> dict[tuple[str, str], int]:
    return {key: observer.backlog(exporter) for key, exporter in observer.exporters.items()}


def _late(observer: Observer, owed: Mapping[str, int]) -> str:
    late = [
        f"{e.stream}/{e.identifier} up to {e.delivered} of {owed[e.stream]}"
        for e in observer.exporters.values()
        if e.delivered < owed.get(e.stream, -1)
    ]
    return f"delivered {', '.join(late)}"


def destinations_of(observer: Observer) -> Sequence[Destination]:
    """Where the exporters deliver to, each once."""
    pairs = sorted({(e.service, e.target) for e in observer.exporters.values()})
    return [Destination(service=service, target=target) for service, target in pairs]


def _named(destination: Destination) -> str:
    return f"{destination.service}/{destination.target}"
