"""Frames that no client sends: the server answers or closes, serves others as before, and keeps nothing of them."""

import gc
import sys
import tracemalloc
from contextlib import closing
from random import Random

import cbor2
import pytest

from system.stream_manager.connection import Connection
from system.wire.payloads import Undecodable, decode

from .corpus import cut, framed, frames
from .in_process import Fuzzed, check_answer
from .mutator import Mutator
from .over_tcp import FuzzedServer

FRAMES_PER_CASE = 10_000
SHARE_OVER_TCP = 0.05
START_S = 120.0
OBJECTS_MORE_MAX = 300
"""What is new after thousands of frames: caches of the interpreter, not one object a frame."""
BYTES_MORE_MAX = 48 << 10
"""The same in bytes, those of texts among them, which the collector of objects does not know."""
MEMORY_MORE_MAX = 20 << 20
REPEAT = (
    "repeat: pytest tests/system/stream_manager/fuzz --one-case --first-seed {} --frames {} -k {}"
)


def pytest_generate_tests(metafunc):
    """One case for each seed, until there are as many frames as were asked for."""
    if "count" not in metafunc.fixturenames:
        return
    option = metafunc.config.getoption
    found = cases(
        option("--frames"),
        option("--first-seed"),
        over_tcp="make_server" in metafunc.fixturenames,
        one_case=option("--one-case"),
    )
    metafunc.parametrize(("seed", "count"), found, ids=[f"seed {seed}" for seed, _ in found])


def cases(count, first_seed, *, over_tcp, one_case=False):
    """Seed and number of frames of each case."""
    if one_case:
        return [(first_seed, count)]
    share = round(count * SHARE_OVER_TCP)
    total = share if over_tcp else count - share
    return [
        (first_seed + index, min(FRAMES_PER_CASE, total - first))
        for index, first in enumerate(range(0, total, FRAMES_PER_CASE))
    ]


def test_the_server_survives_mutated_frames(make_rig, seed, count, tally):
    # First, for whatever ends this test.
    print(REPEAT.format(seed, count, "mutated"))
    dice = Random(seed)
    fuzzed = Fuzzed(make_rig(), Mutator(dice, frames()), dice)
    try:
        fuzzed.run(count // 4)
        objects, size = kept(fuzzed, count - count // 4)
    except Exception:
        print(b"".join(fuzzed.sent).hex())
        raise
    assert objects < OBJECTS_MORE_MAX
    assert size < BYTES_MORE_MAX
    tally("frames", fuzzed.counts)


def kept(fuzzed, count):
    """Objects and bytes that the second half of so many frames left; what is kept once for all, the first half did."""
    tracemalloc.start()
    try:
        fuzzed.run(count - count // 2)
        objects, size = there(fuzzed)
        fuzzed.run(count // 2)
        objects_then, size_then = there(fuzzed)
        return objects_then - objects, size_then - size
    finally:
        tracemalloc.stop()


def there(fuzzed):
    """Objects and bytes when nothing is under way and nothing stored."""
    fuzzed.begin_anew()
    gc.collect()
    return len(gc.get_objects()), tracemalloc.get_traced_memory()[0]


def test_a_server_survives_them_over_tcp(make_server, seed, count, tally):
    dice = Random(seed)
    program = [sys.executable, "-m", "system.stream_manager", "--destination", "print"]
    server = make_server(command=program).start(START_S)
    with closing(FuzzedServer(server, Mutator(dice, frames()), dice)) as fuzzed:
        print(REPEAT.format(seed, count, "over_tcp"))
        try:
            fuzzed.run(count // 2)
            files, threads, memory = fuzzed.settled()
            fuzzed.run(count - count // 2)
            after = fuzzed.settled()
        except Exception:
            print(fuzzed.sent.hex(), server.output()[-2000:], sep="\n")
            raise
        # Threads for exports come when they are needed, and stay.
        assert after[0] <= files + 1 and after[1] <= threads + 5
        assert after[2] < memory + MEMORY_MORE_MAX
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


@pytest.mark.parametrize("over_tcp", [False, True], ids=["in process", "over tcp"])
def test_a_case_is_repeated_by_what_it_tells(over_tcp):
    found = cases(250_000, 7, over_tcp=over_tcp)
    assert sum(count for _, count in found) == (12_500 if over_tcp else 237_500)
    for seed, count in found:
        assert cases(count, seed, over_tcp=over_tcp, one_case=True) == [(seed, count)]


def test_a_server_that_keeps_the_frames_that_it_refuses_is_found(make_rig, monkeypatch):
    left, receive = [], Connection.receive

    def leaking(connection, data):
        receive(connection, data)
        try:
            decode(data[5:])
        except Undecodable:
            left.append(bytes(bytearray(data)))

    monkeypatch.setattr(Connection, "receive", leaking)
    dice = Random(1)
    objects, size = kept(Fuzzed(make_rig(), Mutator(dice, frames()), dice), 1600)
    assert objects < OBJECTS_MORE_MAX, "the collector does not know them"
    assert size > 2 * BYTES_MORE_MAX
