"""Does to the site what the plan says, each fault a lease: whatever happens, it is healed."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

from harness.environments.protocol import Environment
from harness.fault.registry import services_of
from harness.fault.service import ALL_SERVICES
from harness.plan.parts import Moment, Trigger
from harness.run.notes import Notes
from harness.run.observer import Observer
from harness.run.pace import Pace, Running
from harness.run.triggers import arm
from harness.run.watch import Following

HEALED_S = 60.0
"""Longer than a link takes that a slow toxic holds up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heal:
    """The end of a fault on links.

    Attributes:
        at_ms: when it was over.
        waiting: messages that waited right before it, for each stream and exporter.
    """

    at_ms: float
    waiting: Mapping[tuple[str, str], int]


class Nemesis:
    """Does the moments of a plan, each beside the others, so that they may overlap.

    Args:
        origin_ms: when the first reading is due; planned times count from it.
        say: told in a few words what happens.

    Attributes:
        failures: what could not be done or healed, a sentence each.
        last_heal: of a fault on links; None before the first.
    """

    def __init__(
        self,
        environment: Environment,
        notes: Notes,
        watch: Following,
        pace: Pace,
        *,
        origin_ms: float,
        say: Callable[[str], None],
    ) -> None:
        self._environment = environment
        self._notes = notes
        self._watch = watch
        self._pace = pace
        self._origin_ms = origin_ms
        self._say = say
        self._stopped = threading.Event()
        # Those whose time has come: a day has hundreds, and each that waits would be asked again and again.
        self._running: list[Running] = []
        self._beginning: Running | None = None
        self._healing = threading.Lock()
        self.failures: list[str] = []
        self.last_heal: Heal | None = None

    def begin(self, moments: Sequence[Moment]) -> None:
        """Begin to wait for the times of all moments."""
        planned = sorted(moments, key=lambda each: each.planned_ms)
        self._beginning = self._pace.begin("nemesis", partial(self._begin_each, planned))

    def _begin_each(self, moments: Iterable[Moment]) -> None:
        for moment in moments:
            self._wait(self._origin_ms + moment.planned_ms)
            if self._stopped.is_set():
                return
            self._running = [each for each in self._running if each.is_alive()]
            self._running.append(self._pace.begin(moment.id, partial(self._do, moment)))

    def over(self) -> bool:
        """Whether every moment is done and healed."""
        if self._beginning is None or self._beginning.is_alive():
            return False
        return not any(each.is_alive() for each in self._running)

    def stop(self) -> None:
        """Begin nothing more, heal what is in force, and return when it is."""
        self._stopped.set()
        if self._beginning is not None:
            self._beginning.join(HEALED_S)
        for each in self._running:
            each.join(HEALED_S)

    # -- in the thread of a moment -------------------------------------------------------------

    def _do(self, moment: Moment) -> None:
        try:
            if moment.trigger is None or self._event_is_seen(moment, moment.trigger):
                self._lease(moment)
        except Exception as error:
            self._failed(moment, f"could not be done: {_reason(error)}")

    def _failed(self, moment: Moment, what: str) -> None:
        self.failures.append(f"{moment.id} {moment.name} {what}")
        self._say(f"{moment.name} {what}")

    def _wait(self, until_ms: float, over: Callable[[], bool] = lambda: False) -> bool:
        """Whether `over` came true in time; also returns when everything is to stop."""
        stopped = self._stopped.is_set
        return self._pace.wait(until_ms, lambda: over() or stopped()) and not stopped()

    def _event_is_seen(self, moment: Moment, trigger: Trigger) -> bool:
        event = trigger.event.to_json()
        # What is written down by now happened before the waiting began.
        fired = self._watch.ask(lambda observer: arm(trigger.event, observer))
        self._notes.trigger("invoked", moment, event=event)
        until_ms = self._origin_ms + trigger.armed_ms + trigger.within_ms
        if not self._wait(until_ms, lambda: self._watch.ask(fired)):
            self._notes.trigger("failed", moment, event=event, reason=self._in_vain(trigger))
            self._failed(moment, f"was not done: {self._in_vain(trigger)}")
            return False
        self._notes.trigger("ok", moment, event=event)
        self._wait(self._pace.now_ms() + trigger.delay_ms)
        return not self._stopped.is_set()

    def _in_vain(self, trigger: Trigger) -> str:
        reason = "the run was stopped" if self._stopped.is_set() else "it was not seen"
        return f"{trigger.event.event} was waited for {trigger.within_ms / 1000:g} s: {reason}"

    def _lease(self, moment: Moment) -> None:
        planned = {"planned_ms": None if moment.trigger else moment.planned_ms}
        self._notes.fault("invoked", "inject", moment, **planned)
        try:
            lease = self._environment.inject(moment.fault)
            lease.__enter__()
        except BaseException as error:
            self._notes.fault("failed", "inject", moment, reason=_reason(error), **planned)
            raise
        # Whatever happens from here on, the guard is left, which heals.
        try:
            self._notes.fault("ok", "inject", moment, **planned)
            self._say(f"{moment.name}: {_what(moment)}")
            if moment.duration_ms is not None:
                self._wait(self._pace.now_ms() + moment.duration_ms)
        finally:
            self._heal(moment, lease)

    def _heal(self, moment: Moment, lease: AbstractContextManager[None]) -> None:
        if moment.duration_ms is None:
            lease.__exit__(None, None, None)
            return
        waiting = self._watch.ask(backlogs)
        self._notes.fault("invoked", "heal", moment)
        try:
            lease.__exit__(None, None, None)
        except BaseException as error:
            self._notes.fault("failed", "heal", moment, reason=_reason(error))
            self._failed(moment, f"could not be healed: {_reason(error)}")
            return
        self._notes.fault("ok", "heal", moment)
        if services_of(moment.fault):
            with self._healing:
                self.last_heal = Heal(at_ms=self._pace.now_ms(), waiting=waiting)
        self._say(f"{moment.name}: healed")


def backlogs(observer: Observer) -> dict[tuple[str, str], int]:
    """What waits for each stream and exporter."""
    return {key: observer.backlog(exporter) for key, exporter in observer.exporters.items()}


def _what(moment: Moment) -> str:
    services = services_of(moment.fault)
    on = "all links" if services == ALL_SERVICES else ", ".join(services)
    lasting = "" if moment.duration_ms is None else f" for {moment.duration_ms / 1000:g} s"
    return " ".join(part for part in (moment.fault.summary, on and f"({on})") if part) + lasting


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
