"""The phases of a run: prepare, steady, disturb, heal, drain, judge.

The source runs from the first phase to the end of the drain: what waits at the heal is pushed out by what comes after
it, so that no rest which is smaller than a batch hides a loss.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.environments.protocol import Destination, Environment, ProbeFailed
from harness.plan.model import Plan
from harness.run.nemesis import Heal, Nemesis, backlogs
from harness.run.notes import Notes
from harness.run.observer import Observer
from harness.run.pace import Pace
from harness.run.progress import progress
from harness.run.view import Glance, View, glance
from harness.run.watch import Following

LEAD_MS = 1500.0
"""From switching the source on to the first reading: long enough for the request to arrive before it is due."""
SETTLE_MS = 500.0
"""After the end of the schedule, for the last reading that is due before it to be appended."""


@dataclass(eq=False)
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
        picture: PNG file that a picture of the site's page goes to; None: nobody looks at it.
    """

    def __init__(
        self,
        plan: Plan,
        environment: Environment,
        *,
        notes: Notes,
        watch: Following,
        view: View,
        pace: Pace,
        picture: Path | None = None,
    ) -> None:
        self._plan = plan
        self._environment = environment
        self._notes = notes
        self._watch = watch
        self._view = view
        self._pace = pace
        self._picture = picture
        self._origin_ms = 0.0
        self._last_heal_ms: float | None = None
        self._drain_until_ms: float | None = None
        self._nemesis: Nemesis | None = None
        self._started = False
        self._ended = False

    def perform(self) -> None:
        """All phases up to the moment at which everything that was observed is written down.

        Whatever ends it early, everything is healed and the site is ended in order.

        Raises:
            RunFailed: it could not begin, or not go on.
        """
        try:
            self._prepare()
            self._steady()
            self._disturb()
            self._heal()
            self._drain()
            self._look_at_page()
            self._end(read_back=True)
        except RunFailed as error:
            self._give_up(str(error))
            raise
        except Exception as error:
            self._give_up(told(error))
            raise RunFailed(told(error)) from error
        except BaseException as error:
            self._give_up(told(error))
            raise
        finally:
            self._view.follow(None)

    # -- phases --------------------------------------------------------------------------------

    def _prepare(self) -> None:
        self._phase("prepare")
        if unclean := self._environment.unclean():
            raise RunFailed(f"the links are not clean before the run: {'; '.join(unclean)}")
        self._origin_ms = self._pace.now_ms() + LEAD_MS
        self._notes.note("schedule", first_reading_ms=round(self._origin_ms, 3))

    def _steady(self) -> None:
        self._environment.start_source(self._origin_ms)
        self._started = True
        self._phase("steady")
        self._view.follow(self._glance)
        self._nemesis = Nemesis(
            self._environment,
            self._notes,
            self._watch,
            self._pace,
            origin_ms=self._origin_ms,
            say=self._say,
        )
        self._nemesis.begin(self._plan.moments)
        self._until(self._plan.workload.warm_up_ms)
        self._look_at_first_deliveries()

    def _look_at_first_deliveries(self) -> None:
        """What does not even work undisturbed is told at once; whose fault it is, the judges find out.

        Raises:
            RunFailed: nothing was acknowledged, so that there is nothing to disturb.
        """
        if not self._watch.ask(lambda o: sum(each.appended for each in o.streams.values())):
            raise RunFailed(
                f"no message was acknowledged in the warm-up of {self._plan.workload.warm_up_ms / 1000:g} s; "
                "the functions' logs tell why"
            )
        if silent := self._watch.ask(_silent):
            self._say(f"nothing has arrived yet from {', '.join(silent)}")

    def _disturb(self) -> None:
        self._phase("disturb")
        assert self._nemesis is not None
        self._wait(float("inf"), self._nemesis.over)
        if self._nemesis.last_heal is not None:
            self._healed(self._nemesis.last_heal)
        self._until(self._plan.workload.run_for_ms)

    def _heal(self) -> None:
        self._phase("heal")
        if unclean := self._environment.unclean():
            self._say(f"healing what is left: {'; '.join(unclean)}")
            waiting = self._watch.ask(backlogs)
            self._environment.heal_all()
            self._healed(Heal(at_ms=self._pace.now_ms(), waiting=waiting))
        if unclean := self._environment.unclean():
            raise RunFailed(f"the links cannot be healed: {'; '.join(unclean)}")
        self._wait(self._pace.now_ms() + SETTLE_MS)

    def _healed(self, heal: Heal) -> None:
        """It was the last one, as far as is known."""
        self._last_heal_ms = heal.at_ms
        for (stream, exporter), messages in heal.waiting.items():
            self._notes.note("backlog", stream=stream, exporter=exporter, messages=messages)

    def _drain(self) -> None:
        """Wait until everything that is acknowledged by now has arrived: more than what was owed at the heal."""
        self._phase("drain")
        owed = self._watch.ask(_newest)
        until_ms = self._pace.now_ms() + self._allowed_ms()
        since_ms = self._last_heal_ms or self._pace.now_ms()
        fields = {"deadline_ms": round(until_ms - since_ms), "owed": self._watch.ask(_owed)}
        self._notes.operation("drain", "invoked", **fields)
        self._drain_until_ms = until_ms
        if self._wait(until_ms, lambda: self._watch.ask(lambda o: o.delivered_up_to(owed))):
            self._notes.operation("drain", "ok")
            return
        reason = self._watch.ask(lambda o: _late(o, owed))
        self._notes.operation("drain", "failed", reason=reason)
        self._say(f"not everything arrived in time: {reason}")

    def _look_at_page(self) -> None:
        """Now that everything owed has arrived: a browser that starts may make the machine stand still."""
        if self._picture is None:
            return
        from_ms = round(self._pace.now_ms(), 3)
        try:
            look = self._environment.look_at_page(self._picture)
        except ProbeFailed as error:
            self._notes.note("page", from_ms=from_ms, problem=error.reason)
            self._say(f"no picture of the page: {error.reason}")
            return
        if look is not None:
            told = look.to_json()
            self._notes.note("page", from_ms=from_ms, picture=self._picture.name, **told)
            self._say(f"a browser has looked at the page: {look.says or 'it is not ours'}")

    def _allowed_ms(self) -> int:
        backlog = self._watch.ask(lambda o: sum(backlogs(o).values()))
        return self._plan.drain.deadline_ms_for(
            backlog=backlog,
            inflow_hz=self._inflow_hz(),
            backoff_ms_max=self._plan.site.backoff_ms_max,
        )

    def _end(self, *, read_back: bool) -> None:
        """End the edge in order and read what the cloud holds."""
        self._ended = True
        self._phase("judge")
        self._watch.edge_is_told_to_end()
        if self._started:
            with suppress(ProbeFailed):
                self._environment.stop_source()
            self._source()
        self._environment.stop_exporting()
        # Nothing moves any more.
        self._view.follow(None)
        if read_back:
            destinations = self._watch.ask(destinations_of)
            self._say(f"reading back {', '.join(map(_named, destinations)) or 'nothing'}")
            self._environment.read_back(destinations)

    def _give_up(self, reason: str) -> None:
        """Nothing stays broken, and the history says that it is not whole."""
        # First of all, for a second Ctrl-C must not hide the first.
        self._notes.note("interrupted", reason=reason)
        self._say(f"broken off: {reason}; everything is healed and taken down")
        with suppress(Exception):
            if self._nemesis is not None:
                self._nemesis.stop()
            self._environment.heal_all()
        if not self._ended:
            # A part that is gone cannot end in order: then its witness has no last line.
            with suppress(Exception):
                self._end(read_back=False)

    # -- small things --------------------------------------------------------------------------

    def _phase(self, name: str) -> None:
        self._notes.note("phase", phase=name)
        # The last word of the source is asked for when it has stopped.
        if self._started and name != "judge":
            self._source()
        self._say(f"phase: {name}, {self._about(name)}")

    def _about(self, phase: str) -> str:
        """What happens in it, in a few words."""
        plan, faults = self._plan, len(self._plan.moments)
        match phase:
            case "prepare":
                return "the links have to be clean"
            case "steady":
                return f"nothing is disturbed for {plan.workload.warm_up_ms / 1000:g} s"
            case "disturb":
                return f"{faults or 'no'} {'step' if faults == 1 else 'steps'} planned"
            case "heal":
                return "every link has to be clean again"
            case "drain":
                return "what is acknowledged by now has to arrive"
        return "the edge is ended, then read what the cloud holds"

    def _say(self, text: str) -> None:
        elapsed = f"{self._elapsed_ms / 1000:6.1f} s" if self._started else " " * 8
        # A run that nobody sees any more, as when a pipe is closed, still heals what it disturbed.
        with suppress(Exception):
            self._view.say(f"{elapsed} | {text}")

    @property
    def _elapsed_ms(self) -> float:
        return self._pace.now_ms() - self._origin_ms

    def _until(self, planned_ms: float) -> None:
        self._wait(self._origin_ms + planned_ms)

    def _wait(self, until_ms: float, over: Callable[[], bool] = lambda: False) -> bool:
        """Whether `over` came true in time.

        Raises:
            RunFailed: what follows would prove nothing.
        """
        came = self._pace.wait(until_ms, lambda: bool(self._watch.trouble) or over())
        if self._watch.trouble:
            raise RunFailed(self._watch.trouble)
        return came

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

    def _inflow_hz(self) -> float:
        """Messages per second, times the exporters that may take them."""
        workload = self._plan.workload
        exporters = self._watch.ask(lambda o: max(1, len(o.exporters)))
        if not workload.sensors:
            # Functions of somebody else make as much as they make.
            return self._watch.ask(lambda o: o.rate_hz("appended")) * exporters
        return workload.highest_hz * len(workload.sensors) * exporters

    def _glance(self) -> Glance:
        return self._watch.ask(
            lambda observer: glance(
                observer,
                scenario=self._plan.scenario,
                elapsed_s=self._elapsed_ms / 1000,
                left_s=self._left_s(),
                conditions=tuple(
                    text
                    for each in self._plan.conditions
                    if (text := progress(each, observer, self._plan.workload))
                ),
            )
        )

    def _left_s(self) -> float | None:
        """Until the planned end of the phases before the drain, then until its deadline; None when that is over."""
        until_ms = self._drain_until_ms or self._origin_ms + self._plan.duration_ms
        left_ms = until_ms - self._pace.now_ms()
        return left_ms / 1000 if left_ms > 0 and not self._ended else None


