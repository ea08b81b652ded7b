"""Which filters a device may subscribe to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from system.greengrass.mqtt.permission import may_subscribe, overlap
from system.greengrass.router.filters import matches

levels = st.lists(st.sampled_from(["a", "b", "+"]), min_size=1, max_size=4)
filters = st.tuples(levels, st.booleans()).map(
    lambda drawn: "/".join([*drawn[0], "#"] if drawn[1] else drawn[0])
)
topics = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=5).map("/".join)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a/b", "a/b"),
        ("a/+", "+/b"),
        ("#", "a/b/c"),
        ("a/#", "a"),
        ("a/#", "+/b/c"),
        ("+/+/c", "a/#"),
    ],
)
def test_these_filters_have_a_topic_in_common(one, other):
    assert overlap(one, other)
    assert overlap(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("a", "b"), ("a/b", "a"), ("a/+", "a/b/c"), ("a/#", "b/#"), ("+", "a/b"), ("a/+/c", "a/b/d")],
)
def test_these_have_none(one, other):
    assert not overlap(one, other)
    assert not overlap(other, one)


@given(filters, filters, topics)
def test_filters_that_one_topic_passes_overlap(one, other, topic):
    if matches(one, topic) and matches(other, topic):
        assert overlap(one, other)


@pytest.mark.parametrize("pattern", ["", "a/#/b", "a#", "+b"])
def test_a_filter_that_is_none_is_allowed_to_nobody(pattern):
    assert not may_subscribe(pattern, ["#"])
