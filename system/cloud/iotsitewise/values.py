"""Values come in, in batches, and are read back."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from localstack.aws.api import RequestContext

from system.cloud.iotsitewise import errors
from system.cloud.iotsitewise.pages import next_token, offset_of
from system.cloud.iotsitewise.series import existing, place_of
from system.cloud.iotsitewise.store import Place, Reading, Series, Span, ValueStore, store_of
from system.cloud.service import Answer, Handler, Request

ENTRIES_MAX = 10
VALUES_PER_PROPERTY_MAX = 10
PAST_S, FUTURE_S = 7 * 86400, 600
"""Values of other times than these, from now, are refused."""
HISTORY_DEFAULT = 100

_TYPES = {
    "stringValue": "STRING",
    "integerValue": "INTEGER",
    "doubleValue": "DOUBLE",
    "booleanValue": "BOOLEAN",
    "nullValue": "",
}

Entry = Mapping[str, Any]


def batch_put(context: RequestContext, request: Request) -> Answer:
    """Store a batch: its good entries, before the answer; the answer names the others."""
    entries = request["entries"]
    if not 1 <= len(entries) <= ENTRIES_MAX:
        raise errors.invalid_request(f"A batch has 1 to {ENTRIES_MAX} entries")
    _check_ids(entries)
    placed = [(place_of(each), each) for each in entries]
    _check_moments(placed)
    store = store_of(context)
    verdicts = [(place, entry, _refusal(store, place, entry)) for place, entry in placed]
    store.put(
        (place, type_of(entry["propertyValues"][0]), [_reading(v) for v in entry["propertyValues"]])
        for place, entry, refusal in verdicts
        if refusal is None
    )
    refused = [
        {"entryId": entry["entryId"], "errors": [refusal]}
        for _, entry, refusal in verdicts
        if refusal is not None
    ]
    return {"errorEntries": refused}


def _check_ids(entries: list[Entry]) -> None:
    names = [each["entryId"] for each in entries]
    if len(set(names)) < len(names):
        raise errors.invalid_request("entryId must be unique within a batch")


def _check_moments(placed: list[tuple[Place, Entry]]) -> None:
    moments: dict[Place, list[tuple[int, int]]] = {}
    for place, entry in placed:
        moments.setdefault(place, []).extend(map(_moment, entry["propertyValues"]))
    for place, found in moments.items():
        if len(set(found)) < len(found):
            raise errors.conflict(str(place))
        if len(found) > VALUES_PER_PROPERTY_MAX:
            raise errors.invalid_request(
                f"{place} has {len(found)} values, a property has at most {VALUES_PER_PROPERTY_MAX} in a request"
            )


def _moment(value: Entry) -> tuple[int, int]:
    stamp = value["timestamp"]
    return stamp["timeInSeconds"], stamp.get("offsetInNanos") or 0


def _reading(value: Entry) -> Reading:
    return Reading(*_moment(value), value.get("quality") or "GOOD", dict(value["value"]))


def type_of(value: Entry) -> str:
    """The type of the data stream that a value belongs into; empty if it has not exactly one."""
    kinds = [_TYPES[name] for name, each in value["value"].items() if each is not None]
    return kinds[0] if len(kinds) == 1 else ""


def _refusal(store: ValueStore, place: Place, entry: Entry) -> dict[str, Any] | None:
    """Why an entry is not taken; None if it is."""
    values = entry["propertyValues"]
    series = store.find(place)
    wanted = series.type if series else type_of(values[0])
    if not wanted or {type_of(value) for value in values} != {wanted}:
        text = f"Values must be of the type {wanted or 'of one member'}"
        return _error("InvalidRequestException", text, values)
    now = time.time()
    wrong = [v for v in values if not now - PAST_S <= _moment(v)[0] <= now + FUTURE_S]
    if wrong:
        text = "Timestamps must be at most 7 days old and 10 minutes ahead"
        return _error("TimestampOutOfRangeException", text, wrong)
    return None


def _error(code: str, message: str, values: list[Entry]) -> dict[str, Any]:
    stamps = [value["timestamp"] for value in values]
    return {"errorCode": code, "errorMessage": message, "timestamps": stamps}


# -- reading -----------------------------------------------------------------------------------------


def latest(context: RequestContext, request: Request) -> Answer:
    """The newest value of a property."""
    store, series = _wanted(context, request)
    span = Span(newest_first=True, qualities=("GOOD", "BAD", "UNCERTAIN"))
    found = [_value(each) for each in store.readings(series, span)]
    return {"propertyValue": found[0]} if found else {}


def history(context: RequestContext, request: Request) -> Answer:
    """The values of a property in a span of time, a page of them."""
    store, series = _wanted(context, request)
    limit, offset = request.get("maxResults") or HISTORY_DEFAULT, offset_of(request)
    span = Span(
        after=_seconds(request.get("startDate")),
        until=_seconds(request.get("endDate")),
        qualities=tuple(request.get("qualities") or ("GOOD",)),
        newest_first=request.get("timeOrdering") == "DESCENDING",
        offset=offset,
        limit=limit + 1,
    )
    found = store.readings(series, span)
    page = [_value(each) for each in found[:limit]]
    return {"assetPropertyValueHistory": page, **next_token(offset + limit, len(found) > limit)}


def _wanted(context: RequestContext, request: Request) -> tuple[ValueStore, Series]:
    store = store_of(context)
    return store, existing(store, place_of(request))


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _value(reading: Reading) -> dict[str, Any]:
    stamp = {"timeInSeconds": reading.seconds, "offsetInNanos": reading.nanos}
    return {"value": dict(reading.content), "timestamp": stamp, "quality": reading.quality}


TABLE: dict[str, Handler] = {
    "BatchPutAssetPropertyValue": batch_put,
    "GetAssetPropertyValue": latest,
    "GetAssetPropertyValueHistory": history,
}
