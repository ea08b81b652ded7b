from harness.checkers.segments import SegmentModel, explain, numbered
from harness.history.operations import StreamHistory

from .telling import Telling


def stream_of(telling: Telling) -> StreamHistory:
    return telling.history().streams["S", 0]


def filled(count: int, *, max_size: int = 1000, segment_size: int = 300) -> Telling:
    """A stream of records of 100 bytes with an overhead of 24: three in a segment, ten in the stream."""
    telling = Telling()
    telling.stream("S", max_size=max_size, segment_size=segment_size)
    for number in range(count):
        telling.append("S", number, at=10.0 * number, size=76)
    return telling


def gone(model: SegmentModel) -> list[tuple[int, int, int]]:
    return [(each.first, each.end, each.by) for each in model.gone]


def test_a_record_that_does_not_fit_begins_a_segment() -> None:
    model = explain(stream_of(filled(7)), 24)
    assert model.bases == (0, 3, 6)
    assert [n for n in range(8) if model.is_base(n)] == [0, 3, 6]


def test_the_overhead_decides_where_segments_begin() -> None:
    assert explain(stream_of(filled(7)), 25).bases == (0, 2, 4, 6)


def test_nothing_goes_while_the_stream_has_room() -> None:
    assert gone(explain(stream_of(filled(10)), 24)) == []


def test_an_append_that_does_not_fit_evicts_the_oldest_segment_as_a_whole() -> None:
    model = explain(stream_of(filled(17)), 24)
    assert gone(model) == [(0, 3, 10), (3, 6, 13), (6, 9, 16)]
    assert [model.evicted(n) is not None for n in (0, 2, 8, 9)] == [True, True, True, False]


def test_an_eviction_lies_within_its_append() -> None:
    eviction = explain(stream_of(filled(11)), 24).gone[0]
    assert (eviction.invoked_ms, eviction.ended_ms) == (100.0, 101.0)
    assert eviction.gone_ms == 101.0


def test_every_message_is_told_how_it_went() -> None:
    evictions = explain(stream_of(filled(14)), 24).evictions
    assert sorted(evictions) == [0, 1, 2, 3, 4, 5]
    assert evictions[5].by == 13


def test_a_large_message_evicts_as_many_segments_as_it_needs() -> None:
    telling = filled(10, max_size=1000, segment_size=500)
    telling.append("S", 10, at=200.0, size=476)
    assert gone(explain(stream_of(telling), 24)) == [(0, 5, 10)]
    telling.append("S", 11, at=300.0, size=376)
    assert gone(explain(stream_of(telling), 24)) == [(0, 5, 10), (5, 10, 11)]


def test_a_stream_of_one_segment_gives_up_all_of_it_and_goes_on() -> None:
    model = explain(stream_of(filled(7, max_size=300, segment_size=300)), 24)
    assert gone(model) == [(0, 3, 3), (3, 6, 6)]
    assert model.bases == (0, 3, 6)


def test_a_stream_that_refuses_new_data_overwrites_nothing() -> None:
    telling = Telling()
    telling.stream("S", max_size=1000, segment_size=300, overwrites=False)
    for number in range(30):
        telling.append("S", number, at=10.0 * number, size=76)
    assert explain(stream_of(telling), 24).gone == ()


def test_a_restart_may_begin_a_segment() -> None:
    model = explain(stream_of(filled(9)), 24, rolls=frozenset({4}))
    assert model.bases == (0, 3, 4, 7)


def test_another_definition_holds_from_its_own_time_on() -> None:
    telling = filled(10)
    telling.stream("S", max_size=500, segment_size=300, at=95.0, update=True)
    telling.append("S", 10, at=100.0, size=76)
    assert gone(explain(stream_of(telling), 24)) == [(0, 3, 10), (3, 6, 10)]


def test_a_number_that_nobody_was_told_belongs_to_the_append_without_an_answer() -> None:
    telling = filled(3)
    telling.append("S", 3, at=30.0, size=500, outcome="unknown")
    telling.append("S", 4, at=40.0, size=76)
    known = numbered(stream_of(telling))
    assert [append.hash for append in known.values()] == [f"S/{n}" for n in range(5)]


def test_an_append_without_an_answer_is_not_there_if_the_numbers_have_no_room_for_it() -> None:
    telling = filled(3)
    telling.append("S", None, at=25.0, size=76, outcome="unknown")
    telling.append("S", 3, at=40.0, size=76)
    assert explain(stream_of(telling), 24).bases == (0, 3)
    assert sorted(numbered(stream_of(telling))) == [0, 1, 2, 3]


def test_of_two_appends_without_an_answer_the_one_that_was_seen_is_there() -> None:
    telling = filled(2)
    for hash_, at in (("seen", 20.0), ("unseen", 22.0)):
        telling.append("S", None, at=at, size=76, outcome="unknown", hash_=hash_)
    telling.append("S", 3, at=30.0, size=76)
    assert numbered(stream_of(telling), {"seen"})[2].hash == "seen"
    assert numbered(stream_of(telling))[2].hash == "unseen"


def test_an_append_that_failed_may_have_made_room_before() -> None:
    telling = filled(10)
    telling.append("S", None, at=100.0, size=76, outcome="unknown", took=5.0)
    telling.append("S", 10, at=500.0, size=76)
    eviction = explain(stream_of(telling), 24).gone[0]
    assert eviction.invoked_ms == 100.0
    assert eviction.ended_ms == 501.0


def test_what_an_unanswered_last_append_evicts_is_never_certainly_gone() -> None:
    telling = filled(10)
    telling.append("S", None, at=100.0, size=76, outcome="unknown", took=None)
    eviction = explain(stream_of(telling), 24).gone[0]
    assert eviction.ended_ms is None
    assert eviction.gone_ms == float("inf")


def test_a_message_that_is_too_large_is_refused_before_it_evicts_anything() -> None:
    telling = filled(10)
    telling.append("S", None, at=100.0, size=400, outcome="failed")
    telling.append("S", 10, at=500.0, size=76)
    assert explain(stream_of(telling), 24).gone[0].invoked_ms == 500.0


def test_numbers_that_nobody_appended_are_a_doubt() -> None:
    telling = filled(3)
    telling.append("S", 5, at=50.0, size=76)
    assert "2 messages" in explain(stream_of(telling), 24).doubts[0]


def test_it_is_a_doubt_which_of_several_appends_of_different_sizes_is_there() -> None:
    telling = filled(2)
    for size, at in ((76, 20.0), (90, 22.0)):
        telling.append("S", None, at=at, size=size, outcome="unknown", hash_=f"of {size}")
    telling.append("S", 3, at=30.0, size=76)
    assert "several appends" in explain(stream_of(telling), 24).doubts[0]


def test_the_oldest_message_moves_when_a_segment_may_have_gone() -> None:
    model = explain(stream_of(filled(14)), 24)
    assert [model.oldest_at(at) for at in (99.0, 100.0, 131.0)] == [0, 3, 6]
