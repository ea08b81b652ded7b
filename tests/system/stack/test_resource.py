"""Resources as data: references, and what counts as a difference."""

import pytest

from system.stack.resource import Kind, Resource, changes, joined, reference


def test_references_are_found_and_replaced_wherever_they_are():
    resource = Resource(
        key="role",
        kind=Kind.ROLE,
        name="role",
        properties={
            "policy": {"Statement": [{"Resource": [reference("stream"), "*"]}]},
            "text": joined(reference("bucket", "name"), "/*"),
        },
        after=("thing",),
    )
    assert resource.needs() == {"stream", "bucket", "thing"}
    resolved = resource.resolved({"stream": {"arn": "arn:s"}, "bucket": {"name": "b"}})
    assert resolved.properties == {
        "policy": {"Statement": [{"Resource": ["arn:s", "*"]}]},
        "text": "b/*",
    }
    unknown = resource.resolved({})
    assert unknown.properties["text"] == "<bucket.name>/*"


@pytest.mark.parametrize(
    ("wanted", "live", "changed"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["a"]),
        ({"a": 1}, {}, ["a"]),
        ({}, {"b": 1}, ["b"]),
        ({"a": {}, "b": [], "c": None}, {}, []),
        ({"a": {"b": {}, "c": 1}}, {"a": {"c": 1}}, []),
        ({"a": [{"b": {}}]}, {"a": [None]}, []),
        ({"a": (1, 2)}, {"a": [1, 2]}, []),
        ({"a": False}, {}, ["a"]),
    ],
)
def test_empty_and_missing_are_the_same(wanted, live, changed):
    assert changes(wanted, live) == changed
