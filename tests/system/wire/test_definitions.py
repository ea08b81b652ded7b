import pytest
from hypothesis import given
from hypothesis import strategies as st

from system.wire.definitions import (
    MessageStreamDefinition,
    definition_from_map,
    definition_to_map,
)
from system.wire.fields import InvalidFields
from system.wire.operations import ExportFormat, Persistence, StrategyOnFull

INT64, INT32 = 2**63 - 1, 2**31 - 1
DURATION_MAX = 9_223_372_036_854

LEAST = {"name": "S", "strategyOnFull": 1}
TARGETS = {
    "http": {"uri": "http://127.0.0.1"},
    "iotAnalytics": {"iotChannel": "c"},
    "kinesis": {"kinesisStreamName": "k"},
    "IotSitewise": {},
    "s3TaskExecutor": {},
}
KINDS = list(TARGETS)
BATCHING = KINDS[:4]


def with_exporter(kind, **fields):
    exporter = {"identifier": "e", **TARGETS[kind], **fields}
    return {**LEAST, "exportDefinition": {kind: [exporter]}}


def exporter(kind, **fields):
    """The one exporter of a definition that has these fields."""
    (found,) = definition_from_map(with_exporter(kind, **fields)).export_definition
    return found


def refused(values):
    with pytest.raises(InvalidFields) as raised:
        definition_from_map(values)
    return raised.value.problems


def test_absent_fields_have_the_server_s_defaults():
    assert definition_from_map(LEAST) == MessageStreamDefinition(
        name="S",
        strategy_on_full=StrategyOnFull.OVERWRITE_OLDEST_DATA,
        max_size=268_435_456,
        stream_segment_size=16_777_216,
        time_to_live_millis=None,
        persistence=Persistence.FILE,
        flush_on_write=False,
    )


@pytest.mark.parametrize("field", ["name", "strategyOnFull"])
def test_what_is_required_is_missed(field):
    assert refused({k: v for k, v in LEAST.items() if k != field}) == (f"{field} is missing",)


def test_all_problems_are_told_at_once():
    values = with_exporter("kinesis", batchSize=0, identifier="ö", kinesisStreamName=None)

    assert len(refused({**values, "maxSize": 3, "flushOnWrite": 1})) == 5


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [
        ("maxSize", 1024, INT64),
        ("streamSegmentSize", 1024, INT32),
        ("timeToLiveMillis", 60_000, DURATION_MAX),
        ("strategyOnFull", 0, 1),
        ("persistence", 0, 1),
    ],
)
def test_the_bounds_of_a_stream_s_numbers(field, low, high):
    # A segment may not be larger than the stream, so the other one is out of the way.
    other = {"maxSize": INT64} if field != "maxSize" else {"streamSegmentSize": 1024}
    for value in (low, high):
        definition_from_map({**LEAST, **other, field: value})
    for value in (low - 1, high + 1):
        (problem,) = refused({**LEAST, **other, field: value})
        assert problem == f"{field} has to be between {low} and {high}, not {value}"


@pytest.mark.parametrize(("segment", "fits"), [(2047, True), (2048, True), (2049, False)])
def test_a_segment_is_at_most_as_large_as_its_stream(segment, fits):
    values = {**LEAST, "maxSize": 2048, "streamSegmentSize": segment}
    if fits:
        assert definition_from_map(values).stream_segment_size == segment
    else:
        assert refused(values) == ("maxSize (2048) has to be at least streamSegmentSize (2049)",)


@pytest.mark.parametrize(
    ("kind", "most"), [("http", 500), ("iotAnalytics", 100), ("kinesis", 500), ("IotSitewise", 10)]
)
def test_the_bounds_of_a_batch(kind, most):
    assert exporter(kind).batch_size is None
    assert exporter(kind, batchSize=1).batch_size == 1
    assert exporter(kind, batchSize=most).batch_size == most
    for value in (0, most + 1):
        (problem,) = refused(with_exporter(kind, batchSize=value))
        assert problem == (
            f"exportDefinition.{kind}[0].batchSize has to be between 1 and {most}, not {value}"
        )


@pytest.mark.parametrize("kind", BATCHING)
def test_the_bounds_of_a_batch_interval_and_a_start(kind):
    for field, low, high in (
        ("batchIntervalMillis", 60_000, DURATION_MAX),
        ("startSequenceNumber", 0, INT64),
    ):
        for value in (low, high):
            exporter(kind, **{field: value})
        for value in (low - 1, high + 1):
            assert len(refused(with_exporter(kind, **{field: value}))) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_bounds_of_a_priority_and_what_an_absent_one_means(kind):
    assert [exporter(kind, priority=each).urgency for each in (1, 10)] == [1, 10]
    assert exporter(kind).urgency == 11
    for value in (0, 11):
        assert len(refused(with_exporter(kind, priority=value))) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_an_exporter_has_an_identifier_and_may_be_disabled(kind):
    assert exporter(kind, disabled=True).disabled and not exporter(kind).disabled
    for identifier in (None, "", "x" * 256, "ö"):
        assert len(refused(with_exporter(kind, identifier=identifier))) == 1


@pytest.mark.parametrize(
    ("kind", "target"),
    [("http", "uri"), ("iotAnalytics", "iotChannel"), ("kinesis", "kinesisStreamName")],
)
def test_a_target_is_required_and_not_empty(kind, target):
    place = f"exportDefinition.{kind}[0].{target}"
    assert refused(with_exporter(kind, **{target: None})) == (f"{place} is missing",)
    assert refused(with_exporter(kind, **{target: ""})) == (f"{place} must not be empty",)


