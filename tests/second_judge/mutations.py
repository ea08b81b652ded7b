"""Histories that are a little different from what was seen: a line lost, doubled, moved, or told wrongly."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

Line = dict[str, Any]
Mutation = Callable[[list[Line], Random], None]

SHIFT_MS = 3_000.0


def places(lines: list[Line], kind: str, *types: str) -> list[int]:
    """Where lines of one sort are."""
    return [
        place
        for place, line in enumerate(lines)
        if line["kind"] == kind and (not types or line["type"] in types)
    ]


def change(lines: list[Line], place: int, **fields: object) -> None:
    """Have a line say something else; the others keep theirs."""
    lines[place] = {**lines[place], **fields}


def lose(*kinds: str) -> Mutation:
    """A line that is not there."""

    def mutate(lines: list[Line], dice: Random) -> None:
        del lines[dice.choice([place for kind in kinds for place in places(lines, kind)])]

    return mutate


def double(kind: str) -> Mutation:
    """A line that is there twice; one with an `index` and `place` of its own."""

    def mutate(lines: list[Line], dice: Random) -> None:
        place = dice.choice(places(lines, kind))
        again = dict(lines[place])
        if "place" in again:
            again |= {"place": f"{again['place']}-again", "index": len(lines)}
        lines.insert(place + 1, again)

    return mutate


def lose_a_request(lines: list[Line], dice: Random) -> None:
    """All that was told of one request to the cloud, and what it brought."""
    gone = lines[dice.choice(places(lines, "put", "invoked"))]
    hashes = set(gone["hashes"])
    lines[:] = [
        line
        for line in lines
        if not (line["kind"] == "put" and line["id"] == gone["id"])
        and not (
            line["kind"] == "record" and line["hash"] in hashes and line["target"] == gone["target"]
        )
    ]


def repeat_a_request(lines: list[Line], dice: Random) -> None:
    """One request once more, some time later, and what it brought."""
    first = lines[dice.choice(places(lines, "put", "invoked"))]
    later = dice.uniform(1.0, 2 * SHIFT_MS)
    same = [line for line in lines if line["kind"] == "put" and line["id"] == first["id"]]
    same += [
        line
        for line in lines
        if line["kind"] == "record"
        and line["hash"] in first["hashes"]
        and line["target"] == first["target"]
    ]
    for line in same:
        again = dict(line)
        if line["kind"] == "put":
            again |= {"id": f"{line['id']}-again", "at": line["at"] + later}
        else:
            again |= {"place": f"{line['place']}-again", "index": len(lines)}
        lines.append(again)


def lose_a_message(lines: list[Line], dice: Random) -> None:
    """One message out of its requests and destinations."""
    put = lines[dice.choice([p for p in places(lines, "put", "invoked") if lines[p]["hashes"]])]
    hash_ = dice.choice(put["hashes"])
    lines[:] = [line for line in lines if line["kind"] != "record" or line["hash"] != hash_]
    for place in places(lines, "put", "invoked"):
        kept = [each for each in lines[place]["hashes"] if each != hash_]
        if len(kept) < len(lines[place]["hashes"]):
            change(lines, place, hashes=kept)


def swap_messages(lines: list[Line], dice: Random) -> None:
    """Two messages of one destination, each in the other's place."""
    one = dice.choice(places(lines, "put", "invoked"))
    same = [
        p for p in places(lines, "put", "invoked") if lines[p]["target"] == lines[one]["target"]
    ]
    other = dice.choice(same)
    ours, theirs = list(lines[one]["hashes"]), list(lines[other]["hashes"])
    if one == other:
        dice.shuffle(ours)
    else:
        i, j = dice.randrange(len(ours)), dice.randrange(len(theirs))
        ours[i], theirs[j] = theirs[j], ours[i]
        change(lines, other, hashes=theirs)
    change(lines, one, hashes=ours)


def change_a_hash(lines: list[Line], dice: Random) -> None:
    """A payload that is another one, at one of the places where it was seen."""
    place = dice.choice([*places(lines, "append", "invoked"), *places(lines, "record")])
    change(lines, place, hash="another")


def change_a_number(lines: list[Line], dice: Random) -> None:
    """A message that was acknowledged with another sequence number."""
    place = dice.choice(places(lines, "append", "ok"))
    change(
        lines, place, sequence_number=lines[place]["sequence_number"] + dice.choice((-7, -1, 1, 7))
    )


def change_an_end(lines: list[Line], dice: Random) -> None:
    """An operation that ended in another way."""
    kinds = ("append", "put", "request", "drain", "pass")
    place = dice.choice([p for kind in kinds for p in places(lines, kind, "ok", "failed")])
    ended = dice.choice(
        [each for each in ("ok", "failed", "unknown") if each != lines[place]["type"]]
    )
    told = {"sequence_number": 0, "rejected": [], "status": None, "reason": "mutated"}
    lines[place] = {**told, **lines[place], "type": ended}
    if ended != "ok" and lines[place]["kind"] == "append":
        lines[place] = {**lines[place], "sequence_number": None, "status": 13}


def shift_a_time(lines: list[Line], dice: Random) -> None:
    """A line that was written at another time."""
    kind = dice.choice(("append", "put", "request", "fault", "process", "drain", "connection"))
    there = places(lines, kind) or places(lines, "append")
    place = dice.choice(there)
    change(lines, place, at=max(0.0, lines[place]["at"] + dice.uniform(-SHIFT_MS, SHIFT_MS)))


def stall(lines: list[Line], dice: Random) -> None:
    """A machine that stood still for a while."""
    at = lines[dice.choice(places(lines, "put", "invoked"))]["at"]
    told = {"witness": "harness", "kind": "stall", "type": "note"}
    lines.append({**told, "at": at + 500.0, "from_ms": at - 500.0, "to_ms": at + 500.0})


MUTATIONS: Mapping[str, Mutation] = {
    "lose an append's line": lose("append"),
    "lose a line of a request to the cloud": lose("put"),
    "lose a record": lose("record"),
    "lose a line of the uplink tap": lose("request", "connection"),
    "lose a line of a fault": lose("fault"),
    "lose a line of the run": lose("process", "drain", "schedule", "pass"),
    "lose a last line": lose("closed"),
    "double a record": double("record"),
    "lose a request": lose_a_request,
    "repeat a request": repeat_a_request,
    "lose a message": lose_a_message,
    "swap messages": swap_messages,
    "change a hash": change_a_hash,
    "change a number": change_a_number,
    "change an end": change_an_end,
    "shift a time": shift_a_time,
    "stall": stall,
}


def mutated(lines: list[Line], seed: int) -> tuple[str, list[Line]]:
    """What was done to a history, and what it is then, in the order of `at`."""
    dice = Random(seed)
    name = list(MUTATIONS)[seed % len(MUTATIONS)]
    changed = list(lines)
    MUTATIONS[name](changed, dice)
    return name, sorted(changed, key=lambda line: line["at"])
