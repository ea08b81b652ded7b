"""Entries of SiteWise are known by what SiteWise keeps of them."""

import hashlib
import json
from typing import Any

import pytest

from harness.taps.payload import describe
from harness.taps.property_values import canonical, takeable


def value(content: dict[str, Any], seconds: int = 1_700_000_000, **more: Any) -> dict[str, Any]:
    return {"value": content, "timestamp": {"timeInSeconds": seconds}, **more}


def entry(*values: Any, **more: Any) -> bytes:
    fields = {"entryId": "e", "propertyAlias": "/p/v", "propertyValues": list(values), **more}
    return json.dumps(fields).encode()


ONE = entry(value({"doubleValue": 1.5}, quality="GOOD"))


def test_the_canonical_form_is_the_documented_one() -> None:
    assert canonical(ONE) == b'[[["/p/v"],1700000000,0,"doubleValue",1.5,"GOOD"]]'
    half = hashlib.sha256(canonical(ONE) or b"").hexdigest()[:32]
    assert describe(ONE) == {"hash": half, "size": len(ONE), "entry": True}


@pytest.mark.parametrize(
    "same",
    [
        entry(value({"doubleValue": 1.5}), entryId="another"),
        json.dumps(dict(reversed(json.loads(ONE).items())), indent=2).encode(),
        entry({**value({"doubleValue": 1.5}), "timestamp": {"timeInSeconds": 1_700_000_000, "offsetInNanos": 0}}),
        entry(value({"doubleValue": 1.5, "integerValue": None})),
    ],
    ids=["another id", "another spelling", "nanoseconds named", "empty kinds named"],
)  # fmt: skip
def test_what_the_service_does_not_keep_makes_no_difference(same: bytes) -> None:
    assert canonical(same) == canonical(ONE)


def test_a_number_is_the_same_with_and_without_a_point() -> None:
    whole, pointed = (entry(value({"doubleValue": each})) for each in (1, 1.0))
    assert canonical(whole) == canonical(pointed)


@pytest.mark.parametrize(
    "other",
    [
        entry(value({"doubleValue": 1.25})),
        entry(value({"integerValue": 1})),
        entry(value({"doubleValue": 1.5}, seconds=1_700_000_001)),
        entry(value({"doubleValue": 1.5}, quality="BAD")),
        entry(value({"doubleValue": 1.5}), propertyAlias="/p/w"),
        entry(value({"doubleValue": 1.5}), propertyAlias=None, assetId="a", propertyId="p"),
        entry(value({"doubleValue": 1.5}), value({"doubleValue": 1.5}, seconds=5)),
    ],
)
def test_what_it_keeps_makes_one(other: bytes) -> None:
    assert canonical(other) not in (None, canonical(ONE))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b'{"sensor": "a", "ordinal": 3}',
        entry(),
        entry({"value": {"doubleValue": 1.5}}),
        entry(value({})),
        entry(value({"doubleValue": "x"})),
        entry(value({"otherValue": 1})),
        entry(value({"doubleValue": 1.5}), propertyAlias=None),
        ONE[:-1],
        b"[" * 100_000,
        b'{"propertyValues": ' + b"[" * 100_000,
    ],
)
def test_anything_else_is_no_entry(payload: bytes) -> None:
    assert canonical(payload) is None
    assert describe(payload)["hash"] == hashlib.sha256(payload).hexdigest()[:32]


# -- what SiteWise can take --------------------------------------------------------------------


@pytest.mark.parametrize(
    "sound",
    [
        ONE,
        entry(*(value({"integerValue": n}, seconds=1 + n) for n in range(10))),
        entry(value({"doubleValue": 1}), value({"stringValue": "x"}, seconds=5, quality="BAD")),
        entry(
            value({"booleanValue": True}),
            {"value": {"doubleValue": 2.0}, "timestamp": {"timeInSeconds": 7, "offsetInNanos": 9}},
        ),
    ],
)
def test_a_sound_entry_is_one(sound: bytes) -> None:
    assert takeable(sound)
    assert describe(sound)["entry"] is True


def without_id() -> bytes:
    fields = json.loads(ONE)
    del fields["entryId"]
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    "unsound",
    [
        without_id(),
        entry(value({"doubleValue": 1.5}), entryId=""),
        entry(value({"doubleValue": 1.5}), entryId="no blanks"),
        entry(value({"doubleValue": 1.5}), entryId=7),
        entry(value({"doubleValue": 1.5}), value({"doubleValue": 2.5})),
        entry(value({"doubleValue": 1.5}), value({"doubleValue": 2.5}, quality="BAD")),
        entry(*(value({"doubleValue": 0.5}, seconds=1 + n) for n in range(11))),
        entry(value({"doubleValue": 1.5}), sensor="unknown to the service"),
        entry(value({"doubleValue": 1.5}), assetId="short"),
        entry(value({"doubleValue": 1.5}, quality="FINE")),
        entry(value({"doubleValue": 1.5}, unit="unknown to the service")),
        entry(value({"doubleValue": "1.5"})),
        entry(value({"integerValue": 1.0})),
        entry(value({"integerValue": True})),
        entry(value({"doubleValue": float("inf")})),
        ONE.replace(b"1.5", b"1e999"),
        entry(value({"doubleValue": 1.5}, seconds=0)),
        ONE.replace(b"1700000000", b'"1700000000"'),
        ONE.replace(b"1700000000", b'1700000000, "offsetInNanos": 1000000000'),
    ],
)
def test_what_sitewise_refuses_whenever_it_comes_is_none(unsound: bytes) -> None:
    assert not takeable(unsound)
    assert "entry" not in describe(unsound)
