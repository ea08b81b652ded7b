"""Messages for IoT SiteWise: the values that one carries, whatever JSON it is spelt in.

SiteWise keeps values of properties and no messages: the id of an entry, the order of its keys and how a number is
written are gone. So a message that is such an entry is known by what is kept. Its canonical form is the JSON, without
spaces, of its sorted values

```
[property, seconds, nanoseconds, kind, value, quality]
```

`property` is `[alias]` or `[asset, property]`, `kind` one of doubleValue, integerValue, stringValue, booleanValue, and
`quality` GOOD where the entry does not say.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

ENTRY_BYTES_MAX = 1 << 20
"""A larger payload is no entry: SiteWise takes ten values in one."""

EVERY_PROPERTY = "*"
"""What stands for the target of an exporter to SiteWise: its messages name their properties themselves."""

_KINDS = {"doubleValue": float, "integerValue": int, "stringValue": str, "booleanValue": bool}


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
