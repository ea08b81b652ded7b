"""A second judge, who knows the documentation and no checker: `python tests/second_judge/judge.py RUN`.

Each judge returns `wrong`, what it accuses of, and `doubts`, why it cannot be sure that nothing is wrong.
"""

import json
import sys
from collections import Counter, defaultdict
from itertools import pairwise

if __package__:
    from .aggregating import aggregates
    from .draining import GRACE_MS, READ_TIMEOUT_MS, Drain
    from .faults import disk_among, may_forget
    from .overwriting import evictions, overwrite
    from .priority import priority
    from .story import NEVER, SITEWISE, WITNESSES, Story, milliseconds
else:
    from aggregating import aggregates
    from draining import GRACE_MS, READ_TIMEOUT_MS, Drain
    from faults import disk_among, may_forget
    from overwriting import evictions, overwrite
    from priority import priority
    from story import NEVER, SITEWISE, WITNESSES, Story, milliseconds

ANSWER_MS = 2_000.0
TAKEN_IN_MS = 1_000.0
STORED_MS = 5_000.0

EDGE_AND_CLOUD = ("edge-tap", "cloud-tap")
ALL_BUT_READER = ("edge-tap", "uplink-tap", "cloud-tap", "nemesis", "harness")
NEEDS = {
    "passed": EDGE_AND_CLOUD,
    "given up": (*EDGE_AND_CLOUD, "nemesis", "harness", "cloud-reader"),
    "overdue": ALL_BUT_READER,
    "late": ALL_BUT_READER,
    "unexplained": ALL_BUT_READER,
    "unsent": ("cloud-tap",),
    "unexpected": ("edge-tap",),
    "swapped": EDGE_AND_CLOUD,
    "inversion": ("uplink-tap", "cloud-tap", "nemesis", "harness"),
    "overwrite": (*EDGE_AND_CLOUD, "nemesis", "harness"),
    "aggregates": ("edge-tap",),
    "offered": ("edge-tap", "harness"),
    "appended": ("edge-tap", "harness"),
    "delivered": tuple(sorted(WITNESSES)),
}
"""Without one of these witnesses a clause accuses nobody."""

NEEDS_READING = ("given up", "overdue", "delivered")
"""Nor do these where a destination was not read completely."""


def missing(story):
    """What makes valid impossible, whoever judges."""
    doubts = [f"no {each}" for each in sorted(WITNESSES - story.closed)]
    doubts += [each["reason"] for each in story.told_by("harness", "interrupted")]
    doubts += [f"{each['id']} failed" for each in story.told_by("nemesis", "fault", "failed")]
    doubts += [
        f"{each['id']} never fired" for each in story.told_by("nemesis", "trigger", "failed")
    ]
    return doubts + [each["reason"] for each in story.told_by("edge-tap", "frame")]


def unread(story):
    """Targets that were not read completely."""
    targets = {f"{each.service}/{each.target}" for each in story.exporters}
    return [f"{each} was not read" for each in sorted(targets - story.passes)]


# -- loss ------------------------------------------------------------------------------------------


def loss(story, parameters):
    """Every acknowledged message is delivered or legally gone."""
    drain = Drain(story)
    doubts = missing(story) + unread(story) + drain.doubts
    if not any(each.arrived for each in story.exporters):
        doubts.append("nothing was delivered")
    gone = evictions(story)
    wrong = []
    for (service, target), exporters in _by_target(story).items():
        left = story.there(service, target)
        owed = [
            (e, m, _why_lost(story, drain, gone, e, m))
            for e in exporters
            for m in e.stream.acknowledged
        ]
        # A copy counts first for what would be lost without it.
        for exporter, message, why in sorted(owed, key=lambda each: each[2] is None):
            left[message.hash] -= 1
            if left[message.hash] < 0 and why is not None:
                found = doubts if why.startswith("perhaps") else wrong
                found.append(f"{why}: {exporter.key} {message.number}")
    wrong += [] if drain.doubts else drain.late()
    return wrong, doubts


def _by_target(story):
    found = defaultdict(list)
    for each in story.exporters:
        found[each.service, each.target].append(each)
    return found


def _why_lost(story, drain, gone, exporter, message):
    """What is wrong if this message is nowhere; None: nothing."""
    passed = exporter.passed(message)
    sent = [p for p in exporter.puts if message.hash in p.hashes]
    if exporter.service == SITEWISE and (
        not message.entry or any(p.hashes.index(message.hash) in p.final for p in sent)
    ):
        return None
    if (
        exporter.stream.until < NEVER
        or gone.get((exporter.stream, message.number), NEVER) <= passed
    ):
        return None
    age = exporter.stream.defined_at(message.asked).get("timeToLiveMillis")
    until = min(passed, story.lines[-1]["at"])
    if age and message.asked + age - story.jumped(message.asked, until) < until:
        return None
    if any(p.kept(p.hashes.index(message.hash)) for p in sent):
        return "perhaps: the cloud lost it"
    if message.unsynced:
        return None
    if not sent and passed < NEVER:
        return "passed"
    if sent and _given_up(story, exporter, sent[-1], message):
        return "given up"
    if drain.owes(exporter, message) and drain.sound(exporter.service):
        return "overdue" if drain.ended["type"] == "failed" else "perhaps: it had not arrived"
    return None


