import pytest

from system.greengrass.router.filters import filter_problem, matches, topic_problem


@pytest.mark.parametrize(
    ("pattern", "topic", "passes"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/B", False),
        ("a/+", "a/b", True),
        ("a/+", "a/b/c", False),
        ("a/+/c", "a//c", True),
        ("+", "a", True),
        ("+/+", "a/b", True),
        ("+", "/a", False),
        ("#", "a/b/c", True),
        ("a/#", "a/b/c", True),
        ("a/#", "a", True),
        ("a/#", "ab", False),
        ("a/+/#", "a/b", True),
        ("a/+/#", "a", False),
        ("#", "$aws/things", False),
        ("+/things", "$aws/things", False),
        ("$aws/#", "$aws/things", True),
    ],
)
def test_a_topic_passes_a_filter_as_mqtt_has_it(pattern, topic, passes):
    assert matches(pattern, topic) is passes


@pytest.mark.parametrize("pattern", ["", "a/#/b", "a#", "a/b#", "a+/b", "a/+b"])
def test_a_wildcard_in_the_wrong_place_is_a_problem(pattern):
    assert filter_problem(pattern)


@pytest.mark.parametrize("pattern", ["a", "/", "+", "#", "a/+/b/#", "+/+/#"])
def test_a_filter_with_its_wildcards_in_place_is_sound(pattern):
    assert filter_problem(pattern) is None


@pytest.mark.parametrize("topic", ["", "a/+", "#", "é" * 129])
def test_a_topic_nobody_can_publish_to_is_a_problem(topic):
    assert topic_problem(topic)


def test_a_topic_of_the_greatest_length_is_sound():
    assert topic_problem("a" * 256) is None
