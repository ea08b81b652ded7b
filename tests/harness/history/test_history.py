"""What a history makes of lines as `docs/reference/history.md` describes them."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from harness.history.history import WITNESSES, History
from harness.history.operations import LEAST_URGENT, Outcome

Lines = list[dict[str, Any]]


def line(at: float, witness: str, kind: str, type: str, **fields: Any) -> dict[str, Any]:
    return {"at": at, "witness": witness, "kind": kind, "type": type, **fields}


def create(
    at: float, *, kind: str = "create", id: str = "c", name: str = "S", **definition: Any
) -> Lines:
    """A definition that the server took within 1 ms."""
    wanted = {"name": name, **definition}
    return [
        line(at, "edge-tap", kind, "invoked", id=id, stream=name, definition=wanted),
        line(at + 1, "edge-tap", kind, "ok", id=id),
    ]


def appended(at: float, number: int, *, name: str = "S", id: str = "") -> Lines:
    key = id or f"a{at}"
    return [
        line(at, "edge-tap", "append", "invoked", id=key, stream=name, hash=f"h{at}", size=7),
        line(at + 1, "edge-tap", "append", "ok", id=key, sequence_number=number),
    ]


def kinesis(**more: Any) -> dict[str, Any]:
    return {"kinesis": [{"identifier": "E", "kinesisStreamName": "T", **more}]}


def history(*groups: Iterable[dict[str, Any]]) -> History:
    lines = [each for group in groups for each in group]
    return History.of(sorted(lines, key=lambda each: each["at"]))


# -- streams and exporters ---------------------------------------------------------------------


def test_a_definition_that_says_little_has_the_documented_defaults() -> None:
    found = history(create(1, exportDefinition=kinesis()))
    stream, exporter = found.streams["S", 0], found.exporters[0]
    assert (stream.max_size, stream.segment_size) == (268_435_456, 16_777_216)
    assert not stream.overwrites
    assert (exporter.batch_size, exporter.urgency) == (500, LEAST_URGENT)
    assert exporter.batch_interval_ms is None


def test_an_exporter_is_what_its_definition_says() -> None:
    channel = {
        "identifier": "R",
        "iotChannel": "C",
        "batchSize": 20,
        "priority": 3,
        "batchIntervalMillis": 900,
    }
    found = history(create(1, exportDefinition={"iotAnalytics": [channel], **kinesis()}))
    analytics = next(each for each in found.exporters if each.identifier == "R")
    assert (analytics.key, analytics.service, analytics.target) == ("S/R", "iotanalytics", "C")
    assert (analytics.batch_size, analytics.urgency) == (20, 3)
    assert analytics.batch_interval_ms == 900
    assert found.stream_of(analytics) is found.streams["S", 0]
    assert {each.key for each in found.exporters} == {"S/E", "S/R"}


def test_an_exporter_takes_no_more_than_its_destination_does() -> None:
    channel = {"identifier": "R", "iotChannel": "C", "batchSize": 500}
    found = history(create(1, exportDefinition={"iotAnalytics": [channel]}))
    assert found.exporters[0].batch_size == 100


def test_a_disabled_exporter_owes_nothing() -> None:
    assert history(create(1, exportDefinition=kinesis(disabled=True))).exporters == []


def test_a_refused_definition_counts_for_nothing() -> None:
    lines = create(1, exportDefinition=kinesis())
    lines[1] = line(2, "edge-tap", "create", "failed", id="c", status=3, error="already exists")
    found = history(lines)
    assert (found.streams, found.exporters) == ({}, [])


def test_an_update_takes_the_place_of_the_old_settings() -> None:
    found = history(
        create(1, maxSize=1000, exportDefinition=kinesis(batchSize=10)),
        create(50, kind="update", id="u", maxSize=2000, exportDefinition=kinesis(batchSize=30)),
    )
    stream = found.streams["S", 0]
    assert [each.batch_size for each in found.exporters] == [30]
    assert stream.max_size == 2000
    assert stream.defined_at(20).max_size == 1000
    assert stream.defined_at(60).max_size == 2000
    assert stream.defined_at(0).max_size == 1000


def test_a_stream_that_is_deleted_and_created_again_has_another_life() -> None:
    deletion = [
        line(20, "edge-tap", "delete", "invoked", id="d", stream="S"),
        line(21, "edge-tap", "delete", "ok", id="d"),
    ]
    found = history(
        create(1, exportDefinition=kinesis()),
        appended(10, 0),
        deletion,
        create(30, id="c2", exportDefinition=kinesis()),
        appended(40, 0),
    )
    assert [append.invoked_ms for append in found.streams["S", 0].appends] == [10]
    assert [append.invoked_ms for append in found.streams["S", 1].appends] == [40]
    assert [(each.key, each.epoch) for each in found.exporters] == [("S/E", 0), ("S/E", 1)]


def test_a_refused_deletion_ends_no_life() -> None:
    deletion = [
        line(20, "edge-tap", "delete", "invoked", id="d", stream="S"),
        line(21, "edge-tap", "delete", "failed", id="d", status=4, error="not found"),
    ]
    found = history(create(1), appended(10, 0), deletion, appended(40, 1))
    assert list(found.streams) == [("S", 0)]


# -- appends -----------------------------------------------------------------------------------


def test_an_acknowledged_append_has_its_number_and_times() -> None:
    append = history(create(1), appended(10, 4)).streams["S", 0].appends[0]
    assert (append.outcome, append.number) == (Outcome.OK, 4)
    assert (append.invoked_ms, append.ended_ms, append.size) == (10, 11, 7)


@pytest.mark.parametrize(
    ("ending", "outcome", "ended_ms", "error"),
    [
        ({"type": "failed", "status": 3, "error": "full"}, Outcome.FAILED, 15, "full"),
        ({"type": "unknown", "reason": "closed"}, Outcome.UNKNOWN, 15, "closed"),
        (None, Outcome.UNKNOWN, None, ""),
    ],
)
def test_an_append_without_an_acknowledgement_has_no_number(
    ending: dict[str, Any] | None, outcome: Outcome, ended_ms: float | None, error: str
) -> None:
    lines = appended(10, 0)[:1]
    if ending is not None:
        lines.append(line(15, "edge-tap", "append", ending.pop("type"), id="a10", **ending))
    append = history(create(1), lines).streams["S", 0].appends[0]
    assert (append.outcome, append.ended_ms) == (outcome, ended_ms)
    assert (append.number, append.error) == (None, error)


def test_acknowledged_appends_come_by_number_although_answers_overtook_each_other() -> None:
    found = history(create(1), appended(10, 2), appended(12, 1), appended(14, 0))
    assert [each.number for each in found.streams["S", 0].acknowledged()] == [0, 1, 2]
    assert [each.number for each in found.streams["S", 0].appends] == [2, 1, 0]


def test_the_same_id_at_another_witness_is_another_operation() -> None:
    put = {"service": "kinesis", "target": "T", "hashes": ["h"], "sizes": [1]}
    found = history(
        create(1),
        appended(10, 0, id="1"),
        [line(10.5, "cloud-tap", "put", "invoked", id="1", **put)],
    )
    assert found.streams["S", 0].appends[0].outcome is Outcome.OK
    assert found.puts[0].outcome is Outcome.UNKNOWN


# -- the cloud ---------------------------------------------------------------------------------


def put(*endings: dict[str, Any]) -> History:
    begun = {"service": "kinesis", "target": "T", "hashes": ["a", "b", "c"], "sizes": [1, 2, 3]}
    first = line(10, "cloud-tap", "put", "invoked", id="p", **begun)
    return history([first, *(line(20, "cloud-tap", "put", id="p", **each) for each in endings)])


def test_a_put_keeps_what_the_cloud_did_not_refuse() -> None:
    found = put({"type": "ok", "status": 200, "rejected": [1]}).puts[0]
    assert (found.arrived_ms, found.ended_ms, found.kept()) == (10, 20, [0, 2])
    assert not found.succeeded


@pytest.mark.parametrize(
    ("ending", "outcome"),
    [
        ({"type": "failed", "status": 400, "error": "no"}, Outcome.FAILED),
        ({"type": "unknown", "reason": "status 500"}, Outcome.UNKNOWN),
    ],
)
def test_a_put_that_did_not_succeed_keeps_nothing_for_certain(
    ending: dict[str, Any], outcome: Outcome
) -> None:
    found = put(ending).puts[0]
    assert (found.outcome, found.kept(), found.succeeded) == (outcome, [], False)


def test_whether_the_answer_could_be_handed_over_is_told_beside() -> None:
    ok = {"type": "ok", "status": 200}
    assert put(ok).puts[0].succeeded
    assert put(ok, {"type": "note", "answered": True}).puts[0].succeeded
    lost = put(ok, {"type": "note", "answered": False}).puts[0]
    assert (lost.answered, lost.succeeded, lost.kept()) == (False, False, [0, 1, 2])


def test_a_destination_holds_its_records_and_no_others() -> None:
    def record(target: str, index: int) -> dict[str, Any]:
        fields = {"place": str(index), "index": index, "hash": f"h{index}", "size": 1}
        return line(
            90, "cloud-reader", "record", "note", service="kinesis", target=target, **fields
        )

    found = history([record("T", 0), record("T", 1), record("U", 0)])
    assert [each.hash for each in found.records_in("kinesis", "T")] == ["h0", "h1"]
    assert [each.target for each in found.records_in("kinesis", "U")] == ["U"]
    assert found.records_in("iotanalytics", "T") == []


@pytest.mark.parametrize(("type", "complete"), [("ok", True), ("failed", False)])
def test_a_destination_is_read_completely_only_if_two_passes_agreed(
    type: str, complete: bool
) -> None:
    fields = {"service": "kinesis", "target": "T", "records": 3, "reason": "a pass found 2"}
    found = history([line(90, "cloud-reader", "pass", type, id="kinesis/T", **fields)])
    assert found.read_back["kinesis", "T"].complete is complete


# -- faults and processes ----------------------------------------------------------------------


def fault(at: float, type: str, phase: str, *, id: str = "f1", **more: Any) -> dict[str, Any]:
    what = {"kind": "link_down", "services": ["kinesis"]}
    services = ["kinesis"]
    fields = {"phase": phase, "name": "cut", "fault": what, "services": services, **more}
    return line(at, "nemesis", "fault", type, id=id, **fields)


HEALED = [
    fault(100, "invoked", "inject"),
    fault(103, "ok", "inject"),
    fault(200, "invoked", "heal"),
    fault(207, "ok", "heal"),
]


def test_a_fault_is_certain_inside_and_possible_around_its_lines() -> None:
    found = history(HEALED).faults[0]
    assert (found.certain_ms, found.possible_ms) == ((103, 200), (100, 207))
    assert found.cuts
    assert (found.failed, found.services) == ("", ("kinesis",))


def test_a_fault_that_is_never_healed_has_no_end() -> None:
    found = history(HEALED[:2]).faults[0]
    assert found.certain_ms == (103, float("inf"))
    assert found.possible_ms == (100, float("inf"))


def test_a_heal_that_is_not_done_may_never_be() -> None:
    assert history(HEALED[:3]).faults[0].possible_ms == (100, float("inf"))


def test_a_fault_that_could_not_be_done_says_why_and_was_never_certain() -> None:
    lines = [HEALED[0], fault(103, "failed", "inject", reason="no such proxy")]
    found = history(lines).faults[0]
    assert (found.certain_ms, found.failed) == (None, "no such proxy")


def test_the_last_heal_is_that_of_a_link() -> None:
    kill = {"fault": {"kind": "process_kill", "target": "core"}, "services": [], "id": "f2"}
    killed = [fault(400, "invoked", "inject", **kill), fault(401, "ok", "inject", **kill)]
    later = [{**each, "id": "f3", "at": each["at"] + 150} for each in HEALED]
    assert history(HEALED, later, killed).last_heal_ms == 357
    assert history(killed).last_heal_ms is None


def test_faults_are_found_by_the_link_that_they_are_about() -> None:
    slow = {"fault": {"kind": "latency", "services": ["kinesis"], "latency_ms": 300}}
    found = history(HEALED, [fault(300, "invoked", "inject", id="f2", **slow)])
    assert [each.id for each in found.faults_on("kinesis")] == ["f1", "f2"]
    assert [each.id for each in found.cuts_on("kinesis")] == ["f1"]
    assert found.faults_on("s3") == []
    assert found.faults[1].parameters == {"latency_ms": 300}


def process(at: float, state: str, target: str = "stream_manager") -> dict[str, Any]:
    return line(at, "harness", "process", "note", target=target, state=state, pid=1)


def test_a_restart_is_from_the_end_of_a_process_to_the_next_one() -> None:
    found = history(
        [process(10, "started"), process(50, "gone"), process(55, "started", "core")],
        [process(60, "started"), process(90, "gone")],
    )
    assert found.restarts("stream_manager") == [(50, 60), (90, None)]
    assert found.restarts("sensor_source") == []


def test_what_goes_when_the_edge_is_told_to_end_is_no_restart() -> None:
    judge = line(80, "harness", "phase", "note", phase="judge")
    found = history([process(10, "started"), judge, process(90, "gone")])
    assert found.restarts("stream_manager") == []
    assert found.edge_ends_ms == 80


# -- the run itself ----------------------------------------------------------------------------


def test_a_witness_has_ended_in_order_only_if_it_says_so() -> None:
    found = history([line(99, witness, "closed", "note") for witness in WITNESSES[1:]])
    assert found.closed == {*WITNESSES[1:]}


def test_what_the_harness_tells_of_the_run_is_kept() -> None:
    found = history(
        [
            line(1, "harness", "schedule", "note", first_reading_ms=1500.5),
            line(2, "harness", "stall", "note", from_ms=1, to_ms=2),
            line(3, "harness", "interrupted", "note", reason="Ctrl-C"),
            line(4, "harness", "drain", "invoked", id="drain", deadline_ms=30_000, owed={"S/E": 7}),
            line(5, "harness", "drain", "ok", id="drain"),
            line(6, "nemesis", "trigger", "failed", id="f1", reason="never seen"),
            line(7, "harness", "phase", "note", phase="heal"),
        ]
    )
    assert (found.first_reading_ms, found.stalls) == (1500.5, [(1, 2)])
    assert found.interrupted == "Ctrl-C"
    assert [each["type"] for each in found.drain] == ["invoked", "ok"]
    assert found.never_fired == [("f1", "never seen")]
    assert found.phases == [("heal", 7)]
    assert found.ended_ms == 7
    assert found.edge_ends_ms == float("inf")


@pytest.mark.parametrize("kind", ["request", "connection"])
def test_the_uplink_tells_what_failed_and_what_never_ended(kind: str) -> None:
    def operation(id: str, *ending: dict[str, Any]) -> Lines:
        first = line(10, "uplink-tap", kind, "invoked", id=id, service="kinesis")
        return [first, *ending]

    found = history(
        operation("1", line(12, "uplink-tap", kind, "ok", id="1")),
        operation("2", line(14, "uplink-tap", kind, "failed", id="2", reason="refused")),
        operation("3"),
    )
    seen = found.requests if kind == "request" else found.connections
    assert {(each.id, each.outcome, each.ended_ms) for each in seen} == {
        ("1", Outcome.OK, 12),
        ("2", Outcome.FAILED, 14),
        ("3", Outcome.UNKNOWN, None),
    }


Change = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.mark.parametrize(
    "change",
    [
        lambda each: {**each, "colour": "green"},
        lambda each: {**each, "kind": f"new {each['kind']}"} if each["type"] == "note" else each,
    ],
    ids=["unknown fields", "unknown kinds of notes"],
)
def test_what_is_not_described_is_overlooked(change: Change) -> None:
    lines = [*create(1, exportDefinition=kinesis()), *appended(10, 0)]
    lines.append(line(30, "edge-tap", "frame", "note", id="1", reason="garbage"))
    changed = history(change(each) for each in lines)
    assert changed.streams == history(lines).streams
    assert changed.exporters == history(lines).exporters


def test_an_exporter_that_an_update_leaves_out_is_gone_from_then_on() -> None:
    found = history(
        create(1, exportDefinition=kinesis()),
        create(50, kind="update", id="u", exportDefinition={}),
    )
    assert [(each.key, each.removed_ms) for each in found.exporters] == [("S/E", 51)]


def test_an_exporter_that_is_changed_owes_what_it_owed_before() -> None:
    found = history(
        create(1, exportDefinition=kinesis(batchSize=10)),
        create(50, kind="update", id="u", exportDefinition=kinesis(batchSize=30)),
    )
    exporter = found.exporters[0]
    assert (exporter.batch_size, exporter.defined_ms, exporter.removed_ms) == (30, 2, None)


def test_the_exporters_of_a_deleted_stream_are_gone_and_those_of_its_next_life_are_not() -> None:
    deletion = [
        line(20, "edge-tap", "delete", "invoked", id="d", stream="S"),
        line(21, "edge-tap", "delete", "ok", id="d"),
    ]
    found = history(
        create(1, exportDefinition=kinesis()),
        deletion,
        create(30, id="c2", exportDefinition=kinesis()),
    )
    assert [each.removed_ms for each in found.exporters] == [21, None]


def test_a_server_that_failed_itself_leaves_open_whether_a_message_is_stored() -> None:
    first = appended(10, 0)[0]
    own = line(12, "edge-tap", "append", "failed", id="a10", status=1, error="disk is full")
    assert history([first, own]).streams["S", 0].appends[0].outcome is Outcome.UNKNOWN
    refused = {**own, "status": 3}
    assert history([first, refused]).streams["S", 0].appends[0].outcome is Outcome.FAILED


def test_what_the_edge_tap_did_not_understand_is_remembered() -> None:
    found = history([line(5, "edge-tap", "frame", "note", id="1", reason="garbage")])
    assert found.misread == ["garbage"]


def test_an_exporter_to_sitewise_has_every_property_for_its_target() -> None:
    found = history(create(1, exportDefinition={"IotSitewise": [{"identifier": "W"}]}))
    sitewise = found.exporters[0]
    assert (sitewise.key, sitewise.service, sitewise.target) == ("S/W", "iotsitewise", "*")
    assert sitewise.batch_size == 10
