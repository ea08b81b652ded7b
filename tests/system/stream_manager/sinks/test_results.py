from system.stream_manager.export.batch import Delivered, Failed
from system.stream_manager.sinks.results import in_turn

from .conftest import messages

PARTS = (messages(b"a", b"b"), messages(b"c", b"d", b"e"), messages(b"f"))
DOWN = Failed(reason="the link is down", transport=True)


def sent_with(*results):
    """What becomes of PARTS when they end so, and how many were sent."""
    left = list(results)
    result = in_turn(PARTS, lambda _: left.pop(0))
    return result, len(results) - len(left)


def test_parts_that_are_all_taken_are_taken():
    assert sent_with(Delivered(), Delivered(), Delivered()) == (Delivered(), 3)


def test_a_failure_of_the_first_part_is_that_of_the_batch():
    assert sent_with(DOWN, Delivered()) == (DOWN, 1)


def test_after_a_failure_nothing_more_is_sent_and_the_rest_is_refused():
    assert sent_with(Delivered(), DOWN, Delivered()) == (
        Delivered(refused=(2, 3, 4, 5), reason="the link is down"),
        2,
    )


def test_indexes_of_a_part_become_those_of_the_batch():
    second = Delivered(refused=(0,), skipped=((2, "bad"),), reason="throttled")

    assert sent_with(Delivered(skipped=((1, "empty"),)), second, Delivered()) == (
        Delivered(refused=(2,), skipped=((1, "empty"), (4, "bad")), reason="throttled"),
        3,
    )


def test_what_was_refused_before_a_failure_stays_refused():
    assert sent_with(Delivered(refused=(1,), reason="throttled"), Delivered(), DOWN) == (
        Delivered(refused=(1, 5), reason="the link is down"),
        3,
    )
