"""What has to hold of one stream after a kill; every problem is one sentence.

A kill takes the process and leaves the machine: what was written is there, synced or not. So nothing that was
acknowledged may be missing from a stream on disk, with flush on write or without. That flush on write survives a power
cut is for the models, on a disk that forgets.
"""

from dataclasses import dataclass, field

from .plan import MEMORY, OVERWRITE
from .room import Room, record_bytes


@dataclass
class Found:
    """What a stream holds after a restart, read from outside; `messages` is payload by sequence number."""

    oldest: int
    newest: int
    messages: dict[int, bytes]


@dataclass
class StreamJudge:
    """What is known of a stream over all kills.

    Attributes:
        bound: the payload that a sequence number was given to, for all time.
        exported_until: the sequence number behind the last that its destination has.
        last_batch: the first number of the batch that arrived last.
    """

    plan: object
    bound: dict[int, bytes] = field(default_factory=dict)
    oldest: int = 0
    newest: int = -1
    exported_until: int = 0
    last_batch: int = 0
    repeated: int = 0
    skipped: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self):
        self._room = Room(self.plan)

    # -- what is stored --------------------------------------------------------------------------

    def after_a_kill(self, found, conversations):
        """The problems of what a stream holds after a kill, given the conversations before it."""
        acknowledged, problems = self._acknowledged(conversations)
        if self.plan.persistence == MEMORY:
            problems += self._emptied(found)
            self._forget()
            return problems
        problems += self._numbers(found)
        problems += self._all_acknowledged(found, acknowledged)
        for each in conversations:
            problems += self._of_one_connection(found, each)
        problems += self._sizes(found)
        self._bind(found.messages, problems)
        if self.plan.strategy == OVERWRITE:
            problems += self._overwritten(found, acknowledged, conversations)
        self.oldest, self.newest = found.oldest, max(found.newest, self.newest)
        return problems

    def _acknowledged(self, conversations):
        acknowledged, problems = {}, []
        for conversation in conversations:
            for number, payload in conversation.acknowledged(self.plan.name).items():
                if number in acknowledged:
                    problems.append(f"the number {number} was acknowledged twice")
                if number <= self.newest:
                    problems.append(f"{number} was acknowledged after {self.newest} was taken")
                acknowledged[number] = payload
        self._bind(acknowledged, problems)
        return acknowledged, problems

    def _bind(self, messages, problems):
        for number, payload in messages.items():
            if self.bound.setdefault(number, payload) != payload:
                problems.append(
                    f"{number} is {payload[:40]!r}, and was {self.bound[number][:40]!r}"
                )

    def _emptied(self, found):
        problems = []
        if found.messages or found.newest != -1:
            problems.append(f"a stream in memory holds {len(found.messages)} messages after a kill")
        return problems + self.gaps()

    def _forget(self):
        self.bound, self.oldest, self.newest = {}, 0, -1
        self.exported_until = self.last_batch = 0
        self.skipped = []

    def _numbers(self, found):
        problems = []
        if list(found.messages) != list(range(found.oldest, found.newest + 1)):
            problems.append(f"{found.oldest} to {found.newest} is not what can be read")
        if found.newest < self.newest:
            problems.append(f"the numbers went back from {self.newest} to {found.newest}")
        if found.oldest < self.oldest:
            problems.append(f"what went came back: {self.oldest} was the oldest")
        if found.oldest and self.plan.strategy != OVERWRITE:
            problems.append(f"a stream that rejects lost what is before {found.oldest}")
        return problems

    def _all_acknowledged(self, found, acknowledged):
        lost = [
            number
            for number in sorted(acknowledged)
            if number >= found.oldest and number not in found.messages
        ]
        return (
            [f"{len(lost)} acknowledged messages are lost, the first is {lost[0]}"] if lost else []
        )

    def _of_one_connection(self, found, conversation):
        """What one connection sent is there in its order, and is a prefix of what it sent."""
        place = {payload: number for number, payload in found.messages.items()}
        refused = [each for each in conversation.refused(self.plan.name) if each in place]
        wanted = conversation.wanted(self.plan.name)
        indexes = [index for index, payload in enumerate(wanted) if payload in place]
        numbers = [place[wanted[index]] for index in indexes]
        problems = []
        if refused:
            problems.append(f"{refused[0][:40]!r} was refused and is there")
        if numbers != sorted(numbers):
            problems.append("the messages of one connection are not in their order")
        # Of a stream that rejects, an answer that never came may have been a refusal.
        whole = self.plan.strategy == OVERWRITE
        if whole and indexes and indexes != list(range(indexes[0], indexes[-1] + 1)):
            problems.append("the messages of one connection have a gap")
        if whole and indexes and indexes[0] and not found.oldest:
            problems.append("the first messages of a connection are missing")
        return problems

    def _sizes(self, found):
        size = sum(map(record_bytes, found.messages.values()))
        if size > self.plan.max_size:
            return [f"it holds {size} bytes, at most {self.plan.max_size} are allowed"]
        return []

    def _overwritten(self, found, acknowledged, conversations):
        """What went had to go: see `room`."""
        whole = list(found.messages) == list(range(found.oldest, found.newest + 1))
        if not whole or found.newest < self.newest:
            return []  # said already
        unanswered = [each.unanswered(self.plan.name) for each in conversations]
        unanswered = [each for each in unanswered if each]
        if len(unanswered) != 1:
            there = set(found.messages.values())
            pending = [p for each in unanswered for p in each if p not in there]
            return self._room.problems(found, self.bound, list(map(record_bytes, pending)))
        # Nobody else's answers are missing, and a connection's messages keep their order.
        new = range(self.newest + 1, found.newest + 1)
        numbers = [number for number in new if number not in acknowledged]
        payloads = {**dict(zip(numbers, unanswered[0], strict=False)), **self.bound}
        pending = unanswered[0][len(numbers) :][:1]
        return self._room.problems(found, payloads, list(map(record_bytes, pending)))

    # -- what is exported ------------------------------------------------------------------------

    def take_batches(self, batches, *, restarted):
        """The problems of the batches that arrived since the last kill; `restarted`: there was one before."""
        problems = []
        repeatable = self.last_batch if restarted else self.exported_until
        for index, messages in enumerate(batches):
            numbers = [number for number, _ in messages]
            problems += self._follows(numbers, repeatable if index == 0 else self.exported_until)
            self._bind(dict(messages), problems)
            self.repeated += max(0, self.exported_until - numbers[0])
            self.last_batch = numbers[0]
            self.exported_until = max(self.exported_until, numbers[-1] + 1)
        return problems

    def _follows(self, numbers, repeatable):
        if numbers != list(range(numbers[0], numbers[-1] + 1)):
            return [f"a batch is not without gaps: {numbers}"]
        if numbers[0] < repeatable:
            until = self.exported_until
            return [f"exported again from {numbers[0]}, though all before {until} had arrived"]
        if numbers[0] > self.exported_until:
            self.skipped.append((self.exported_until, numbers[0]))
        return []

    def owed_after(self, last):
        """How many messages have to arrive once `last` did; a rest that fills no batch waits for its neighbours."""
        if self.plan.persistence == MEMORY:
            return 0
        rest = self.newest - max(last, self.oldest - 1)
        return rest if rest >= self.plan.batch_size else 0

    def gaps(self):
        """The problems of what was never exported, given what is known to be overwritten by now."""
        in_memory = self.plan.persistence == MEMORY
        may_be_overwritten = self.plan.strategy == OVERWRITE
        return [
            f"never exported: {a} to {b - 1}"
            for a, b in self.skipped
            if not may_be_overwritten or (b > self.oldest and not in_memory)
        ]