def _given_up(story, exporter, last, message):
    later = [p for p in exporter.puts if p.at > last.at + story.backoff + GRACE_MS]
    behind = {each.hash for each in exporter.stream.acknowledged if each.number > message.number}
    return any(
        behind & set(p.hashes) and not story.disturbed([exporter.service], last.at, p.at)
        for p in later
    )


# -- duplication -----------------------------------------------------------------------------------


def duplication(story, parameters):
    """Every second copy is explained, and nothing is held that nobody appended."""
    doubts = missing(story) + unread(story)
    wrong = []
    for (service, target), exporters in _by_target(story).items():
        puts = [p for p in story.puts if (p.service, p.target) == (service, target)]
        known = {a.hash: a for e in exporters for a in e.stream.appends if a.outcome == "failed"}
        refused = set(known) - {
            a.hash for e in exporters for a in e.stream.appends if a.outcome != "failed"
        }
        appended = {a.hash for e in exporters for a in e.stream.appends} - refused
        held = {} if service == SITEWISE else story.held[service, target]
        for hash_, copies in held.items():
            carriers = sum(
                p.hashes.count(hash_)
                for p in puts
                if p.end != "failed"
                and any(p.kept(i) is not False for i, h in enumerate(p.hashes) if h == hash_)
            )
            if hash_ not in appended:
                wrong.append(f"unexpected: {target} {hash_}")
            elif copies > max(carriers, 0):
                wrong.append(f"unsent: {target} {hash_}")
        wrong += _unexplained(story, exporters, puts)
    return wrong, doubts


def _unexplained(story, exporters, puts):
    carriers = defaultdict(list)
    for put in puts:
        for place, hash_ in enumerate(put.hashes):
            if put.kept(place) is not False:
                carriers[hash_].append((put, place))
    copies = story.there(exporters[0].service, exporters[0].target)
    streams = {id(each.stream): each.stream for each in exporters}.values()
    equal = Counter(m.hash for s in streams for m in s.appends if m.outcome != "failed")
    for hash_, seen in carriers.items():
        owners = [(e, m) for e in exporters for m in e.stream.by_hash.get(hash_, ())]
        if len(seen) < 2 or len({id(e) for e, _ in owners}) > 1:
            continue
        # Of equal payloads nobody knows which of them came again: what explains the most is believed.
        excuses = max(
            (
                [
                    any(_excused(story, e, m, p, place, q) for e, m in owners)
                    for (p, place), (q, _) in zip(seen, seen[step:], strict=False)
                ]
                for step in {1, max(1, equal[hash_])}
            ),
            key=sum,
        )
        if owners and not all(excuses) and copies[hash_] > equal[hash_] + sum(excuses):
            yield f"unexplained: {hash_}"


def _excused(story, exporter, message, put, place, again):
    """Whether the sender may lawfully not have known that this one was kept."""
    service = put.service
    if put.kept(place) is not True or not put.told or again.at < put.ended:
        return True
    under_way = [
        (end, how)
        for name, at, end, how in story.requests
        if name == service and at <= put.at <= end
    ]
    if any(how == "failed" for _, how in under_way):
        return True
    heard = max((end if how == "ok" else NEVER for end, how in under_way), default=NEVER)
    heard = heard + TAKEN_IN_MS if heard >= put.ended else NEVER
    latest = min(put.ended + ANSWER_MS + story.site["latency_ms"], heard, again.at)
    if story.disturbed([service], put.at, latest, slow=False):
        return True
    if any(
        name == service
        and how == "failed"
        and put.at - READ_TIMEOUT_MS <= end <= again.at
        and story.held_back([service], at, end)
        for name, at, end, how in story.requests
    ):
        return True
    if any(may_forget(cut, put.ended) and cut.may[0] <= again.at for cut in story.power_cuts):
        return True
    if any(
        put.at <= at <= again.at
        and at <= each.may[1] + STORED_MS
        and each.may_touch(put.ended, put.ended + STORED_MS)
        for at in story.restarts
        for each in disk_among(story.faults)
    ):
        return True
    return any(
        put.at <= at <= again.at and message.number >= _last_batch_before(exporter, at)
        for at in story.restarts
    )


def _last_batch_before(exporter, at):
    before = [p for p in exporter.puts if p.at <= at]
    hashes = set(before[-1].hashes) if before else set()
    return min((m.number for h in hashes for m in exporter.stream.by_hash.get(h, ())), default=0)


# -- ordering --------------------------------------------------------------------------------------


