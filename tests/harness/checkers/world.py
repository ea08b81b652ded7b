"""A small exact world: segmented streams, exporters in a pool of one with strict priority, links that fail, restarts.

It is a second reading of the documents, written for the judges' tests alone: event by event on a virtual clock, every
choice from a seeded Random. `Flaws` break it in one way each.
"""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random

from .segmented import Cut, Flaw, Setting, Stream
from .telling import ExporterSpec, Telling

READ_TIMEOUT_MS = 15_000.0


@dataclass(eq=False)
class _Exporter:
    stream: Stream
    spec: ExporterSpec
    position: int = 0
    batch: list[int] | None = None
    refused: list[int] = field(default_factory=list)
    taken_until: int = 0
    forced_until: int = 0
    not_before: float = 0.0
    failures: int = 0
    broken_link: bool = False
    trusted: bool = False
    limit: int | None = None
    sent: int = 0

    @property
    def key(self) -> str:
        return f"{self.stream.spec.name}/{self.spec.name}"

    def step_over(self) -> None:
        held = self.stream.from_(self.position, 1)
        self.position = held[0] if held else self.stream.end
        self.refused = [number for number in self.refused if self.stream.holds(number)]
        if not self.refused:
            self.position = max(self.position, self.taken_until)


@dataclass(eq=False)
class _Attempt:
    """A request. `gone`: nobody waits for its answer any more; `dropped`: its connection was closed; `held`: on its way
    by a half-open link, which lets it arrive all the same; `told`: its answer is at the door."""

    exporter: _Exporter
    numbers: list[int]
    begun: float
    gone: bool = False
    dropped: bool = False
    held: bool = False
    told: bool = False