def told(error: BaseException) -> str:
    """What to say of an error."""
    if isinstance(error, KeyboardInterrupt):
        return "somebody interrupted it"
    return str(error) or type(error).__name__


def _newest(observer: Observer) -> dict[str, int]:
    return {name: stream.newest for name, stream in observer.streams.items()}


def _owed(observer: Observer) -> dict[str, int]:
    return {
        f"{stream}/{identifier}": observer.streams[stream].newest
        for stream, identifier in observer.exporters
        if stream in observer.streams
    }


def _silent(observer: Observer) -> list[str]:
    return [f"{e.stream}/{e.identifier}" for e in observer.exporters.values() if not e.arrivals]


def _late(observer: Observer, owed: Mapping[str, int]) -> str:
    late = [
        f"{e.stream}/{e.identifier} up to {e.delivered} of {owed[e.stream]}"
        + (f", {len(e.refused)} refused" if e.refused else "")
        for e in observer.exporters.values()
        if not observer.owes_nothing(e, owed.get(e.stream, -1))
    ]
    return f"delivered {', '.join(late)}"


def destinations_of(observer: Observer) -> Sequence[Destination]:
    """Where the exporters deliver to, each once."""
    pairs = sorted({(e.service, e.target) for e in observer.exporters.values()})
    return [Destination(service=service, target=target) for service, target in pairs]


def _named(destination: Destination) -> str:
    return f"{destination.service}/{destination.target}"
