"""Messages for IoT SiteWise: the values that one carries, whatever JSON it is spelt in.

SiteWise keeps values of properties and no messages: the id of an entry, the order of its keys and how a number is
written are gone. So a message that is such an entry is known by what is kept. Its canonical form is the JSON, without
spaces, of its sorted values

```
[property, seconds, nanoseconds, kind, value, quality]
```

`property` is `[alias]` or `[asset, property]`, `kind` one of doubleValue, integerValue, stringValue, booleanValue, and
`quality` GOOD where the entry does not say.

An entry that SiteWise can never take is not owed: a stream manager has to step over it.
"""

import json
import math
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

ENTRY_BYTES_MAX = 1 << 20
"""A larger payload is no entry: SiteWise takes ten values in one."""

EVERY_PROPERTY = "*"
"""What stands for the target of an exporter to SiteWise: its messages name their properties themselves."""

_KINDS = {"doubleValue": float, "integerValue": int, "stringValue": str, "booleanValue": bool}

VALUES_MAX = 10
"""So many SiteWise takes in one entry."""

_ENTRY_FIELDS = {"entryId", "propertyAlias", "assetId", "propertyId", "propertyValues"}
_VALUE_FIELDS = {"value", "timestamp", "quality"}
_STAMP_FIELDS = {"timeInSeconds", "offsetInNanos"}
_QUALITIES = ("GOOD", "BAD", "UNCERTAIN")
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_ID_CHARACTERS_MIN = 36
_NANOSECONDS = 1_000_000_000


def canonical(payload: bytes) -> bytes | None:
    """The canonical form of an entry; None: the payload is none."""
    if not payload.startswith(b"{") or len(payload) > ENTRY_BYTES_MAX:
        return None
    if b'"propertyValues"' not in payload:
        return None
    with suppress(ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        entry = json.loads(payload)
        values = sorted(_value(_property(entry), each) for each in entry["propertyValues"])
        return json.dumps(values, separators=(",", ":")).encode() if values else None
    return None


def _property(entry: Mapping[str, Any]) -> list[str]:
    alias = entry.get("propertyAlias")
    return [str(alias)] if alias else [str(entry["assetId"]), str(entry["propertyId"])]


def _value(property_: list[str], value: Mapping[str, Any]) -> list[Any]:
    stamp = value["timestamp"]
    [(kind, content)] = [each for each in value["value"].items() if each[1] is not None]
    return [
        property_,
        int(stamp["timeInSeconds"]),
        int(stamp.get("offsetInNanos") or 0),
        kind,
        _KINDS[kind](content),
        value.get("quality") or "GOOD",
    ]


def takeable(payload: bytes) -> bool:
    """Whether SiteWise can take a payload that is an entry.

    Its fields are those that the service's model has, each of its type; no two of at most ten values have one moment.
    """
    with suppress(ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        entry = json.loads(payload, parse_constant=_no_constant)
        values = entry["propertyValues"]
        return (
            _ENTRY_FIELDS.issuperset(entry)
            and _ENTRY_ID.fullmatch(entry["entryId"]) is not None
            and _names_a_property(entry)
            and len({_moment(each["timestamp"]) for each in values}) == len(values) <= VALUES_MAX
            and all(map(_is_sound, values))
        )
    return False


def _names_a_property(entry: Mapping[str, Any]) -> bool:
    """Whether what names it are texts that are long enough."""
    least = {"propertyAlias": 1, "assetId": _ID_CHARACTERS_MIN, "propertyId": _ID_CHARACTERS_MIN}
    given = [name for name in least if name in entry]
    return all(isinstance(entry[name], str) and len(entry[name]) >= least[name] for name in given)


def _moment(stamp: Mapping[str, Any]) -> tuple[int, int]:
    seconds, nanoseconds = stamp["timeInSeconds"], stamp.get("offsetInNanos", 0)
    if not _STAMP_FIELDS.issuperset(stamp) or type(seconds) is not int or seconds < 1:
        raise ValueError("no moment")
    if type(nanoseconds) is not int or not 0 <= nanoseconds < _NANOSECONDS:
        raise ValueError("no nanoseconds")
    return seconds, nanoseconds


def _is_sound(value: Mapping[str, Any]) -> bool:
    [(kind, content)] = value["value"].items()
    right = type(content) is _KINDS[kind]
    if kind == "doubleValue":
        right = type(content) in (int, float) and math.isfinite(content)
    good = value.get("quality", "GOOD") in _QUALITIES
    return right and good and _VALUE_FIELDS.issuperset(value)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
