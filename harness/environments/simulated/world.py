"""Virtual time: events in a queue, and tasks that wait in it. One thread; the same seed gives the same order of events.

A task is code that waits as code with threads does, such as a function of the site or a moment of the plan. It is a
greenlet: it runs until it waits, so nothing ever happens in the midst of it.
"""

import heapq
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

NS_IN_MS = 1_000_000
POLL_NS = NS_IN_MS
"""How long after something was observed conditions are asked."""

FOREVER = float("inf")


class Stuck(Exception):
    """Everybody waits for something that will never happen."""


class Event:
    """Something that will be done at a time, unless it is called off.

    Attributes:
        action: None once it is called off or done.
    """

    __slots__ = ("action",)

    def __init__(self, action: Callable[[], None]) -> None:
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Call it off."""
        self.action = None


class Task:
    """Code that runs beside others; see the module.

    Attributes:
        name: for whoever looks for it in an error.
    """

    def __init__(self, world: "World", name: str, body: Callable[[], None]) -> None:
        self.name = name
        self._world = world
        self._body = body
        self._greenlet = greenlet(self._run, parent=world.hub)
        self._begun = world.soon(self.resume)

    def _run(self) -> None:
        try:
            self._body()
        except GreenletExit:
            pass
        except BaseException as error:
            self._world.fail(error)
        self._world.observe()

    def resume(self) -> None:
        """Let it run until it waits again; called from the hub."""
        if not self._greenlet.dead:
            self._greenlet.switch()

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return not self._greenlet.dead

    def join(self, seconds: float | None = None) -> None:
        """Wait until it has ended, or for so long."""
        until_ns = FOREVER if seconds is None else self._world.now_ns + seconds * 1e9
        self._world.wait(until_ns, lambda: not self.is_alive())

    def pause(self) -> None:
        """Let it do nothing more when what it waits for has come, until it goes on."""
        self._world.still.setdefault(self._greenlet, False)

    def go_on(self) -> None:
        """Let it do what it would have done meanwhile."""
        if self._world.still.pop(self._greenlet, False):
            self._world.soon(self.resume)

    def kill(self) -> None:
        """End it where it waits; what it would still do on its way out must not wait."""
        self._begun.cancel()
        self._world.still.pop(self._greenlet, None)
        if self._greenlet is getcurrent():
            raise GreenletExit
        if not self._greenlet.dead:
            # Its end comes back here, not to the hub.
            self._greenlet.parent = getcurrent()
            self._greenlet.throw(GreenletExit)


class _Waiter:
    """Somebody who waits for a condition."""

    __slots__ = ("greenlet", "over")

    def __init__(self, over: Callable[[], bool]) -> None:
        self.greenlet = getcurrent()
        self.over = over


class World:
    """See the module.

    Args:
        seed: of every choice.

    Attributes:
        now_ns: the time, from 0.
        still: the tasks that are paused, and whether they would go on by now.
    """

    def __init__(self, seed: int) -> None:
        self.now_ns = 0
        self.still: dict[Any, bool] = {}
        self._seed = seed
        self._queue: list[tuple[int, int, Event]] = []
        # What is due now, in the order in which it was asked for; nothing of it waits while time passes.
        self._now: deque[tuple[int, Event]] = deque()
        self._serial = 0
        self._waiters: list[_Waiter] = []
        self._poll: Event | None = None
        self._failure: BaseException | None = None
        self._main = getcurrent()
        self.hub: Any = greenlet(self._loop)

    @property
    def now_ms(self) -> float:
        """The time in milliseconds."""
        return self.now_ns / NS_IN_MS

    def dice(self, name: str) -> Random:
        """A generator of its own for whoever has this name, so that one more choice here changes none elsewhere."""
        return Random(f"{self._seed}/{name}")

    # -- what will be done ---------------------------------------------------------------------

    def at(self, at_ns: float, action: Callable[[], None]) -> Event:
        """Do something at a time; what is due at the same time is done in the order in which it was asked for."""
        event = Event(action)
        self._serial += 1
        heapq.heappush(self._queue, (max(self.now_ns, int(at_ns)), self._serial, event))
        return event

    def after(self, milliseconds: float, action: Callable[[], None]) -> Event:
        """Do something later."""
        return self.at(self.now_ns + milliseconds * NS_IN_MS, action)

    def soon(self, action: Callable[[], None]) -> Event:
        """Do something now, when everybody who runs has come to wait."""
        event = Event(action)
        self._serial += 1
        self._now.append((self._serial, event))
        return event

    def spawn(self, name: str, body: Callable[[], None]) -> Task:
        """Begin a task."""
        return Task(self, name, body)

    def fail(self, error: BaseException) -> None:
        """A task broke: whoever drives the world is told."""
        if self._failure is None:
            self._failure = error
        self.observe()

    # -- waiting -------------------------------------------------------------------------------

    def observe(self) -> None:
        """Something has happened that somebody may wait for."""
        if self._waiters and self._poll is None:
            self._poll = self.at(self.now_ns + POLL_NS, self._ask)

    def _ask(self) -> None:
        self._poll = None
        for waiter in list(self._waiters):
            # One of them may have gone on and changed who waits.
            if waiter in self._waiters and (self._failure is not None or waiter.over()):
                self._waiters.remove(waiter)
                waiter.greenlet.switch(True)

    def wait(self, until_ns: float, over: Callable[[], bool] | None = None) -> bool:
        """Let time pass for whoever calls.

        Args:
            until_ns: when to go on; may be FOREVER.
            over: go on as soon as it is true; it is asked when something was observed.

        Returns:
            Whether `over` came true in time.
        """
        if over is not None and over():
            return True
        if until_ns <= self.now_ns:
            return False
        return self._sleep(until_ns, over)

    def _sleep(self, until_ns: float, over: Callable[[], bool] | None) -> bool:
        here = getcurrent()
        waiter = None if over is None else _Waiter(over)
        alarm = None
        if until_ns != FOREVER:
            alarm = self.at(until_ns, lambda: here.switch(False))
        if waiter is not None:
            self._waiters.append(waiter)
        try:
            came = bool(self.hub.switch())
        finally:
            if alarm is not None:
                alarm.cancel()
            if waiter is not None and waiter in self._waiters:
                self._waiters.remove(waiter)
        self.stand_still()
        if here is self._main and self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        return came or (over is not None and over())

    def stand_still(self) -> None:
        """Keep whoever calls from going on while it is paused."""
        here = getcurrent()
        while here in self.still:
            self.still[here] = True
            self.hub.switch()

    # -- the loop ------------------------------------------------------------------------------

    def _loop(self) -> None:
        queue, now = self._queue, self._now
        while True:
            while queue or now:
                if now and not (queue and queue[0][0] <= self.now_ns and queue[0][1] < now[0][0]):
                    at_ns, event = self.now_ns, now.popleft()[1]
                else:
                    at_ns, _, event = heapq.heappop(queue)
                action = event.action
                if action is None:
                    continue
                event.action = None
                self.now_ns = at_ns
                action()
            self._main.throw(Stuck("nothing will ever happen again, and somebody waits for it"))


class Alarm:
    """Rings at a time that may be put off again and again, or called off: neither costs an event.

    Args:
        ring: called when the time has come.
    """

    __slots__ = ("_due_ns", "_event", "_looks_ns", "_ring", "_world")

    def __init__(self, world: World, ring: Callable[[], None]) -> None:
        self._world = world
        self._ring = ring
        self._due_ns: int | None = None
        self._looks_ns = 0
        self._event: Event | None = None

    def set(self, at_ns: float) -> None:
        """Ring at this time, and not at the one that was set before."""
        self._due_ns = due_ns = max(self._world.now_ns, int(at_ns))
        if self._event is not None and self._looks_ns <= due_ns:
            return
        if self._event is not None:
            self._event.cancel()
        self._look_at(due_ns)

    def off(self) -> None:
        """Do not ring."""
        self._due_ns = None

    def _look_at(self, at_ns: int) -> None:
        self._looks_ns = at_ns
        self._event = self._world.at(at_ns, self._look)

    def _look(self) -> None:
        self._event = None
        due_ns = self._due_ns
        if due_ns is None:
            return
        if due_ns > self._world.now_ns:
            self._look_at(due_ns)
        else:
            self._due_ns = None
            self._ring()


class Mailbox:
    """One answer that a task waits for; emptied, it may be used for the next."""

    __slots__ = ("_alarm", "_full", "_greenlet", "_value", "_world")

    def __init__(self, world: World) -> None:
        self._world = world
        self._greenlet: Any = None
        self._value: Any = None
        self._full = False
        self._alarm: Alarm | None = None

    def empty(self) -> None:
        """Wait for the next answer; nobody waits now."""
        self._value, self._full = None, False

    def put(self, value: Any) -> None:
        """The answer; it is taken when everybody who runs has come to wait. Only the first one counts."""
        if self._full:
            return
        self._value, self._full = value, True
        if self._greenlet is not None:
            self._world.soon(self._answer)

    def _answer(self) -> None:
        # Whoever waited may have gone on in the same moment, and wait for the next one.
        if self._full:
            self._wake()

    def _wake(self) -> None:
        waiting, self._greenlet = self._greenlet, None
        if waiting is not None:
            waiting.switch()

    def take(self, milliseconds: float | None = None) -> Any:
        """Wait for the answer.

        Args:
            milliseconds: at most so long; None: for ever.

        Raises:
            TimeoutError: there is none in time.
        """
        if not self._full:
            self._wait(milliseconds)
        if not self._full:
            raise TimeoutError
        return self._value

    def _wait(self, milliseconds: float | None) -> None:
        self._greenlet = getcurrent()
        if milliseconds is not None:
            if self._alarm is None:
                self._alarm = Alarm(self._world, self._wake)
            self._alarm.set(self._world.now_ns + milliseconds * NS_IN_MS)
        try:
            self._world.hub.switch()
        finally:
            if self._alarm is not None:
                self._alarm.off()
            self._greenlet = None
        self._world.stand_still()
