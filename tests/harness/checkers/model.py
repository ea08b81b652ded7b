"""A tiny correct stream manager, and what witnesses see of it: for the judges of loss, duplication and ordering.

Exporters are independent (a pool that is large enough), so that each is run on its own, from one attempt to the next.
Links refuse, say nothing, hold what is sent or are slow; the cloud refuses a part, refuses all, or leaves open what it
did; the manager stands still, or is killed with a batch in flight; clients get no answer; full streams overwrite;
payloads repeat. Every choice is made by a seeded Random. `Flaw` breaks the manager in one way each.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from .golden import Golden
from .model_settings import Setting, Trouble
from .telling import ExporterSpec

TIMEOUT = 15_000.0
BACKOFF_MAX = 5_000.0
NEVER = float("inf")


class Flaw(StrEnum):
    """One way in which a manager is broken."""

    DROPS_A_BATCH = "believes a batch delivered that it never sent"
    DROPS_A_MESSAGE = "leaves a message out of a batch"
    STORES_NOTHING = "acknowledges a message that it does not store"
    GIVES_UP = "never sends again what was refused"
    SKIPS_ON_RESTART = "begins behind the batch in flight when it is started again"
    STALLS = "sends nothing more once an outage is over"
    SENDS_TWICE = "sends a batch again that went through"
    SENDS_NEIGHBOURS = "sends all of a batch again of which a part was refused"
    FORGETS_ITS_CURSOR = "goes back two batches when it is started again"
    SWAPS = "sends a batch before the one that comes first"
    REVERSES = "sends a batch backwards"


@dataclass
class Log:
    """What a stream holds, and when.

    Attributes:
        stored: when each number was stored.
        hashes: payload of each number.
        evictions: when, and up to which number (excluded).
    """

    stored: list[float] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    evictions: list[tuple[float, int]] = field(default_factory=list)
    segments: list[list[int]] = field(default_factory=list)

    def end(self, at: float) -> int:
        return bisect_right(self.stored, at)

    def oldest(self, at: float) -> int:
        index = bisect_right(self.evictions, (at, 1 << 60)) - 1
        return self.evictions[index][1] if index >= 0 else 0


class Model:
    """See the module. `run` once, then ask `golden` for what was seen.

    Attributes:
        flawed: how often the flaw had an effect.
    """

    def __init__(self, setting: Setting, random: Random, flaw: Flaw | None = None) -> None:
        self.setting = setting
        self.random = random
        self.flaw = flaw
        self.flawed = 0
        self.golden = Golden()
        self.log = Log()
        self.arrived: dict[str, dict[int, float]] = {}

    def run(self) -> Golden:
        """Everything from the first append to the end of the drain."""
        segment = self.setting.segment
        limits = (
            {} if segment is None else {"max_size": segment * 500, "segment_size": segment * 100}
        )
        self.golden.stream("S", *self.setting.exporters, **limits)
        for each in self.setting.troubles:
            kind, _, lost = each.kind.partition("one_way_")
            told = {"kind": "one_way", "parameters": {"lost": lost}} if lost else {"kind": kind}
            self.golden.cut([each.service], each.at, each.until, **told)
        for begin, end in self.setting.pauses:
            self.golden.pause(begin, end)
        for at, back in self.setting.kills:
            self.golden.kill(at, back)
        self._clients()
        for spec in self.setting.exporters:
            self.arrived[spec.name] = {}
            _Export(self, spec).run()
        self._drain()
        return self.golden

    def _drain(self) -> None:
        begin = self.setting.drain_at
        newest = self.log.end(begin) - 1
        came = begin
        for spec in self.setting.exporters:
            arrived = self.arrived[spec.name]
            for number in range(newest + 1):
                gone = self.log.oldest(self.setting.ends) > number
                came = max(came, arrived.get(number, begin if gone else NEVER))
        over = min(came, begin + 40_000)
        told = {f"S/{spec.name}": newest for spec in self.setting.exporters}
        self.golden.drained, self.golden.owed = (begin, over + 1, came == over), told

    # -- clients -------------------------------------------------------------------------------

    def life(self, at: float) -> int | None:
        """Which life the manager is in; None: it is dead."""
        for index, (kill, back) in enumerate(self.setting.kills):
            if at < kill:
                return index
            if at < back:
                return None
        return len(self.setting.kills)

    def death(self, at: float) -> float:
        return next((kill for kill, _ in self.setting.kills if kill > at), NEVER)

    def awake(self, at: float) -> float:
        """When a manager that may stand still at a moment does something."""
        return next((end + 1 for begin, end in self.setting.pauses if begin <= at <= end), at)

    def _clients(self) -> None:
        random, at, count = self.random, 0.0, 0
        while at < self.setting.ends:
            at += self.setting.every * random.uniform(0.5, 1.5)
            if self.life(at) is None:
                continue
            count += 1
            payload = f"S/p{count}"
            if count > 1 and random.random() < self.setting.repeats:
                payload = f"S/p{random.randint(max(1, count - 30), count - 1)}"
            self._append(at, payload)

    def _append(self, at: float, payload: str) -> None:
        random = self.random
        taken, answered = (
            self.awake(at + random.uniform(0.1, 1)),
            self.awake(at + random.uniform(1, 3)),
        )
        answered = max(answered, taken + 0.1)
        if self.life(taken) != self.life(at):
            self.golden.append("S", None, at=at, took=1, outcome="unknown", hash_=payload)
            return
        number = len(self.log.stored)
        if self.flaw is Flaw.STORES_NOTHING and random.random() < 0.02:
            self.flawed += 1
            self.golden.append("S", number, at=at, took=answered - at, hash_=payload)
            return
        self._store(taken, payload)
        lost = self.life(answered) != self.life(at) or random.random() < self.setting.unanswered
        outcome = "unknown" if lost else "ok"
        self.golden.append("S", number, at=at, took=answered - at, outcome=outcome, hash_=payload)

    def _store(self, at: float, payload: str) -> None:
        log, per_segment = self.log, self.setting.segment
        number = len(log.stored)
        if per_segment is not None:
            # A record takes its payload of 100 bytes and nothing else: five segments of so many records.
            if sum(map(len, log.segments)) == 5 * per_segment:
                gone = log.segments.pop(0)
                log.evictions.append((at, gone[-1] + 1))
            if not log.segments or len(log.segments[-1]) == per_segment:
                log.segments.append([])
            log.segments[-1].append(number)
        log.stored.append(max(at, log.stored[-1] if log.stored else 0.0))
        log.hashes.append(payload)


class _Export:
    """One exporter, from attempt to attempt."""

    def __init__(self, model: Model, spec: ExporterSpec) -> None:
        self.model, self.spec, self.random = model, spec, model.random
        self.key = f"S/{spec.name}"
        self.troubles = [e for e in model.setting.troubles if e.service == spec.service]
        self.position = 0
        self.stalled = False
        self._forget()

    def _forget(self) -> None:
        """What a process loses when it is killed."""
        self.refused: list[int] = []
        self.taken = self.position
        self.forced = 0
        self.limit: int | None = None
        self.failures = 0
        self.last: list[int] = []

    def run(self) -> None:
        at = self.random.uniform(0, 50)
        while at < self.model.setting.ends:
            if self.model.life(at) is None:
                at = self._restart(at)
                continue
            at = self.model.awake(at)
            due = self.model.awake(self._due(at))
            death = self.model.death(at)
            if due >= min(death, self.model.setting.ends):
                at = min(death, self.model.setting.ends)
                continue
            self._step_over(due)
            numbers = self._numbers(due)
            at = self._flawed(due, numbers) if numbers else due + 1

    def _restart(self, at: float) -> float:
        back = next(back for kill, back in self.model.setting.kills if kill <= at < back)
        if self.model.flaw is Flaw.SKIPS_ON_RESTART and self.last:
            self.model.flawed += self.last[-1] not in self.model.arrived[self.spec.name]
            self.position = max(self.position, self.last[-1] + 1)
        if self.model.flaw is Flaw.FORGETS_ITS_CURSOR and self.position > 2 * self.spec.batch_size:
            self.model.flawed += 1
            self.position -= 2 * self.spec.batch_size
        self._forget()
        return back + self.random.uniform(1, 400)

    # -- what is due ---------------------------------------------------------------------------

    def _step_over(self, at: float) -> None:
        oldest = self.model.log.oldest(at)
        self.refused = [number for number in self.refused if number >= oldest]
        self.position = max(self.position, oldest)
        self.taken = max(self.taken, self.position)
        if not self.refused:
            self.position = self.taken

    def _due(self, at: float) -> float:
        """When there is something to send: now or later; infinite: never."""
        self._step_over(at)
        stored, size = self.model.log.stored, self.spec.batch_size
        if self.stalled:
            return NEVER
        if self.refused or (self.position < self.forced and self.position < len(stored)):
            return max(at, stored[self.position])
        full = self.position + size - 1
        due = stored[full] if full < len(stored) else NEVER
        if self.spec.interval_ms is not None and self.position < len(stored):
            due = min(due, stored[self.position] + self.spec.interval_ms)
        return max(at, due)

    def _numbers(self, at: float) -> list[int]:
        count = min(self.spec.batch_size, self.limit or self.spec.batch_size)
        if self.refused:
            return self.refused[:count]
        end = min(self.model.log.end(at), self.position + self.spec.batch_size)
        self.forced = max(self.forced, end)
        return list(range(self.position, end))[:count]

    # -- flaws of sending ----------------------------------------------------------------------

    def _flawed(self, at: float, numbers: list[int]) -> float:
        flaw, random = self.model.flaw, self.random
        strikes = random.random() < 0.05 and len(numbers) > 1 and at < self.model.setting.drain_at
        if flaw is Flaw.DROPS_A_BATCH and strikes:
            self.model.flawed += 1
            self._succeed(numbers, set())
            return at + 1
        if flaw is Flaw.DROPS_A_MESSAGE and strikes:
            self.model.flawed += 1
            return self._attempt(at, numbers[:1] + numbers[2:], numbers)
        if flaw is Flaw.REVERSES and strikes:
            self.model.flawed += 1
            return self._attempt(at, numbers[::-1], numbers)
        if flaw is Flaw.SENDS_TWICE and strikes and self.last and not self.refused:
            self.model.flawed += 1
            return self._attempt(at, self.last, [])
        if flaw is Flaw.SWAPS and strikes and not self.refused:
            ahead = range(numbers[-1] + 1, min(self.model.log.end(at), numbers[-1] + 6))
            if ahead:
                self.model.flawed += 1
                at = self._attempt(at, list(ahead), [])
                return self._attempt(at, numbers, [*numbers, *ahead])
        return self._attempt(at, numbers, numbers) if self.model.life(at) is not None else at

    # -- one attempt ---------------------------------------------------------------------------

    def _trouble(self, begin: float, end: float, *kinds: str) -> tuple[float, Trouble] | None:
        """The first moment in a stretch of time at which a fault of these kinds is in force."""
        for each in self.troubles:
            if each.kind in kinds and each.at - 1 <= end and begin < each.until + 1:
                return max(begin, each.at - 1), each
        return None

    def _way(self, at: float) -> float:
        """How long a request or an answer is under way; what a slow link holds is let go with its heal."""
        held = 0.0
        if slow := self._trouble(at, at, "latency"):
            held = min(self.random.choice([300, 2_000, 16_000]), max(0.0, slow[1].until - at))
        return self.model.setting.latency / 2 * self.random.uniform(1, 1.2) + 0.1 + held

    def _let_through(self, begin: float, end: float) -> float:
        """When something that is under way arrives: a half-open link holds it until it is healed."""
        held = self._trouble(begin, end, "half_open")
        return max(end, held[1].until + self.random.uniform(1, 800)) if held else end

    def _attempt(self, at: float, sent: Sequence[int], claims: list[int]) -> float:
        """Send messages and take them for `claims`; until when it took, the back-off included."""
        death = self.model.death(at)
        refusing = self._trouble(at, at, "link_down")
        if refusing:
            self.model.golden.uplink(self.spec.service, at, at + 1, "failed", "connection")
            return self._fail(at + 1, sent, doubtful=False)
        arrive = self._let_through(at, at + self._way(at))
        gives_up = min(self.model.awake(at + TIMEOUT), death)
        cut = self._trouble(at, arrive, "link_down", "link_silent", "one_way_requests")
        if cut:
            return self._hang(at, cut, gives_up, sent)
        outcome, refused, took = self._cloud(sent, arrive)
        ended = arrive + took
        back = self._let_through(arrive, ended + self._way(ended))
        cut = self._trouble(arrive, back, "link_down", "link_silent", "one_way_answers")
        told = not (cut and cut[1].kind == "link_down" and cut[0] <= ended)
        self._put(sent, arrive, took, outcome, refused, answered=told)
        if cut and cut[0] < gives_up:
            return self._hang(at, cut, gives_up, sent)
        if back >= gives_up:
            self.model.golden.uplink(self.spec.service, at, gives_up, "failed")
            return self._over(gives_up, death, sent)
        self.model.golden.uplink(self.spec.service, at, back, "ok")
        self.last = list(sent)
        noticed = self.model.awake(back)
        if noticed > back and noticed > at + TIMEOUT and self.random.random() < 0.5:
            # Its time is over and the answer at its door: which it sees first is chance.
            return self._over(noticed, death, sent)
        back = noticed
        if self._trouble(back, back + 50, "link_down") and self.random.random() < 0.5:
            # The rest of the answer did not get through.
            return self._over(min(back + 50, death), death, sent)
        if outcome != "ok":
            return self._fail(back, sent, doubtful=outcome == "unknown")
        self._succeed(claims, refused)
        return back + (1_000 if refused else self.random.uniform(0, 2))

    def _hang(
        self, at: float, cut: tuple[float, Trouble], gives_up: float, sent: Sequence[int]
    ) -> float:
        """A refusing link closes the connection, a silent one does so when it is healed."""
        begin, trouble = cut
        closed = begin if trouble.kind == "link_down" else trouble.until + 1
        over = max(at, min(closed, gives_up))
        self.model.golden.uplink(self.spec.service, at, over, "failed")
        return self._over(over, self.model.death(at), sent)

    def _over(self, at: float, death: float, sent: Sequence[int]) -> float:
        self.last = list(sent)
        return death if at >= death else self._fail(at, sent, doubtful=True)

    def _cloud(self, sent: Sequence[int], at: float) -> tuple[str, set[int], float]:
        """What the cloud does: how it ends, what it refuses, how long it takes. During the drain it is well."""
        random, took = self.random, self.random.uniform(1, 8)
        if at > self.model.setting.drain_at:
            return "ok", set(), took
        if random.random() < self.model.setting.doubts:
            return random.choice(["failed", "unknown"]), set(), took
        if random.random() < self.model.setting.refuses:
            return "ok", set(random.sample(sorted(sent), random.randint(1, len(sent)))), took
        return "ok", set(), took

    def _put(
        self,
        sent: Sequence[int],
        at: float,
        took: float,
        outcome: str,
        refused: set[int],
        *,
        answered: bool,
    ) -> None:
        golden, hashes = self.model.golden, [self.model.log.hashes[number] for number in sent]
        places = [place for place, number in enumerate(sent) if number in refused]
        golden.put(
            self.key,
            sent,
            at=at,
            took=took,
            outcome=outcome,
            rejected=places,
            answered=answered,
            hashes=hashes,
        )
        kept = outcome == "ok" or (outcome == "unknown" and self.random.random() < 0.5)
        if outcome == "unknown" and kept:
            golden.held += [(self.spec.service, self.spec.target, hash_) for hash_ in hashes]
        for number in sent if kept else ():
            if number not in refused:
                self.model.arrived[self.spec.name].setdefault(number, at + took)

    # -- what became of it ---------------------------------------------------------------------

    def _fail(self, at: float, sent: Sequence[int], *, doubtful: bool) -> float:
        self.failures += 1
        if doubtful:
            self.limit = max(1, len(sent) // 2)
        if self.model.flaw is Flaw.STALLS and at < self.model.setting.drain_at:
            self.model.flawed += 1
            self.stalled = True
        return at + min(BACKOFF_MAX, 1_000.0 * 2 ** min(self.failures - 1, 9))

    def _succeed(self, claims: list[int], refused: set[int]) -> None:
        if not claims:
            return
        if refused and self.model.flaw is Flaw.GIVES_UP:
            self.model.flawed += 1
            refused = set()
        if self.model.flaw is Flaw.SENDS_NEIGHBOURS and 0 < len(refused) < len(claims):
            self.model.flawed += 1
            refused = set(claims)
        self.failures = self.failures + 1 if refused else 0
        self.limit = self.limit * 2 if self.limit else None
        self.taken = max(self.taken, claims[-1] + 1)
        self.refused = sorted(refused | (set(self.refused) - set(claims)))
        self.position = self.refused[0] if self.refused else self.taken
