"""The judge's own sight: servers that break a promise when they are killed are caught, each for what it does."""

import re
from pathlib import Path

import pytest

from harness.zoo import stream_managers

from . import test_kills
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


def test_a_run_that_raises_tells_how_it_is_repeated(make_server, tally, monkeypatch, capsys):
    def ends(run):
        raise RuntimeError("the server does not start")

    monkeypatch.setattr(test_kills.CaseRun, "run", ends)
    with pytest.raises(RuntimeError, match="does not start"):
        test_kills.test_nothing_acknowledged_is_lost_by_kills(7, 3, make_server, tally)
    assert "--first-seed 7 --kills 3\n" in capsys.readouterr().out


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
    assert problems_of(SMALL, (found(*payloads[42:], oldest=42), [asked])) == []


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


TINY = StreamPlan("s", FILE, OVERWRITE, True, 8192, 8192, 5)
THREES = [b"%03d" % number for number in range(1000)]


@pytest.mark.parametrize(
    "there", [found(oldest=50), found(*THREES[40:50], oldest=40)], ids=["nothing", "the last ten"]
)
def test_what_had_not_to_go_may_not_be_gone_even_where_one_segment_is_all_there_may_be(there):
    asked = conversation(*THREES[:50], numbers=range(50))
    assert "more than it had to" in str(problems_of(TINY, (there, [asked])))


def test_where_one_segment_is_all_it_goes_when_it_is_full_and_not_before():
    asked = conversation(*THREES, numbers=range(1000))
    # 303 records of 27 bytes are 8,181.
    assert problems_of(TINY, (found(*THREES[909:], oldest=909), [asked])) == []
    assert "more than it had to" in str(problems_of(TINY, (found(oldest=1000), [asked])))
    assert "not what it had to" in str(
        problems_of(TINY, (found(*THREES[900:], oldest=900), [asked]))
    )


def test_room_may_be_made_for_a_record_that_the_kill_kept_from_being_written():
    full = conversation(*THREES[:303], b"next", numbers=range(303))
    assert problems_of(TINY, (found(oldest=303), [full])) == []
    assert problems_of(TINY, (found(*THREES[:303]), [full])) == []
    fits = conversation(*THREES[:302], b"next", numbers=range(302))
    assert "more than" in str(problems_of(TINY, (found(oldest=302), [fits])))


def test_a_segment_that_a_killed_server_had_begun_stays_begun():
    large = bytes(5000)
    first = conversation(*THREES[:200], large, numbers=range(200))
    # Begun for the large one, the second segment takes what the first had room for; both are there until it is full.
    then = conversation(*THREES[200:400], numbers=range(200, 400))
    after_first = found(*THREES[:200]), [first]
    for oldest in (200, 303):
        there = found(*THREES[oldest:400], oldest=oldest)
        assert problems_of(TINY, after_first, (there, [then])) == []
    wrong = found(*THREES[250:400], oldest=250)
    assert "not what" in str(problems_of(TINY, after_first, (wrong, [then])))


def test_of_what_several_clients_were_not_told_the_largest_sizes_are_taken():
    asked = [
        conversation(
            *THREES[:20], *[b"x%d" % n + bytes(1000) for n in range(9)], numbers=range(20)
        ),
        conversation(b"y", numbers=[]),
    ]
    assert problems_of(TINY, (found(oldest=28), asked)) == []
    asked = [conversation(*THREES[:20], b"x", numbers=range(20)), conversation(b"y", numbers=[])]
    assert "at most 565 went" in str(problems_of(TINY, (found(oldest=21), asked)))


FOUR = StreamPlan("s", FILE, OVERWRITE, True, 4 * 8192, 8192, 5)
MANY = [number.to_bytes(3) for number in range(4000)]


def test_a_segment_that_went_with_sizes_that_nobody_knows_is_no_smaller_than_it_may_be():
    # The first of four segments of 8,181 bytes went for 57 more; 143 of 57, which would be one segment, are fewer.
    asked = [conversation(*MANY[:1212], numbers=[]), conversation(bytes(33), numbers=[])]
    assert problems_of(FOUR, (found(*MANY[303:1212], oldest=303), asked)) == []


@pytest.mark.parametrize("oldest", [1199, 1212])
def test_whichever_of_several_was_on_its_way_may_have_begun_a_segment(oldest):
    # Of those on their way the smaller one fits into the stream and not into its last segment.
    asked = [
        conversation(*MANY[:1199], bytes(356), numbers=range(1199)),
        conversation(bytes(976), numbers=[]),
    ]
    newest = oldest + 923
    then = conversation(*MANY[1199 : newest + 1], numbers=range(1199, newest + 1))
    there = found(*MANY[oldest : newest + 1], oldest=oldest)
    assert problems_of(FOUR, (found(*MANY[:1199]), asked), (there, [then])) == []


def test_messages_that_cannot_be_read_are_a_problem():
    gap = Found(0, 2, {0: b"a", 2: b"c"})
    assert "is not what can be read" in problems_of(LARGE, (gap, []))[0]


def test_neither_numbers_nor_what_went_come_back():
    payloads = [b"%03d" % number + bytes(1000) for number in range(100)]
    asked = conversation(*payloads, numbers=range(100))
    first = found(*payloads[42:], oldest=42), [asked]
    assert "the numbers went back" in str(problems_of(SMALL, first, (found(oldest=50), [])))
    assert "what went came back" in str(
        problems_of(SMALL, first, (found(*payloads[35:], oldest=35), []))
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
