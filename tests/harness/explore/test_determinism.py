"""Where two histories part."""

from harness.explore.determinism import NOTHING, divergence


def test_equal_histories_part_nowhere() -> None:
    assert divergence(["a", "b"], ["a", "b"]) is None


def test_the_first_line_that_differs_is_named() -> None:
    found = divergence(["a", "b", "c"], ["a", "x", "y"])
    assert found is not None
    assert (found.number, found.first, found.second) == (2, "b", "x")
    assert "line 2 differs" in str(found)


def test_a_history_that_ends_early_parts_at_its_end() -> None:
    found = divergence(["a"], ["a", "b"])
    assert found is not None
    assert (found.number, found.first, found.second) == (2, NOTHING, "b")