def ordering(story, parameters):
    """First copies arrive in the order of their sequence numbers."""
    wrong, doubts, judged = [], missing(story), 0
    for exporter in story.exporters:
        numbers = [
            (put.at, min(m.number for m in exporter.stream.by_hash[h]))
            for put in exporter.puts
            if story.unambiguous(put) and not _held_up(story, put)
            for h in put.hashes
            if h in exporter.stream.by_hash
        ]
        judged += max(0, len(numbers) - 1)
        highest = -1
        for _, number in numbers:
            if number < highest:
                wrong.append(f"swapped: {exporter.key} {number} behind {highest}")
            highest = max(highest, number)
    return wrong, doubts if judged else [*doubts, "no two messages could be compared"]


def _held_up(story, put):
    """Whether it may have come over a slow link after its sender had given it up."""
    return any(
        name == put.service
        and how == "failed"
        and end <= put.at
        and put.at - end <= READ_TIMEOUT_MS
        and story.held_back([name], at, put.at)
        for name, at, end, how in story.requests
    )


# -- throughput ------------------------------------------------------------------------------------


def throughput(story, parameters):
    """Every planned reading is offered, appended and delivered."""
    work = story.plan["workload"]
    schedule = story.told_by("harness", "schedule")
    doubts = missing(story) + unread(story)
    if not schedule:
        return [], [*doubts, "no reading was due"]
    step = 1000 / work["rate_hz"]
    ordinals = range(work["expected_readings"] // len(work["sensors"]))
    planned = {
        f"{sensor}/{k}": schedule[0]["first_reading_ms"] + k * step
        for sensor in work["sensors"]
        for k in ordinals
    }
    offered, appended, delivered, waits = set(), {}, set(), []
    there = {(e.service, e.target): story.there(e.service, e.target) for e in story.exporters}
    for stream in story.streams:
        targets = [each for each in story.exporters if each.stream is stream]
        for each in stream.appends:
            if each.reading in planned:
                offered.add(each.reading)
                if each.outcome == "ok":
                    appended[each.reading] = min(each.done, appended.get(each.reading, NEVER))
                    if targets and all(there[t.service, t.target][each.hash] for t in targets):
                        delivered.add(each.reading)
    offered |= {each.get("reading") for each in story.told_by("cloud-reader", "record")} & set(
        planned
    )
    claims = [each["published"] for each in story.told_by("harness", "source")]
    claimed = sum(a for a, b in pairwise([*claims, 0]) if b < a)
    waits = sorted(appended.get(reading, NEVER) - due for reading, due in planned.items())
    shares = {
        "offered": min(len(planned), max(len(offered), claimed)),
        "appended": len(appended),
        "delivered": len(delivered),
    }
    wrong = [
        f"{part}: {count} of {len(planned)}"
        for part, count in shares.items()
        if count < float(parameters[f"{part}_at_least"].rstrip("%")) / 100 * len(planned)
    ]
    drain, services = Drain(story), {each.service for each in story.exporters}
    if drain.begun and drain.ended["type"] == "failed" and any(map(drain.unanswered, services)):
        # The clause about what was delivered is left open.
        doubts += [each for each in wrong if each.startswith("delivered")]
        wrong = [each for each in wrong if not each.startswith("delivered")]
    if parameters["appended_p99"] and waits[-(-99 * len(waits) // 100) - 1] > milliseconds(
        parameters["appended_p99"]
    ):
        wrong.append("appended: too late")
    return wrong, doubts


JUDGES = {
    "aggregates": lambda story, parameters: aggregates(story, parameters, missing(story)),
    "loss": loss,
    "duplication": duplication,
    "ordering": ordering,
    "priority": lambda story, parameters: priority(story, parameters, missing(story)),
    "overwrite": lambda story, parameters: overwrite(
        story, parameters, missing(story) + unread(story)
    ),
    "throughput": throughput,
}


def ruled(story, wrong, doubts):
    """The verdict: what is wrong for certain counts, whatever else is in doubt."""
    unread_ = unread(story)
    certain = [
        each
        for each in wrong
        if story.closed.issuperset(NEEDS[each.split(":")[0]])
        and not (unread_ and each.startswith(NEEDS_READING))
    ]
    verdict = "invalid" if certain else "unknown" if doubts or wrong else "valid"
    return verdict, [*certain, *doubts]


def verdicts(lines, plan):
    """Of each judge that the plan asks for: its verdict and why."""
    story = Story(lines, plan)
    return {
        name: ruled(story, *JUDGES[name](story, parameters))
        for asked in plan["judge"]
        for name, parameters in asked.items()
    }


def main(run):
    """Print them."""
    story = Story.of(run)
    for name, (verdict, why) in verdicts(story.lines, story.plan).items():
        print(json.dumps({"name": name, "verdict": verdict, "why": why[:5]}))


if __name__ == "__main__":
    main(sys.argv[1])
