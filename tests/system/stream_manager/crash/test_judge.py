"""The judge's own sight: servers that break a promise when they are killed are caught, each for what it does."""

import re
from pathlib import Path

import pytest

from harness.zoo import stream_managers

from .client import Conversation
from .judge import Found, StreamJudge
from .plan import FILE, MEMORY, OVERWRITE, REJECT, Case, ClientPlan, Kill, StreamPlan
from .running import CaseRun, standing

ZOO = Path(stream_managers.__file__).parent
SMALL = StreamPlan("s", FILE, OVERWRITE, True, 64 << 10, 8 << 10, 5)
LARGE = StreamPlan("s", FILE, OVERWRITE, False, 1 << 20, 64 << 10, 5)
# Before a cursor is stored, all is written that it covers.
UNEXPORTED = StreamPlan("s", FILE, OVERWRITE, False, 1 << 20, 64 << 10, 0)
REJECTING = StreamPlan("s", FILE, REJECT, False, 64 << 10, 8 << 10, 0)
IN_MEMORY = StreamPlan("s", MEMORY, REJECT, False, 64 << 10, 8 << 10, 5)


@pytest.mark.parametrize(
    ("broken", "plan", "caught"),
    [
        ("writes_lazily", UNEXPORTED, "acknowledged messages are lost"),
        ("acknowledges_unstored", LARGE, "was acknowledged twice|have a gap"),
        ("counts_from_zero_again", LARGE, "was acknowledged after"),
        ("loses_the_newest_segment", LARGE, "acknowledged messages are lost"),
        ("forgets_the_cursor", LARGE, "exported again from"),
        ("corrupts_a_byte", LARGE, "and was"),
        ("keeps_too_much", SMALL, "bytes, at most"),
    ],
)
def test_a_server_that_breaks_a_promise_is_caught(broken, plan, caught, make_server):
    clients = (ClientPlan(0, 16, 400), ClientPlan(1, 4, 400))
    kills = (Kill(400, 0, None), Kill(50, 0.01, None), Kill(200, 0, None))
    case = Case(1, False, (plan,), clients, kills)
    program = [str(ZOO / f"{broken}.py")]
    run = CaseRun(case, *standing(make_server, program, over_http=False, seed=1))
    run.kill_all()
    assert [each for each in run.problems if re.search(caught, each)] != [], run.problems


# -- clause by clause ------------------------------------------------------------------------------


def conversation(*payloads, numbers):
    return Conversation([("s", each) for each in payloads], list(numbers))


def found(*payloads, oldest=0):
    return Found(oldest, oldest + len(payloads) - 1, dict(enumerate(payloads, oldest)))


def problems_of(plan, *steps):
    judge = StreamJudge(plan)
    return [each for step in steps for each in judge.after_a_kill(*step)]


def test_what_was_not_answered_may_be_there_or_not():
    asked = conversation(b"a", b"b", b"c", numbers=[0])
    for there in ([b"a"], [b"a", b"b"], [b"a", b"b", b"c"]):
        assert problems_of(LARGE, (found(*there), [asked])) == []


def test_what_was_overwritten_is_no_loss():
    payloads = [b"%03d" % number + bytes(1000) for number in range(100)]
    asked = conversation(*payloads, numbers=range(100))
    assert problems_of(SMALL, (found(*payloads[40:], oldest=40), [asked])) == []


@pytest.mark.parametrize(
    ("plan", "there", "asked", "caught"),
    [
        (LARGE, found(b"a"), conversation(b"a", b"b", numbers=[0, 1]), "1 acknowledged messages"),
        (LARGE, found(b"a", b"x"), conversation(b"a", b"b", numbers=[0, 1]), "and was b'b'"),
        (LARGE, found(b"b", b"a"), conversation(b"a", b"b", numbers=[]), "not in their order"),
        (LARGE, found(b"a", b"c"), conversation(b"a", b"b", b"c", numbers=[0]), "have a gap"),
        (LARGE, found(b"b"), conversation(b"a", b"b", numbers=[]), "first messages"),
        (LARGE, found(b"a"), conversation(b"a", numbers=[None]), "was refused and is there"),
        (LARGE, found(b"b", oldest=1), conversation(b"a", b"b", numbers=[0, 1]), "more than"),
        (REJECTING, found(b"b", oldest=1), conversation(b"a", b"b", numbers=[0, 1]), "lost what"),
        (SMALL, found(bytes(70_000)), conversation(numbers=[]), "at most 65536 are allowed"),
        (IN_MEMORY, found(b"a"), conversation(b"a", numbers=[0]), "in memory holds 1 messages"),
    ],
)
def test_each_clause_finds_what_it_is_for(plan, there, asked, caught):
    [problem, *_] = [each for each in problems_of(plan, (there, [asked])) if caught in each]
    assert problem


def test_messages_that_cannot_be_read_are_a_problem():
    gap = Found(0, 2, {0: b"a", 2: b"c"})
    assert "is not what can be read" in problems_of(LARGE, (gap, []))[0]


def test_neither_numbers_nor_what_went_come_back():
    payloads = [b"%03d" % number + bytes(1000) for number in range(100)]
    asked = conversation(*payloads, numbers=range(100))
    first = found(*payloads[40:], oldest=40), [asked]
    assert "the numbers went back" in str(problems_of(SMALL, first, (found(oldest=50), [])))
    assert "what went came back" in str(
        problems_of(SMALL, first, (found(*payloads[39:], oldest=39), []))
    )
    again = conversation(b"x", numbers=[99])
    assert "was acknowledged after" in str(problems_of(SMALL, first, (first[0], [again])))


# -- exports ---------------------------------------------------------------------------------------


def batch(first, behind):
    return [(number, b"%d" % number) for number in range(first, behind)]


def exported(plan, *lives):
    judge = StreamJudge(plan)
    return judge, [
        problem
        for life, batches in enumerate(lives)
        for problem in judge.take_batches(batches, restarted=life > 0)
    ]


def test_a_kill_may_repeat_the_last_batch_once():
    _, problems = exported(LARGE, [batch(0, 5), batch(5, 10)], [batch(5, 10), batch(10, 15)])
    assert problems == []


@pytest.mark.parametrize(
    ("lives", "caught"),
    [
        ([[batch(0, 5), batch(0, 5)]], "exported again from 0"),
        ([[batch(0, 5), batch(5, 10)], [batch(0, 5)]], "exported again from 0"),
        ([[batch(0, 5)], [batch(0, 5), batch(0, 5)]], "exported again from 0"),
        ([[batch(0, 2) + batch(3, 5)]], "is not without gaps"),
        ([[batch(0, 5), [(4, b"4"), (5, b"x")]], [[(5, b"5")]]], "5 is b'5', and was b'x'"),
    ],
)
def test_each_clause_on_exports_finds_what_it_is_for(lives, caught):
    _, problems = exported(LARGE, *lives)
    assert caught in str(problems)


def test_what_was_never_exported_has_to_be_overwritten():
    judge, problems = exported(SMALL, [batch(0, 5), batch(8, 10)])
    assert problems == []
    assert judge.gaps() == ["never exported: 5 to 7"]
    judge.oldest = 8
    assert judge.gaps() == []
    rejecting, _ = exported(REJECTING, [batch(0, 5), batch(8, 10)])
    assert rejecting.gaps() == ["never exported: 5 to 7"]
