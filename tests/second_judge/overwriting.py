"""Which append evicts what: segments of a stream, computed for every record overhead that a server may have."""

if __package__:
    from .story import NEVER
else:
    from story import NEVER

OVERHEAD_MAX = 64
OVERWRITES = 1


def walk(stream, overhead, rolled_at=()):
    """By sequence number the append that evicted it, and the bases of all segments.

    Args:
        rolled_at: times at which a restart began a segment.
    """
    segments, evicted, bases, total, rolls = [], {}, [], 0, sorted(rolled_at)
    for number, each in sorted(stream.stored.items()):
        size = each.size + overhead
        while segments and total + size > stream.maxSize:
            base, end, weight = segments.pop(0)
            total -= weight
            evicted |= dict.fromkeys(range(base, end), each)
        restarted = rolls and rolls[0] <= each.asked
        while rolls and rolls[0] <= each.asked:
            rolls.pop(0)
        if not segments or restarted or segments[-1][2] + size > stream.streamSegmentSize:
            segments.append([number, number, 0])
            bases.append(number)
        segments[-1][1], segments[-1][2] = number + 1, segments[-1][2] + size
        total += size
    return evicted, bases


def _overwriting(story):
    return [each for each in story.streams if each.strategyOnFull == OVERWRITES]


def _walks(story, overhead):
    """Both ways a restart may be taken."""
    ways = [()] if not story.restarts else [(), tuple(story.restarts)]
    return [{id(each): walk(each, overhead, way) for each in _overwriting(story)} for way in ways]


def _best(story, overhead_max=OVERHEAD_MAX):
    """The reading of all streams that leaves least unexplained, and what that is."""
    found = []
    for overhead in range(overhead_max + 1):
        for walked in _walks(story, overhead):
            wrong = [
                each
                for exporter in story.exporters
                if id(exporter.stream) in walked
                for each in _unlawful(story, exporter, *walked[id(exporter.stream)])
            ]
            found.append((len(wrong), overhead, wrong, walked))
            if not wrong:
                return walked, wrong
    _, _, wrong, walked = min(found, key=lambda each: each[:2], default=(0, 0, [], {}))
    return walked, wrong


def evictions(story):
    """By stream and sequence number, when the append that evicted it was asked for."""
    if not any(_fills(each) for each in _overwriting(story)):
        return {}
    walked, _ = _best(story)
    return {
        (each, number): by.asked
        for each in _overwriting(story)
        for number, by in walked[id(each)][0].items()
    }


def _fills(stream):
    return sum(each.size + OVERHEAD_MAX for each in stream.stored.values()) > stream.maxSize


def _arrivals(exporter):
    """First arrivals by sequence number, those without an answer where they may be in the stream."""
    return {
        number: exporter.arrived[each]
        for number, each in exporter.stream.stored.items()
        if each in exporter.arrived
    }


def runs(exporter):
    """The stretches that the exporter stepped over: first number, and the one behind the last."""
    arrived, expected = sorted(_arrivals(exporter)), 0
    for number in arrived:
        if number > expected:
            yield expected, number
        expected = max(expected, number + 1)


def _unlawful(story, exporter, evicted, bases):
    """What this reading of the stream leaves unexplained."""
    stream, came = exporter.stream, _arrivals(exporter)
    for a, b in runs(exporter):
        numbers = [n for n in range(a, b) if n in stream.numbered]
        if not numbers:
            continue
        arrived = came[b]
        wrong = [n for n in numbers if n not in evicted or evicted[n].asked > arrived]
        yield from (f"overwrite: {exporter.key} {n}: was not evicted" for n in wrong)
        if b not in bases and not all(n not in stream.numbered for n in range(_base(bases, b), b)):
            yield f"overwrite: {exporter.key} {b}: no segment begins here"
        if not wrong and _had_a_chance(
            story, exporter, stream.numbered[numbers[0]], evicted[numbers[0]].done
        ):
            yield f"overwrite: {exporter.key} {a} to {b - 1}: had a chance"
    yield from _ghosts(story, exporter, came, evicted)


def _base(bases, number):
    return max((each for each in bases if each <= number), default=0)


def _had_a_chance(story, exporter, message, gone):
    ready = exporter.ready(message)
    requests = [(at, end, how) for name, at, end, how in story.requests if name == exporter.service]
    longest = max((end - at for at, end, _ in requests if end < NEVER), default=0.0)
    busy = [(at, end) for at, end, _ in requests]
    busy += [tuple(each.may) for each in story.faults if each.concerns([exporter.service])]
    busy += story.stalls
    allowed, free = story.backoff + longest + 2000, ready
    for begun, ended in sorted(each for each in busy if each[1] >= ready and each[0] <= gone):
        if begun - free > allowed:
            return True
        free = max(free, ended)
    return gone - free > allowed


def _ghosts(story, exporter, came, evicted):
    """More messages that were gone and came than one batch, in one run."""
    run = 0
    for number, at in sorted(came.items()):
        gone = number in evicted and evicted[number].done < at
        held_up = gone and story.disturbed([exporter.service], evicted[number].done, at)
        run = run + 1 if gone and not held_up else 0
        if run == exporter.batch + 1:
            yield f"overwrite: {exporter.key} {number}: was gone and came"


def overwrite(story, parameters, doubts):
    """Exactly the oldest data was given up, by whole segments, only while the stream was full."""
    exporters = [each for each in story.exporters if each.stream in _overwriting(story)]
    walked, wrong = _best(story, parameters["record_overhead_max"])
    unsent, survived = set(), False
    for exporter in exporters:
        _, bases = walked[id(exporter.stream)]
        came = _arrivals(exporter)
        for a, b in runs(exporter):
            unsent |= {(id(exporter.stream), base) for base in bases if a <= base < b}
            survived |= any(
                each.done < came[b] <= exporter.arrived.get(each, -1)
                for each in exporter.stream.acknowledged
            )
    if not exporters:
        doubts.append("no stream that overwrites has an exporter")
    if len(unsent) < parameters["segments_at_least"]:
        doubts.append(f"{len(unsent)} segments went unsent")
    if not survived:
        doubts.append("nothing that waited beside them came through")
    unseen = [each.name for each in _overwriting(story) if set(each.unseen) or each.gone]
    # What was appended unseen has a size that nobody knows: the segments are not known either.
    return ([], [*doubts, f"appended unseen: {unseen}"]) if unseen else (wrong, doubts)
