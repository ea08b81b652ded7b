"""Does to the site what the plan says, each fault a lease: whatever happens, it is healed."""

import threading
from collections.abc import Callable, Sequence

from harness.environments.protocol import Environment
from harness.fault.registry import services_of
from harness.plan.parts import Moment, Trigger
from harness.run.notes import Notes
from harness.run.pace import Pace
from harness.run.triggers import arm
from harness.run.watch import Watch

HEALED_S = 60.0
"""Longer than a link takes that a slow toxic holds up."""


class Nemesis:
    """Does the moments of a plan, each in a thread of its own, so that they may overlap.

    Args:
        origin_ms: when the first reading is due; planned times count from it.
        healed: told whenever a fault on links was healed, right after it was.
    """

    def __init__(
        self,
        environment: Environment,
        notes: Notes,
        watch: Watch,
        pace: Pace,
        *,
        origin_ms: float,
        healed: Callable[[], None],
    ) -> None:
        self._environment = environment
        self._notes = notes
        self._watch = watch
        self._pace = pace
        self._origin_ms = origin_ms
        self._healed = healed
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self.failures: list[str] = []

    def begin(self, moments: Sequence[Moment]) -> None:
        """Begin to wait for the times of all moments."""
        for moment in moments:
            thread = threading.Thread(target=self._do, args=(moment,), name=moment.id, daemon=True)
            self._threads.append(thread)
            thread.start()

    def over(self) -> bool:
        """Whether every moment is done and healed."""
        return not any(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        """Begin nothing more, heal what is in force, and return when it is."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(HEALED_S)

    # -- in the thread of a moment -------------------------------------------------------------

    def _do(self, moment: Moment) -> None:
        try:
            if self._time_has_come(moment):
                self._lease(moment)
        except Exception as error:
            self.failures.append(f"{moment.id} {moment.name}: {error}")

    def _wait(self, until_ms: float, over: Callable[[], bool] = lambda: False) -> bool:
        """Whether `over` came true in time; also returns when everything is to stop."""
        stopped = self._stopped.is_set
        return self._pace.wait(until_ms, lambda: over() or stopped()) and not stopped()

    def _time_has_come(self, moment: Moment) -> bool:
        self._wait(self._origin_ms + moment.planned_ms)
        if self._stopped.is_set():
            return False
        return moment.trigger is None or self._event_is_seen(moment, moment.trigger)

    def _event_is_seen(self, moment: Moment, trigger: Trigger) -> bool:
        event = trigger.event.to_json()
        self._notes.trigger("invoked", moment, event=event)
        fired = self._watch.ask(lambda observer: arm(trigger.event, observer))
        until_ms = self._pace.now_ms() + trigger.within_ms
        if not self._wait(until_ms, lambda: self._watch.ask(fired)):
            within_s = trigger.within_ms / 1000
            reason = "the run was stopped" if self._stopped.is_set() else "it was not seen"
            self._notes.trigger(
                "failed",
                moment,
                event=event,
                reason=f"{event['event']} was waited for {within_s:g} s: {reason}",
            )
            return False
        self._notes.trigger("ok", moment, event=event)
        self._wait(self._pace.now_ms() + trigger.delay_ms)
        return not self._stopped.is_set()

    def _lease(self, moment: Moment) -> None:
        lasts = moment.duration_ms is not None and bool(services_of(moment.fault))
        planned = None if moment.trigger else moment.planned_ms
        self._notes.fault("invoked", "inject", moment, planned_ms=planned)
        lease = self._environment.inject(moment.fault)
        try:
            lease.__enter__()
        except Exception as error:
            self._notes.fault("failed", "inject", moment, reason=str(error))
            raise
        self._notes.fault("ok", "inject", moment)
        try:
            if moment.duration_ms is not None:
                self._wait(self._pace.now_ms() + moment.duration_ms)
        finally:
            if lasts:
                self._notes.fault("invoked", "heal", moment)
            try:
                lease.__exit__(None, None, None)
            except Exception as error:
                self._notes.fault("failed", "heal", moment, reason=str(error))
                raise
            if lasts:
                self._notes.fault("ok", "heal", moment)
                self._healed()
