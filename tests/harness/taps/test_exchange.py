"""What is written of one request, by the cloud's answer to it."""

import json
from typing import Any

import pytest

from harness.taps.exchange import Exchange
from harness.taps.puts import recognise

JSON = {"Content-Type": "application/json"}


class Written:
    """Keeps the lines of a witness."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def write(self, kind: str, type: str, **fields: Any) -> None:
        self.lines.append({"kind": kind, "type": type, **fields})

    def close(self) -> None:
        self.lines.append({"kind": "closed"})


def told(ids: str, status: int, answer: dict[str, Any]) -> dict[str, Any]:
    """What is written of a put of entries to IoT SiteWise when this is answered."""
    value = {"value": {"doubleValue": 1.5}, "timestamp": {"timeInSeconds": 1}}
    entries = [
        {"entryId": id_, "propertyAlias": f"/{id_}", "propertyValues": [value]} for id_ in ids
    ]
    body = json.dumps({"entries": entries}).encode()
    record, operation = Written(), "POST /properties"
    put = recognise(operation, "application/json", body)
    exchange = Exchange(record=record, id="1", service="iotsitewise", operation=operation, put=put)
    exchange.judge(status, JSON, json.dumps(answer).encode())
    (line,) = record.lines
    return line


def refused(id_: str, code: str) -> dict[str, Any]:
    return {"entryId": id_, "errors": [{"errorCode": code, "errorMessage": "no"}]}


def test_what_sitewise_never_takes_is_final_beside_what_it_may_take_later() -> None:
    entries = [refused("a", "ThrottlingException"), refused("c", "TimestampOutOfRangeException")]
    line = told("abc", 200, {"errorEntries": entries})
    assert (line["type"], line["rejected"], line["final"]) == ("ok", [0, 2], [2])


def test_nothing_is_final_where_nothing_was_refused() -> None:
    assert "final" not in told("ab", 200, {"errorEntries": []})


@pytest.mark.parametrize(("ids", "final"), [("a", [0]), ("ab", None)])
def test_only_an_entry_that_was_alone_is_refused_for_good_with_its_request(
    ids: str, final: list[int] | None
) -> None:
    line = told(ids, 400, {"__type": "InvalidRequestException", "message": "no"})
    assert (line["type"], line.get("final")) == ("failed", final)
