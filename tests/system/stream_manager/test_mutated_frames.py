"""Requests mutated in their values or their bytes: no fault of the server, and others are served as before."""

import copy

import cbor2
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from system.stream_manager.connection import Connection
from system.wire.frames import encode

EXPORTS = {
    "http": [{"identifier": "h", "uri": "http://127.0.0.1:1", "exportFormat": 1}],
    "iotAnalytics": [{"identifier": "a", "iotChannel": "c", "iotMsgIdPrefix": "p"}],
    "kinesis": [{"identifier": "k", "kinesisStreamName": "K", "batchSize": 1, "priority": 1}],
    "IotSitewise": [{"identifier": "w", "batchIntervalMillis": 60_000}],
    "s3TaskExecutor": [{"identifier": "s", "statusConfig": {"statusStreamName": "T"}}],
}
DEFINITION = {
    "name": "S",
    "strategyOnFull": 1,
    "maxSize": 2048,
    "streamSegmentSize": 1024,
    "timeToLiveMillis": 60_000,
    "exportDefinition": EXPORTS,
}
OPTIONS = {"desiredStartSequenceNumber": 0, "minMessageCount": 1, "readTimeoutMillis": 0}
REQUESTS = [
    (2, {"requestId": "1", "definition": {**DEFINITION, "name": "T", "exportDefinition": None}}),
    (2, {"requestId": "2", "definition": DEFINITION}),
    (4, {"requestId": "3", "name": "S", "payload": b"message"}),
    (5, {"requestId": "4", "streamName": "S", "readMessagesOptions": OPTIONS}),
    (11, {"requestId": "5"}),
    (13, {"requestId": "6", "name": "S"}),
    (15, {"requestId": "7", "definition": DEFINITION}),
    (3, {"requestId": "8", "name": "S"}),
]
CONNECT = b"\x01" + encode(1, cbor2.dumps({"requestId": "c", "protocolVersion": "1.1.0"}))

VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.sampled_from([0, 1, -1, 2**31, 2**63 - 1, 2**63, 1 << 64]),
        st.floats(),
        st.binary(max_size=40),
        st.text(max_size=40),
        st.sampled_from(["S", "T", "", ".", "a" * 256]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
PATHS = st.lists(st.integers(0, 9), min_size=1, max_size=4)
MUTATIONS = st.one_of(
    st.tuples(st.just("value"), st.integers(0, 7), PATHS, VALUES),
    st.tuples(st.just("operation"), st.integers(0, 7), st.integers(-128, 127), st.none()),
    st.tuples(st.just("byte"), st.integers(0, 7), st.integers(5, 400), st.integers(0, 255)),
    st.tuples(st.just("cut"), st.integers(0, 7), st.integers(5, 400), st.none()),
    st.tuples(st.just("as it is"), st.integers(0, 7), st.none(), st.none()),
)


def put(values, path, value):
    """Replace what a path of positions leads to, or as near to it as it gets."""
    if not path or not isinstance(values, dict | list) or not values:
        return value
    key = path[0] % len(values)
    key = list(values)[key] if isinstance(values, dict) else key
    values[key] = put(values[key], path[1:], value)
    return values


def mutated(what, index, where, value):
    """The bytes of one frame."""
    operation, values = REQUESTS[index]
    if what == "value":
        return encode(operation, cbor2.dumps(put(copy.deepcopy(values), where, value)))
    if what == "operation":
        return encode(where, cbor2.dumps(values))
    payload = bytearray(cbor2.dumps(values))
    if what == "byte":
        payload[where % len(payload)] = value
    if what == "cut":
        del payload[where % len(payload) :]
    return encode(operation, bytes(payload))


class Speaker:
    """A connection to an engine, as the shell joins the two."""

    def __init__(self, rig):
        self.rig = rig
        self.connection = Connection(1)
        self.say(CONNECT)
        self.connection.take_output()

    def say(self, data):
        """Let the server take bytes and have a round."""
        self.connection.receive(data)
        while request := self.connection.next_request():
            self.rig.engine.handle(self.connection.session, request)
        self.rig.round()
        for session, response in self.rig.responses:
            if session is self.connection.session:
                self.connection.answer(response)
        self.rig.responses.clear()
        while self.rig.batches:
            self.rig.settle()


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None
)
@given(st.lists(MUTATIONS, max_size=12))
@example([("as it is", index, None, None) for index in range(8)])
def test_no_request_whatever_is_in_it_is_a_fault_of_the_server(make_rig, mutations):
    rig = make_rig()
    for each in [("as it is", 0, None, None), ("as it is", 1, None, None), *mutations]:
        speaker = Speaker(rig)
        speaker.say(mutated(*each))
        for output in speaker.connection.take_output():
            assert isinstance(cbor2.loads(output[5:])["status"], int)
    assert [line for line in rig.log.lines if line.startswith("ERROR")] == []
    rig.create("Healthy")
    assert rig.append("Healthy").values == {"sequenceNumber": 0}
