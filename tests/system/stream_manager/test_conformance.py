"""What the server itself makes of requests, by frames made by hand: clients check most of this before they send."""

import itertools
import os
import sys

import pytest

from .conftest import ServerProcess

CREATE, DELETE, APPEND, READ, LIST, DESCRIBE, UPDATE = 2, 3, 4, 5, 11, 13, 15
SUCCESS, INVALID, NOT_FOUND, NOT_ENOUGH, NOT_ALLOWED, UNKNOWN = 0, 3, 5, 13, 17, 18
INT32, INT64 = 2**31 - 1, 2**63 - 1
DURATION_MS = 9_223_372_036_854
TARGETS = {
    "http": {"uri": "http://127.0.0.1:1"},
    "iotAnalytics": {"iotChannel": "c"},
    "kinesis": {"kinesisStreamName": "k"},
    "IotSitewise": {},
    "s3TaskExecutor": {},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One server for the whole module: each test makes streams of its own and removes them."""
    store = tmp_path_factory.mktemp("conformance") / "store"
    store.mkdir()
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("AWS_", "STREAM_MANAGER_"))}
    command = [sys.executable, "-m", "system.stream_manager", "--destination", "print"]
    running = ServerProcess(store, command, kept).start()
    yield running
    running.kill()


class Client:
    """A connection that asks and tells the status."""

    def __init__(self, raw):
        self.raw = raw
        self.answer = {}
        self._ids = (f"r{number}" for number in itertools.count())

    def ask(self, operation, **values):
        """The status of an answer, which belongs to its request and has its text where it is no success."""
        request_id = next(self._ids)
        answered, self.answer = self.raw.ask(operation, {"requestId": request_id, **values})
        assert self.answer["requestId"] == request_id
        expected = {CREATE: 7, DELETE: 8, APPEND: 9, READ: 10, LIST: 12, DESCRIBE: 14, UPDATE: 16}
        assert answered == expected.get(operation, 17)
        assert bool(self.answer["errorMessage"]) is (self.answer["status"] != SUCCESS)
        return self.answer["status"]

    def create(self, **fields):
        return self.ask(CREATE, definition={"name": "S", "strategyOnFull": 1, **fields})

    def created(self, **fields):
        """Create, delete again if that worked; the status."""
        name = fields.get("name", "S")
        status = self.create(**fields)
        if status == SUCCESS:
            assert self.ask(DELETE, name=name) == SUCCESS
        return status


@pytest.fixture
def client(server):
    with server.raw() as raw:
        raw.connect()
        made = Client(raw)
        yield made
        if made.ask(LIST) == SUCCESS:
            for name in made.answer["streams"]:
                made.ask(DELETE, name=name)


# -- bounds of definitions -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "low", "high", "others"),
    [
        ("maxSize", 1024, INT64, {"streamSegmentSize": 1024}),
        ("streamSegmentSize", 1024, INT32, {"maxSize": INT64}),
        ("timeToLiveMillis", 60_000, DURATION_MS, {}),
        ("strategyOnFull", 0, 1, {}),
        ("persistence", 0, 1, {}),
    ],
)
def test_the_bounds_of_a_stream_are_kept_to_the_last_one(client, field, low, high, others):
    for value in (low, high):
        assert client.created(**{**others, field: value}) == SUCCESS, value
    for value in (low - 1, high + 1):
        assert client.created(**{**others, field: value}) == INVALID
        assert field in client.answer["errorMessage"]


BATCHING = {"http": 500, "iotAnalytics": 100, "kinesis": 500, "IotSitewise": 10}


@pytest.mark.parametrize(
    ("kind", "field", "low", "high"),
    [
        *((kind, "batchSize", 1, most) for kind, most in BATCHING.items()),
        *((kind, "batchIntervalMillis", 60_000, DURATION_MS) for kind in BATCHING),
        *((kind, "startSequenceNumber", 0, INT64) for kind in BATCHING),
        *((kind, "priority", 1, 10) for kind in TARGETS),
        ("http", "exportFormat", 0, 1),
        ("s3TaskExecutor", "sizeThresholdForMultipartUploadBytes", 5_242_880, INT64),
    ],
)
def test_the_bounds_of_an_exporter_are_kept_to_the_last_one(client, kind, field, low, high):
    def created(value):
        exporter = {"identifier": "e", **TARGETS[kind], field: value}
        return client.created(exportDefinition={kind: [exporter]})

    assert [created(value) for value in (low, high)] == [SUCCESS, SUCCESS]
    assert [created(value) for value in (low - 1, high + 1)] == [INVALID, INVALID]
    assert field in client.answer["errorMessage"]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("a", SUCCESS),
        ("a" * 255, SUCCESS),
        (".", SUCCESS),
        ("..", SUCCESS),
        (" ", SUCCESS),
        ("A-b_c,d.e f9", SUCCESS),
        ("", INVALID),
        ("a" * 256, INVALID),
        ("a/b", INVALID),
        ("grün", INVALID),
        ("a\n", INVALID),
        ("a\x00", INVALID),
    ],
)
def test_the_names_of_streams_and_exporters(client, name, status):
    assert client.created(name=name) == status
    exporter = {"identifier": name, **TARGETS["kinesis"]}
    assert client.created(exportDefinition={"kinesis": [exporter]}) == status


@pytest.mark.parametrize(
    "fields",
    [
        {"maxSize": 2047, "streamSegmentSize": 2048},
        {"flushOnWrite": 1},
        {"strategyOnFull": "RejectNewData"},
        {"strategyOnFull": None},
        {"maxSize": 2048.0},
        {"maxSize": True},
        {"exportDefinition": []},
        {"exportDefinition": {"kinesis": {}}},
        {"exportDefinition": {"kinesis": [{"identifier": "e"}]}},
        {"exportDefinition": {"kinesis": [{"identifier": "e", "kinesisStreamName": ""}]}},
        {"exportDefinition": {"http": [{"identifier": "e", "uri": ""}]}},
        {"exportDefinition": {"iotAnalytics": [{"identifier": "e", "iotChannel": ""}]}},
        {"exportDefinition": {"s3TaskExecutor": [{"identifier": "e", "statusConfig": {}}]}},
        {"exportDefinition": {k: [{"identifier": "e", **TARGETS[k]}] for k in ("http", "kinesis")}},
    ],
)
def test_definitions_that_are_wrong_in_other_ways(client, fields):
    assert client.created(**fields) == INVALID


def test_equal_sizes_of_stream_and_segment_are_allowed(client):
    assert client.created(maxSize=2048, streamSegmentSize=2048) == SUCCESS


def test_what_is_absent_has_its_default_and_empty_lists_are_shown(client):
    client.create()
    assert client.ask(DESCRIBE, name="S") == SUCCESS
    assert client.answer["messageStreamInfo"] == {
        "definition": {
            "name": "S",
            "maxSize": 268_435_456,
            "streamSegmentSize": 16_777_216,
            "strategyOnFull": 1,
            "persistence": 0,
            "flushOnWrite": False,
            "exportDefinition": {kind: [] for kind in TARGETS},
        },
        "storageStatus": {
            "oldestSequenceNumber": 0,
            "newestSequenceNumber": -1,
            "totalBytes": 0,
        },
        "exportStatuses": [],
    }


# -- create, update, delete, list ------------------------------------------------------------------------


def test_a_name_is_given_once_whatever_the_definition(client):
    assert client.create() == SUCCESS
    for fields in ({}, {"maxSize": 1 << 30}):
        assert client.create(**fields) == INVALID
        assert client.answer["errorMessage"] == "the message stream already exists"


def test_what_concerns_no_stream_finds_none(client):
    for operation, values in [
        (DELETE, {"name": "none"}),
        (DESCRIBE, {"name": "none"}),
        (APPEND, {"name": "none", "payload": b"m"}),
        (READ, {"streamName": "none"}),
        (UPDATE, {"definition": {"name": "none", "strategyOnFull": 1}}),
    ]:
        assert client.ask(operation, **values) == NOT_FOUND


def test_an_empty_server_lists_nothing(client):
    assert client.ask(LIST) == SUCCESS
    assert client.answer["streams"] == []


FULL = {
    "maxSize": 8192,
    "streamSegmentSize": 2048,
    "timeToLiveMillis": 120_000,
    "exportDefinition": {
        kind: [
            {
                "identifier": kind,
                "priority": 3,
                **target,
                **({"batchSize": 2, "startSequenceNumber": 1} if kind in BATCHING else {}),
            }
        ]
        for kind, target in TARGETS.items()
    },
}


def test_what_describe_tells_can_be_sent_back_and_changes_nothing(client):
    assert client.create(**FULL) == SUCCESS
    for number in range(4):
        client.ask(APPEND, name="S", payload=b"%d" % number)
    client.ask(DESCRIBE, name="S")
    definition = client.answer["messageStreamInfo"]["definition"]
    assert client.ask(UPDATE, definition=definition) == SUCCESS
    client.ask(DESCRIBE, name="S")
    assert client.answer["messageStreamInfo"]["definition"] == definition
    counts = {
        each["exportConfigIdentifier"]: each["exportedMessagesCount"]
        for each in client.answer["messageStreamInfo"]["exportStatuses"]
    }
    # Nothing was sent a second time: two of the three messages from number 1 on make a batch.
    assert all(counts[kind] <= 2 for kind in ("kinesis", "iotAnalytics", "IotSitewise"))


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"maxSize": 4096}, SUCCESS),
        ({"maxSize": 2048}, NOT_ALLOWED),
        ({"maxSize": 2047}, INVALID),
        ({"streamSegmentSize": 1024}, SUCCESS),
        ({"streamSegmentSize": 8193}, INVALID),
        ({"timeToLiveMillis": 60_000}, SUCCESS),
        ({"timeToLiveMillis": 59_999}, INVALID),
        ({"strategyOnFull": 0}, SUCCESS),
        ({"flushOnWrite": True}, SUCCESS),
        ({"persistence": 1}, NOT_ALLOWED),
        ({"persistence": 2}, INVALID),
    ],
)
def test_what_an_update_may_change(client, change, status):
    base = {"maxSize": 8192, "streamSegmentSize": 2048}
    assert client.create(**base) == SUCCESS
    for _ in range(3):
        client.ask(APPEND, name="S", payload=bytes(1000))
    definition = {"name": "S", "strategyOnFull": 1, **base, **change}
    assert client.ask(UPDATE, definition=definition) == status


@pytest.mark.parametrize(
    ("start", "status"), [(0, SUCCESS), (1, SUCCESS), (2, NOT_ALLOWED), (7, NOT_ALLOWED)]
)
def test_an_update_may_send_an_exporter_below_the_newest_message(client, start, status):
    client.create()
    for _ in range(3):
        client.ask(APPEND, name="S", payload=b"m")
    exporter = {"identifier": "e", **TARGETS["kinesis"], "startSequenceNumber": start}
    definition = {"name": "S", "strategyOnFull": 1, "exportDefinition": {"kinesis": [exporter]}}
    assert client.ask(UPDATE, definition=definition) == status


# -- append and read ---------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [b"", "text", None, 7, []])
def test_a_payload_is_at_least_one_byte(client, payload):
    client.create()
    assert client.ask(APPEND, name="S", payload=payload) == INVALID
    assert client.ask(APPEND, name="S", payload=b"m") == SUCCESS
    assert client.answer["sequenceNumber"] == 0


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [
        ("desiredStartSequenceNumber", 0, INT64),
        ("minMessageCount", 1, INT32),
        ("maxMessageCount", 1, INT32),
        ("readTimeoutMillis", 0, DURATION_MS),
    ],
)
def test_the_bounds_of_a_read(client, field, low, high):
    client.create()
    client.ask(APPEND, name="S", payload=b"m")
    for value in (low, high):
        # What has to be waited for is valid too, so only what is answered at once is asked.
        status = client.ask(READ, streamName="S", readMessagesOptions={field: value})
        assert status in (SUCCESS, NOT_ENOUGH)
    for value in (low - 1, high + 1):
        assert client.ask(READ, streamName="S", readMessagesOptions={field: value}) == INVALID


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (None, [0]),
        ({}, [0]),
        ({"maxMessageCount": 2}, [0, 1]),
        ({"maxMessageCount": 100}, [0, 1, 2]),
        ({"minMessageCount": 2}, [0, 1]),
        ({"minMessageCount": 1, "maxMessageCount": 3}, [0, 1, 2]),
        ({"desiredStartSequenceNumber": 2}, [2]),
        ({"desiredStartSequenceNumber": 1, "maxMessageCount": 9}, [1, 2]),
        ({"minMessageCount": 4}, "not enough messages to return before time out"),
        ({"desiredStartSequenceNumber": 2, "minMessageCount": 2}, "not enough messages"),
        ({"desiredStartSequenceNumber": 3}, "greater than the last sequence number"),
        ({"minMessageCount": 4, "readTimeoutMillis": 1}, "not enough messages"),
    ],
)
def test_what_a_read_returns(client, options, expected):
    client.create()
    for number in range(3):
        client.ask(APPEND, name="S", payload=b"%d" % number)
    given = {} if options is None else {"readMessagesOptions": options}
    status = client.ask(READ, streamName="S", **given)
    if isinstance(expected, str):
        assert status == NOT_ENOUGH
        assert expected in client.answer["errorMessage"]
        assert not client.answer.get("messages")
    else:
        assert status == SUCCESS
        messages = client.answer["messages"]
        assert [each["sequenceNumber"] for each in messages] == expected
        assert [each["payload"] for each in messages] == [b"%d" % number for number in expected]
        assert {each["streamName"] for each in messages} == {"S"}


def test_a_minimum_above_the_maximum_is_invalid(client):
    client.create()
    options = {"minMessageCount": 2, "maxMessageCount": 1}
    assert client.ask(READ, streamName="S", readMessagesOptions=options) == INVALID


def test_readers_take_nothing_from_each_other(client, server):
    client.create()
    client.ask(APPEND, name="S", payload=b"m")
    with server.raw() as raw:
        raw.connect()
        other = Client(raw)
        for reader in (client, other, client):
            assert reader.ask(READ, streamName="S") == SUCCESS
            assert reader.answer["messages"][0]["payload"] == b"m"


# -- frames ----------------------------------------------------------------------------------------


def test_requests_with_one_id_are_answered_each(client):
    client.create()
    values = {"requestId": " ", "name": "S", "payload": b"m"}
    client.raw.socket.sendall(client.raw.frame(APPEND, values) * 3)
    answers = [client.raw.receive()[1] for _ in range(3)]
    assert [each["sequenceNumber"] for each in answers] == [0, 1, 2]
    assert {each["requestId"] for each in answers} == {" "}


@pytest.mark.parametrize("operation", [0, 6, 7, 8, 9, 10, 12, 14, 16, 17, 18, 99, 127])
def test_an_operation_that_is_no_request_is_unknown_and_the_connection_stays(client, operation):
    assert client.ask(operation) == UNKNOWN
    assert client.ask(LIST) == SUCCESS


@pytest.mark.parametrize("operation", [CREATE, DELETE, APPEND, READ, DESCRIBE, UPDATE])
def test_a_request_without_its_fields_is_invalid_and_the_connection_stays(client, operation):
    assert client.ask(operation) == INVALID
    assert client.ask(LIST) == SUCCESS


@pytest.mark.parametrize("token", [None, "", "junk"])
def test_where_nobody_asks_for_a_token_any_will_do(server, token):
    with server.raw() as raw:
        fields = {} if token is None else {"authToken": token}
        assert raw.connect(**fields)["status"] == SUCCESS


def test_a_read_that_waits_lets_other_requests_of_its_connection_by(client):
    client.create()
    options = {"minMessageCount": 1, "readTimeoutMillis": 20_000}
    client.raw.send(READ, {"requestId": "w", "streamName": "S", "readMessagesOptions": options})
    client.raw.send(LIST, {"requestId": "l"})
    assert client.raw.receive()[1]["requestId"] == "l"
    client.raw.send(APPEND, {"requestId": "a", "name": "S", "payload": b"m"})
    answers = dict(
        (each["requestId"], each) for _, each in (client.raw.receive(), client.raw.receive())
    )
    assert answers["w"]["messages"][0]["payload"] == b"m"
    assert answers["a"]["status"] == SUCCESS
