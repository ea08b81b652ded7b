"""Do urgent messages go first? Judged by the order in which requests reached the cloud."""

from itertools import pairwise

if __package__:
    from .story import NEVER, NO_PRIORITY, milliseconds
else:
    from story import NEVER, NO_PRIORITY, milliseconds

HEALED_TOGETHER_MS = 500.0


def priority(story, parameters, doubts):
    """An urgent message that waits goes before less urgent ones."""
    if story.site["stream_manager"].get("STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE") != "1":
        return [], [*doubts, "the pool is larger than one"]
    epsilon = milliseconds(parameters["tolerance"])
    owner = {id(p): e for e in story.exporters for p in e.puts}
    sent = [(p, owner[id(p)]) for p in story.puts if id(p) in owner]
    most_urgent = min((e.priority for e in story.exporters), default=NO_PRIORITY)
    wrong, judged = [], 0
    for (x, _), (g, less) in pairwise(sent):
        if less.priority == most_urgent or not (story.unambiguous(x) and story.unambiguous(g)):
            continue
        judged += 1
        for urgent in (e for e in story.exporters if e.priority < less.priority):
            if _inverted(story, urgent, x, g, epsilon):
                wrong.append(f"inversion: {less.key} at {g.at} before {urgent.key}")
    wrong += _wrong_after_heals(story, sent, milliseconds(parameters["read_timeout"]))
    if judged < parameters["batches_at_least"]:
        doubts.append(f"{judged} batches could be judged")
    return wrong, doubts


def _inverted(story, urgent, x, g, epsilon):
    waiting = [
        message
        for message in urgent.stream.acknowledged
        if message.done < x.at - epsilon
        and not message.unsynced
        and urgent.arrived.get(message, NEVER) > g.at
        and urgent.passed(message) > g.at
    ]
    if not waiting:
        return False
    head = min(waiting, key=lambda each: each.number)
    copies = story.seen[urgent.service, urgent.target, head.hash]
    services = {x.service, g.service, urgent.service}
    cut = max(
        (
            min(f.may[1], g.at)
            for f in story.faults
            if f.may[0] <= g.at and urgent.service in f.services
        ),
        default=0.0,
    )
    through = any(p.at > cut and p.ended < x.at and p.end == "ok" for p in urgent.puts)
    before = [p for p in urgent.puts if p.at < g.at]
    failed = any(
        name == urgent.service and how == "failed" and x.at - story.backoff <= end <= g.at
        for name, _, end, how in story.requests
    )
    return (
        urgent.ready(head) < x.at - epsilon
        and urgent.arrived.get(head, NEVER) > g.at + epsilon
        and copies < 2
        and (through or not cut)
        and not (before and before[-1].end != "ok")
        and not failed
        and not story.disturbed(services, x.at, g.at)
        and not story.restarted(x.at, g.at)
        and not story.stalled(x.at, g.at)
    )


def _wrong_after_heals(story, sent, read_timeout):
    healed = sorted((f.healed, f) for f in story.faults if f.healed)
    for urgent in story.exporters:
        for less in (e for e in story.exporters if e.priority > urgent.priority):
            for at in _healed_together(healed, urgent.service, less.service):
                yield from _after_heal(story, sent, urgent, less, at, read_timeout)


def _healed_together(healed, *services):
    for at, fault in healed:
        near = {
            s for other, f in healed if 0 <= at - other <= HEALED_TOGETHER_MS for s in f.services
        }
        if set(services) <= near and set(fault.services) & set(services):
            yield at


def _after_heal(story, sent, urgent, less, at, read_timeout):
    waiting = [
        m
        for m in urgent.stream.acknowledged
        if m.done < at < urgent.arrived.get(m, NEVER) and not m.unsynced
    ]
    head = min(waiting, key=lambda each: each.number, default=None)
    until = at + story.backoff + read_timeout
    if (
        head is None
        or urgent.ready(head) > at
        or story.disturbed([urgent.service, less.service], at + 1, until)
    ):
        return
    if story.restarted(at, until) or story.stalled(at, until):
        return
    first = min((p.at for p in urgent.puts if p.at > at), default=NEVER)
    if sum(at < p.at < first for p, e in sent if e is less) > 1 and first < NEVER:
        yield f"inversion: less urgent ones first after the heal at {at}"
    if first > until and story.lines[-1]["at"] > until:
        yield f"inversion: {urgent.key} late after the heal at {at}"
