"""The states of a run, told from its lines."""

from typing import Any

from harness.explore.states import states

DEFINITION = {
    "name": "LocalDataStream",
    "maxSize": 1000,
    "streamSegmentSize": 100,
    "strategyOnFull": 1,
    "exportDefinition": {"kinesis": [{"identifier": "Raw", "kinesisStreamName": "RawData"}]},
}


def line(at: float, witness: str, kind: str, type_: str, **fields: Any) -> dict[str, Any]:
    return {"at": at, "witness": witness, "kind": kind, "type": type_, **fields}


def appended(count: int) -> list[dict[str, Any]]:
    found = [
        line(0, "edge-tap", "create", "invoked", id="1-1", definition=DEFINITION),
        line(0, "edge-tap", "create", "ok", id="1-1"),
    ]
    for number in range(count):
        asked = {"id": f"1-{number + 2}", "stream": "LocalDataStream", "hash": str(number)}
        found.append(line(1, "edge-tap", "append", "invoked", **asked, size=90))
        found.append(line(1, "edge-tap", "append", "ok", id=asked["id"], sequence_number=number))
    return found


def request(type_: str, **fields: Any) -> dict[str, Any]:
    return line(2, "uplink-tap", "request", type_, id="kinesis-1-1", service="kinesis", **fields)


def fault(type_: str, phase: str) -> dict[str, Any]:
    told = {"fault": {"kind": "link_down", "services": ["kinesis"]}, "services": ["kinesis"]}
    return line(2, "nemesis", "fault", type_, id="f1", phase=phase, **told)


def test_a_quiet_site_is_in_one_state_for_each_request() -> None:
    assert states([*appended(0), request("invoked"), request("ok")]) == {"uu0010-", "uu0000-"}


def test_what_waits_is_told_in_tenths_and_by_how_far_it_lies_back() -> None:
    assert states([*appended(5), request("invoked")]) == {"uu4113-"}


def test_a_cut_a_failure_and_that_something_succeeded_since_are_told() -> None:
    reached = [
        *appended(1),
        request("invoked"),
        fault("ok", "inject"),
        request("failed", reason="closed by cloud side"),
        fault("ok", "heal"),
        request("invoked"),
        request("ok"),
    ]
    assert {code[:2] + code[-1] for code in states(reached)} == {"uu-", "cu-", "cuC", "uuC", "uuc"}