@pytest.mark.parametrize(("length", "fits"), [(0, True), (32, True), (33, False)])
def test_the_bounds_of_a_message_id_prefix(length, fits):
    values = with_exporter("iotAnalytics", iotMsgIdPrefix="p" * length)
    if fits:
        definition_from_map(values)
    else:
        assert "at most 32" in refused(values)[0]


def test_the_formats_of_http():
    assert exporter("http").export_format is ExportFormat.RAW_NOT_BATCHED
    assert exporter("http", exportFormat=1).export_format is ExportFormat.JSON_BATCHED
    for value in (-1, 2):
        assert len(refused(with_exporter("http", exportFormat=value))) == 1


def test_the_bounds_of_a_multipart_threshold():
    field = "sizeThresholdForMultipartUploadBytes"
    for value in (5_242_880, INT64):
        exporter("s3TaskExecutor", **{field: value})
    for value in (5_242_879, INT64 + 1):
        assert len(refused(with_exporter("s3TaskExecutor", **{field: value}))) == 1


def test_a_status_config_names_its_stream_and_a_level():
    for level in (None, 0, 4):
        status = {"statusStreamName": "T", "statusLevel": level}
        found = exporter("s3TaskExecutor", statusConfig=status).status_config
        assert (found.status_stream_name, found.status_level) == ("T", level)
    for status in ({}, {"statusStreamName": ""}, {"statusStreamName": "T", "statusLevel": 5}):
        assert len(refused(with_exporter("s3TaskExecutor", statusConfig=status))) == 1


def test_the_status_of_tasks_is_not_told_in_the_stream_of_the_tasks():
    values = with_exporter("s3TaskExecutor", statusConfig={"statusStreamName": "S"})
    assert "in the stream of the tasks" in refused(values)[0]


def test_identifiers_are_unique_over_all_kinds():
    exports = {kind: [{"identifier": "same", **TARGETS[kind]}] for kind in ("kinesis", "http")}

    (problem,) = refused({**LEAST, "exportDefinition": exports})

    assert "'same' is used twice" in problem


def test_several_exporters_of_one_kind_keep_their_order():
    kinesis = [{"identifier": each, "kinesisStreamName": each} for each in "bca"]
    found = definition_from_map({**LEAST, "exportDefinition": {"kinesis": kinesis}})

    assert [each.identifier for each in found.export_definition] == ["b", "c", "a"]


def test_unknown_fields_are_ignored():
    assert definition_from_map({**LEAST, "surprise": 1}) == definition_from_map(LEAST)


def test_describe_fills_in_defaults_and_leaves_out_what_has_none():
    assert definition_to_map(definition_from_map(LEAST)) == {
        "name": "S",
        "maxSize": 268_435_456,
        "streamSegmentSize": 16_777_216,
        "strategyOnFull": 1,
        "persistence": 0,
        "flushOnWrite": False,
        "exportDefinition": {kind: [] for kind in KINDS},
    }


def test_what_travels_is_plain():
    """The codec of a strict client takes no enumerations of ours."""
    values = definition_to_map(definition_from_map(with_exporter("http", exportFormat=1)))

    (http,) = values["exportDefinition"]["http"]
    assert {type(each) for each in (values["strategyOnFull"], http["exportFormat"])} == {int}


COMMON = {
    "identifier": st.text("abc", min_size=1, max_size=5),
    "disabled": st.booleans(),
    "priority": st.none() | st.integers(1, 10),
}
BATCHED = {
    **COMMON,
    "batchSize": st.none() | st.integers(1, 10),
    "batchIntervalMillis": st.none() | st.integers(60_000, DURATION_MAX),
    "startSequenceNumber": st.none() | st.integers(0, INT64),
}
STATUS = st.fixed_dictionaries(
    {"statusStreamName": st.just("T"), "statusLevel": st.none() | st.integers(0, 4)}
)
EXPORTERS = {
    "http": {**BATCHED, "uri": st.just("http://x"), "exportFormat": st.integers(0, 1)},
    "iotAnalytics": {
        **BATCHED,
        "iotChannel": st.just("c"),
        "iotMsgIdPrefix": st.none() | st.text("p", min_size=1, max_size=32),
    },
    "kinesis": {**BATCHED, "kinesisStreamName": st.just("k")},
    "IotSitewise": BATCHED,
    "s3TaskExecutor": {
        **COMMON,
        "statusConfig": st.none() | STATUS,
        "sizeThresholdForMultipartUploadBytes": st.none() | st.integers(5_242_880, INT64),
    },
}


def identifiers(exports):
    return [each["identifier"] for group in exports.values() for each in group]


DEFINITIONS = st.fixed_dictionaries(
    {
        "name": st.text("abc", min_size=1),
        "strategyOnFull": st.integers(0, 1),
        "persistence": st.integers(0, 1),
        "flushOnWrite": st.booleans(),
        "maxSize": st.integers(4096, INT64),
        "streamSegmentSize": st.integers(1024, 4096),
        "timeToLiveMillis": st.none() | st.integers(60_000, DURATION_MAX),
        "exportDefinition": st.fixed_dictionaries(
            {
                kind: st.lists(st.fixed_dictionaries(fields), max_size=2)
                for kind, fields in EXPORTERS.items()
            }
        ).filter(lambda exports: len(set(identifiers(exports))) == len(identifiers(exports))),
    }
)


@given(DEFINITIONS)
def test_what_describe_tells_can_be_sent_back_and_changes_nothing(values):
    definition = definition_from_map(values)

    assert definition_from_map(definition_to_map(definition)) == definition