class World:
    """See the module. `run` once, then ask `telling` for what the witnesses saw."""

    def __init__(self, setting: Setting, random: Random) -> None:
        self.setting = setting
        self.random = random
        self.telling = Telling()
        self.now = 0.0
        self._order = count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self.streams = [Stream(each, setting) for each in setting.streams]
        self.exporters: list[_Exporter] = []
        self._up = True
        self._down: dict[str, Cut] = {}
        self._held: dict[str, list[Callable[[], None]]] = {}
        self._attempt: _Attempt | None = None
        self._life = 0
        self._sent = 0

    # -- clockwork -----------------------------------------------------------------------------

    def at(self, moment: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._events, (moment, next(self._order), do))

    def run(self) -> Telling:
        """Everything that happens until the end of the setting."""
        for stream in self.streams:
            spec = stream.spec
            self.telling.stream(
                spec.name, *spec.exporters, max_size=spec.max_size, segment_size=spec.segment_size
            )
            self.exporters += [_Exporter(stream, each) for each in spec.exporters]
            for moment, size in spec.appends:
                self.at(moment, lambda s=stream, n=size: self._client(s, n))
        for cut in self.setting.cuts:
            self._plan(cut)
        for moment, back in self.setting.kills:
            self.at(moment, self._kill)
            self.at(back, self._start)
            self.telling.restart(moment, back)
        for begin, end in self.setting.pauses:
            self.telling.pause(begin, end)
        while self._events and self._events[0][0] <= self.setting.until:
            self.now, _, do = heapq.heappop(self._events)
            do()
        return self.telling

    def _plan(self, cut: Cut) -> None:
        skew = self.random.uniform(1, 25)
        kind = "half_open" if cut.holds else "link_silent" if cut.silent else "link_down"
        took = 1.0 + skew * (len(cut.services) - 1)
        self.telling.cut(cut.services, cut.at, cut.until, kind=kind, heal_took=took)
        for index, service in enumerate(cut.services):
            # In force from some time within the nemesis's own lines on.
            begin = cut.at - self.random.uniform(0.1, 1.9)
            self.at(begin, lambda s=service, c=cut: self._break(s, c))
            end = cut.until + 0.5 + skew * index
            self.at(end, lambda s=service, c=cut: self._heal(s, c))

    # -- links ---------------------------------------------------------------------------------

    def _break(self, service: str, cut: Cut) -> None:
        self._down[service] = cut
        if not cut.silent and not cut.holds:
            self._drop(service)

    def _heal(self, service: str, cut: Cut) -> None:
        if self._down.get(service) is cut:
            del self._down[service]
        if cut.silent:
            self._drop(service)
        for let_go in self._held.pop(service, []):
            self.at(self.now + self.random.uniform(0.1, 300), let_go)

    def _hold(self, service: str, let_go: Callable[[], None]) -> bool:
        """Whether a half-open link keeps something for later."""
        cut = self._down.get(service)
        if cut is not None and cut.holds:
            self._held.setdefault(service, []).append(let_go)
        return cut is not None and cut.holds

    # -- a server that stands still ------------------------------------------------------------

    def _awake(self, do: Callable[[], None]) -> None:
        """Have the server do something, now or when it goes on."""
        end = next((end for begin, end in self.setting.pauses if begin <= self.now <= end), None)
        if end is None:
            do()
        else:
            self.at(end + self.random.uniform(0.5, 2), lambda: self._awake(do))

    def _drop(self, service: str) -> None:
        """Every connection over this link is closed."""
        attempt = self._attempt
        if attempt is not None and attempt.exporter.spec.service == service and not attempt.told:
            attempt.gone = attempt.dropped = True
            self.telling.uplink(service, attempt.begun, self.now, "failed")
            self._awake(lambda: self._fail(attempt, doubtful=True))

    # -- clients -------------------------------------------------------------------------------

    def _client(self, stream: Stream, payload: int) -> None:
        if not self._up:
            return
        begun, life = self.now, self._life
        there, back = self.random.uniform(0.1, 1.0), self.random.uniform(0.1, 1.0)

        def arrive() -> None:
            if not self._up or self._life != life:
                self._unanswered(stream, payload, begun)
                return
            number = stream.append(payload, self.now)
            self.at(self.now + back, lambda: answer(number))
            self._dispatch()

        def answer(number: int) -> None:
            if self._life != life or not self._up:
                self._unanswered(stream, payload, begun, number)
                return
            self.telling.append(
                stream.spec.name, number, at=begun, took=self.now - begun, size=payload
            )

        self.at(self.now + there, lambda: self._awake(arrive))

    def _unanswered(
        self, stream: Stream, payload: int, begun: float, number: int | None = None
    ) -> None:
        name = stream.spec.name
        hash_ = None if number is not None else f"{name}/never {begun}"
        took = self.now - begun
        self.telling.append(
            name, number, at=begun, took=took, size=payload, outcome="unknown", hash_=hash_
        )

    # -- the server ----------------------------------------------------------------------------

    def _kill(self) -> None:
        self._up = False
        self._life += 1
        if self._attempt is not None:
            self._attempt.gone = True
            self._attempt = None
        for each in self.exporters:
            # The cursor on disk may be one batch old.
            stored = each.position
            if self.setting.flaw is not Flaw.SKIPS_ON_RESTART and self.random.random() < 0.3:
                stored = max(0, stored - each.spec.batch_size)
            fresh = _Exporter(each.stream, each.spec, position=stored)
            each.__dict__.update(fresh.__dict__)

    def _start(self) -> None:
        self._up = True
        for stream in self.streams:
            if self.setting.rolls_on_restart:
                stream.roll()
        if self.setting.flaw is Flaw.SKIPS_ON_RESTART:
            for each in self.exporters:
                each.position = max(each.position, each.stream.end - 3)
        self._dispatch()

    def _due(self, exporter: _Exporter) -> float | None:
        exporter.step_over()
        if exporter.batch is not None or exporter.refused:
            return exporter.not_before
        waiting = len(exporter.stream.from_(exporter.position, exporter.spec.batch_size))
        if not waiting:
            return None
        if waiting >= exporter.spec.batch_size or exporter.position < exporter.forced_until:
            return exporter.not_before
        if exporter.spec.interval_ms is None:
            return None
        oldest = exporter.stream.times[exporter.position]
        return max(exporter.not_before, oldest + exporter.spec.interval_ms)

    def _dispatch(self) -> None:
        self._awake(self._choose_one)

    def _choose_one(self) -> None:
        if self._attempt is not None or not self._up:
            return
        due = [(self._due(each), each) for each in self.exporters]
        ready = [each for at, each in due if at is not None and at <= self.now]
        if not ready:
            later = [at for at, _ in due if at is not None]
            if later:
                self.at(min(later), self._dispatch)
            return
        self._send(self._choose(ready))

    def _choose(self, ready: list[_Exporter]) -> _Exporter:
        if self.setting.flaw is Flaw.IGNORES_PRIORITY:
            return min(ready, key=lambda each: each.sent)
        return min(ready, key=lambda each: (each.spec.priority or 11, each.sent))

    def _send(self, exporter: _Exporter) -> None:
        limit = min(exporter.spec.batch_size, exporter.limit or exporter.spec.batch_size)
        if exporter.batch is not None:
            numbers = exporter.batch
        elif exporter.refused:
            numbers = list(exporter.refused)
        else:
            numbers = exporter.stream.from_(exporter.position, limit)
        self._sent += 1
        exporter.sent = self._sent
        exporter.forced_until = max(exporter.forced_until, numbers[-1] + 1)
        attempt = self._attempt = _Attempt(exporter, numbers, self.now)
        service = exporter.spec.service
        cut = self._down.get(service)
        if cut is not None and not cut.silent and not cut.holds:
            took = self.random.uniform(0.5, 3.0)
            self.telling.uplink(service, self.now, self.now + took, "failed", "connection")
            self.at(self.now + took, lambda: self._fail(attempt, doubtful=False))
            return
        self.at(self.now + READ_TIMEOUT_MS, lambda: self._awake(lambda: self._give_up(attempt)))
        if cut is not None and cut.holds:
            attempt.held = True
            self._hold(service, lambda: self._arrive(attempt))
        if cut is None:
            self.at(self.now + self._way(), lambda: self._arrive(attempt))

    def _way(self) -> float:
        return self.setting.latency_ms / 2 * self.random.uniform(1.0, 1.2) + 0.1

    def _give_up(self, attempt: _Attempt) -> None:
        if self._attempt is attempt and not attempt.gone:
            attempt.gone = attempt.dropped = True
            if not attempt.told:
                service = attempt.exporter.spec.service
                self.telling.uplink(service, attempt.begun, self.now, "failed")
            self._fail(attempt, doubtful=True)

    def _arrive(self, attempt: _Attempt) -> None:
        """At the cloud, unless a cut was faster. That its sender was killed meanwhile does not stop it."""
        exporter = attempt.exporter
        service = exporter.spec.service
        if self._hold(service, lambda: self._arrive(attempt)):
            attempt.held = True
            return
        if service in self._down or (attempt.dropped and not attempt.held):
            return
        refuses = self.random.random() < self.setting.refuses and len(attempt.numbers) > 1
        places = range(len(attempt.numbers))
        rejected = sorted(self.random.sample(places, 1)) if refuses else []
        arrived, took = self.now, self.random.uniform(1.0, 8.0)

        def answered() -> None:
            cut = self._down.get(service)
            told = cut is None and not attempt.gone
            # Whoever holds an answer has taken it.
            taken = attempt.held or (cut is not None and cut.holds)
            self.telling.put(
                exporter.key,
                attempt.numbers,
                at=arrived,
                took=took,
                rejected=rejected,
                answered=told or taken,
            )
            if told or taken:
                self.at(self.now + self._way(), back)

        def back() -> None:
            if attempt.gone or self._hold(service, back) or service in self._down:
                return
            self.telling.uplink(service, attempt.begun, self.now, "ok")
            attempt.told = True
            self._awake(lambda: None if attempt.gone else self._succeed(attempt, rejected))

        self.at(self.now + took, answered)

    # -- what became of it ---------------------------------------------------------------------

    def _fail(self, attempt: _Attempt, *, doubtful: bool) -> None:
        if self._attempt is not attempt:
            return
        self._attempt = None
        exporter = attempt.exporter
        exporter.failures += 1
        exporter.broken_link = True
        if doubtful:
            exporter.limit = max(1, len(attempt.numbers) // 2)
        if self.setting.keeps_batch:
            exporter.batch = attempt.numbers
        wait = min(self.setting.backoff_max_ms, 1000.0 * 2 ** min(exporter.failures - 1, 10))
        exporter.not_before = self.now + wait
        self._dispatch()

    def _succeed(self, attempt: _Attempt, rejected: Sequence[int]) -> None:
        self._attempt = None
        exporter = attempt.exporter
        recovered = exporter.broken_link
        exporter.broken_link = exporter.trusted = False
        exporter.batch = None
        exporter.taken_until = max(exporter.taken_until, attempt.numbers[-1] + 1)
        exporter.refused = [attempt.numbers[place] for place in rejected]
        done = exporter.refused[0] if exporter.refused else exporter.taken_until
        exporter.position = max(exporter.position, done)
        exporter.limit = exporter.limit * 2 if exporter.limit else None
        exporter.failures = exporter.failures + 1 if rejected else 0
        exporter.not_before = self.now + (1000.0 if rejected else 0.0)
        for other in self.exporters:
            # A link that works for one works for all; whom it does not work for is let go once only.
            if other is exporter or not other.broken_link:
                continue
            if recovered or not other.trusted:
                other.trusted = True
                other.not_before = min(other.not_before, self.now)
        self._dispatch()
