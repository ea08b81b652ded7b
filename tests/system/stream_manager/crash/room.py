"""Which messages an overwriting stream may have let go, computed from the sizes of what was appended.

Room is made by whole segments, the oldest first, and only as long as the next record does not fit. So segments are
known from sizes, with one exception: what a killed server had begun for a record that it never wrote. The next segment
may be there by then, and room may be made already.
"""

from dataclasses import dataclass, field

RECORD_OVERHEAD_BYTES = 24


def record_bytes(payload):
    """What a message takes in a stream."""
    return RECORD_OVERHEAD_BYTES + len(payload)


@dataclass
class Room:
    """What is known of the segments of one stream.

    Attributes:
        possible: each a tuple of the first numbers of its segments; the last one may be empty.
        end: the number that the next message gets.
        before: bytes of all records before a number, counted from some place on.
    """

    plan: object
    possible: set[tuple[int, ...]] = field(default_factory=lambda: {(0,)})
    end: int = 0
    before: dict[int, int] = field(default_factory=lambda: {0: 0})

    def problems(self, found, payloads, pending):
        """The problems of what is left after a kill.

        Args:
            found: what the stream holds, without a gap and not less than before.
            payloads: by number, as far as they are known.
            pending: bytes of each record that may have been on its way at the kill: sent, and without a number.
        """
        new = range(self.end, found.newest + 1)
        if all(number in payloads for number in new):
            legal = self._after(new, payloads, pending)
            kept = {bases for bases in legal if bases[0] == found.oldest}
            problems = [] if kept else [_wrong(found, legal)]
        else:
            kept, problems = set(), self._at_most(found, payloads, max(pending, default=0))
        self.end = found.newest + 1
        self.possible = kept or self._filled(found, pending)
        return problems

    # -- all sizes are known ---------------------------------------------------------------------

    def _after(self, numbers, payloads, pending):
        """All that may be there once these are appended and, at the kill, one of the pending is on its way."""
        for number in numbers:
            size = record_bytes(payloads[number])
            self.before[number + 1] = self.before[number] + size
            self.possible = {self._appended(bases, number, size) for bases in self.possible}
        return self._on_their_way(self.possible, numbers.stop, pending)

    def _on_their_way(self, possible, end, pending):
        sizes = set(pending)
        begun = {
            each for size in sizes for bases in possible for each in self._begun(bases, end, size)
        }
        return possible | begun

    def _appended(self, bases, end, size):
        bases = self._steps_to_make_room(bases, end, size)[-1]
        if bases[-1] < end and self._bytes(bases[-1], end) + size > self.plan.segment_size:
            return (*bases, end)
        return bases

    def _begun(self, bases, end, size):
        """What is there at each moment while a record is on its way."""
        steps = self._steps_to_make_room(bases, end, size)
        first = [(*bases, end)] if len(bases) == 1 and len(steps) > 1 else []
        return [*steps, *first, self._appended(bases, end, size)]

    def _steps_to_make_room(self, bases, end, size):
        """What is there at first, and after each segment that goes."""
        steps = [bases]
        left = self._bytes(bases[0], end)
        while left and left + size > self.plan.max_size:
            bases = (*bases, end) if len(bases) == 1 else bases
            left -= self._bytes(bases[0], bases[1])
            bases = bases[1:]
            steps.append(bases)
        return steps

    def _bytes(self, first, end):
        return self.before[end] - self.before[first]

    # -- some went before they were acknowledged -------------------------------------------------

    def _at_most(self, found, payloads, largest):
        """What has to hold whatever the size of those that nobody knows: none is larger than the largest pending."""
        gone = range(min(min(self.possible)), found.oldest)
        sizes = [record_bytes(payloads[each]) if each in payloads else largest for each in gone]
        went = min(sum(sizes), self.plan.segment_size)
        left = sum(map(record_bytes, found.messages.values()))
        if left + went + largest > self.plan.max_size:
            return []
        return [f"it overwrote more than it had to: {left} bytes are left, at most {went} went"]

    def _filled(self, found, pending):
        """The segments of what is there, when it is known only that the first of them begins with the oldest."""
        bases, self.before = [found.oldest], {found.oldest: 0}
        for number, payload in found.messages.items():
            size = record_bytes(payload)
            self.before[number + 1] = self.before[number] + size
            filled = self._bytes(bases[-1], number)
            if filled and filled + size > self.plan.segment_size:
                bases.append(number)
        possible = self._on_their_way({tuple(bases)}, found.newest + 1, pending)
        return {each for each in possible if each[0] == found.oldest}


def _wrong(found, legal):
    expected = sorted({bases[0] for bases in legal})
    amount = "more than" if found.oldest > expected[-1] else "not what"
    return f"it overwrote {amount} it had to: {found.oldest} is the oldest, {expected} may be"
