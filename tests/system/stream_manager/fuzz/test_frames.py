"""Frames that no client sends: the server answers or closes, serves others as before, and keeps nothing of them."""

import gc
import sys
from contextlib import closing
from random import Random

import cbor2
import pytest

from .corpus import cut, framed, frames
from .in_process import Fuzzed, check_answer
from .mutator import Mutator
from .over_tcp import FuzzedServer

FRAMES_PER_CASE = 10_000
SHARE_OVER_TCP = 0.05
START_S = 120.0
OBJECTS_MORE_MAX = 300
"""What is new after thousands of frames: caches of the interpreter, not one object a frame."""
MEMORY_MORE_MAX = 20 << 20
REPEAT = "repeat: pytest tests/system/stream_manager/fuzz --first-seed {} --frames {} -k {}"


def pytest_generate_tests(metafunc):
    """One case for each seed, until there are as many frames as were asked for."""
    if "count" not in metafunc.fixturenames:
        return
    option = metafunc.config.getoption
    over_tcp = round(option("--frames") * SHARE_OVER_TCP)
    total = over_tcp if "make_server" in metafunc.fixturenames else option("--frames") - over_tcp
    cases = [
        (option("--first-seed") + index, min(FRAMES_PER_CASE, total - first))
        for index, first in enumerate(range(0, total, FRAMES_PER_CASE))
    ]
    metafunc.parametrize(("seed", "count"), cases, ids=[f"seed {seed}" for seed, _ in cases])


def test_the_server_survives_mutated_frames(make_rig, seed, count, tally):
    dice = Random(seed)
    fuzzed = Fuzzed(make_rig(), Mutator(dice, frames()), dice)
    try:
        fuzzed.run(count // 4)
        before = objects(fuzzed)
        fuzzed.run(count - count // 4)
        after = objects(fuzzed)
    except Exception:
        print(b"".join(fuzzed.sent).hex())
        print(REPEAT.format(seed, count, "survives"))
        raise
    assert after < before + OBJECTS_MORE_MAX, REPEAT.format(seed, count, "survives")
    tally("frames", fuzzed.counts)


def objects(fuzzed):
    """How many objects there are when nothing is under way."""
    fuzzed.tidy()
    fuzzed.sent.clear()
    gc.collect()
    return len(gc.get_objects())


def test_a_server_survives_them_over_tcp(make_server, seed, count, tally):
    dice = Random(seed)
    program = [sys.executable, "-m", "system.stream_manager", "--destination", "print"]
    server = make_server(command=program).start(START_S)
    with closing(FuzzedServer(server, Mutator(dice, frames()), dice)) as fuzzed:
        repeat = REPEAT.format(seed, count, "over_tcp")
        try:
            fuzzed.run(count // 2)
            files, threads, memory = fuzzed.settled()
            fuzzed.run(count - count // 2)
            after = fuzzed.settled()
        except Exception:
            print(fuzzed.sent.hex(), repeat, server.output()[-2000:], sep="\n")
            raise
        # Threads for exports come when they are needed, and stay.
        assert after[0] <= files + 1 and after[1] <= threads + 5, repeat
        assert after[2] < memory + MEMORY_MORE_MAX, repeat
    assert "ERROR" not in server.output()
    tally("frames over tcp", fuzzed.counts)


# -- the fuzzer's own sight ------------------------------------------------------------------------


def test_the_corpus_is_whole_frames_of_every_operation():
    found = frames()
    assert {operation for operation, _ in found} == {1, 2, 3, 4, 5, 11, 13, 15}
    assert cut(b"".join(framed(*each) for each in found)) == found


def test_a_seed_says_what_is_sent_and_most_of_it_is_read_far():
    def sent(seed):
        mutator = Mutator(Random(seed), frames())
        return [mutator.next() for _ in range(500)]

    assert sent(1) == sent(1) != sent(2)
    assert len({each for each in sent(1)}) > 400
    decodable = [each for each in sent(1) if is_map(each[5:])]
    assert 150 < len(decodable) < 450


def is_map(payload):
    try:
        return isinstance(cbor2.loads(payload), dict)
    except Exception:
        return False


@pytest.mark.parametrize(
    "answer",
    [
        framed(9, cbor2.dumps({"status": 0})),
        framed(9, cbor2.dumps({"requestId": "r", "status": None})),
        framed(9, cbor2.dumps({"requestId": "r", "status": 0}))[:-1],
    ],
    ids=["no id", "no status", "cut short"],
)
def test_an_answer_that_no_client_understands_is_found(answer):
    with pytest.raises((AssertionError, KeyError, cbor2.CBORDecodeError)):
        check_answer(answer)


def test_an_engine_that_forgets_or_keeps_is_found(make_rig):
    rig = make_rig()
    fuzzed = Fuzzed(rig, Mutator(Random(1), frames()), Random(1))
    rig.append("Healthy")
    with pytest.raises(AssertionError, match="sequenceNumber"):
        fuzzed.run(1)
