"""One connection: bytes in, requests and bytes out."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from system.stream_manager.connection import Connection
from system.wire.messages import AppendMessage, ListStreams, Response
from system.wire.operations import Operation, StatusCode

# Captured from the vendor's clients.
PYTHON_CONNECT = bytes.fromhex(
    "010000005d01a4697265717565737449646272316f70726f746f636f6c56657273696f6e65312e312e30"
    "781e6f74686572537570706f7274656450726f746f636f6c56657273696f6e738165312e302e30"
    "6a73646b56657273696f6e65312e312e32"
)
PYTHON_APPEND = bytes.fromhex(
    "0000002204a369726571756573744964627232646e616d656153677061796c6f616443616263"
)
APPEND_RESPONSE = bytes.fromhex(
    "0000003509a46972657175657374496462723266737461747573006c6572726f724d657373616765606e73"
    "657175656e63654e756d62657200"
)
JAVA_LIST = bytes.fromhex("bf697265717565737449646572312d7831ff")


def frame(operation, values):
    payload = values if isinstance(values, bytes) else cbor2.dumps(values)
    return (len(payload) + 1).to_bytes(4, "big") + bytes([operation]) + payload


def connect_bytes(version="1.1.0", **fields):
    values = {"requestId": "c", "protocolVersion": version, **fields}
    return b"\x01" + frame(1, {key: value for key, value in values.items() if value is not None})


def answers(data):
    """The frames in bytes that were sent."""
    found = []
    while data:
        length = int.from_bytes(data[:4], "big")
        found.append((data[4], cbor2.loads(data[5 : 4 + length])))
        data = data[4 + length :]
    return found


def requests(connection):
    return list(iter(connection.next_request, None))


def sent(connection):
    return b"".join(connection.take_output())


def opened(version="1.1.0", **options):
    connection = Connection(7, **options)
    connection.receive(connect_bytes(version))
    assert requests(connection) == []
    assert answers(sent(connection)[1:])[0][1]["status"] == 0
    return connection


def exchange(connection, operation, values):
    """The answers to a frame that the connection answers itself."""
    connection.receive(frame(operation, values))
    assert requests(connection) == []
    return answers(sent(connection))


def test_the_clients_bytes_open_the_connection_and_are_answered_in_one_piece():
    connection = Connection(7)
    connection.receive(PYTHON_CONNECT)
    assert requests(connection) == []
    [output] = connection.take_output()
    assert output[:1] == b"\x01"
    [(operation, answer)] = answers(output[1:])
    assert operation == Operation.CONNECT_RESPONSE
    assert answer["requestId"] == "r1"
    assert answer["status"] == 0
    assert answer["protocolVersion"] == "1.1.0"
    assert answer["supportedProtocolVersions"] == ["1.1.0", "1.0.0"]
    assert answer["serverVersion"].startswith("1.1.0")
    assert answer["clientIdentifier"] == "client-7"
    assert connection.session.protocol_version == "1.1.0"


def test_a_request_comes_out_and_its_answer_goes_out_byte_by_byte_as_the_protocol_has_it():
    connection = opened()
    connection.receive(PYTHON_APPEND)
    assert requests(connection) == [AppendMessage("r2", "S", b"abc")]
    connection.answer(
        Response(request_id="r2", operation=Operation.APPEND_MESSAGE, values={"sequenceNumber": 0})
    )
    assert connection.take_output() == [APPEND_RESPONSE]


def test_java_sends_maps_without_a_length():
    connection = opened()
    connection.receive(frame(Operation.LIST_STREAMS, JAVA_LIST))
    assert requests(connection) == [ListStreams(request_id="r1-x1")]


@given(st.lists(st.integers(1, 40), max_size=60))
def test_requests_are_the_same_however_their_bytes_were_cut(sizes):
    data = PYTHON_CONNECT + PYTHON_APPEND * 3 + frame(Operation.LIST_STREAMS, JAVA_LIST)
    connection = Connection(1)
    found = []
    for size in [*sizes, len(data)]:
        piece, data = data[:size], data[size:]
        connection.receive(piece)
        found += requests(connection)
    append = AppendMessage("r2", "S", b"abc")
    assert found == [append, append, append, ListStreams(request_id="r1-x1")]


def test_whether_a_frame_is_begun_and_not_ended_is_told():
    connection = opened()
    assert not connection.inside_a_frame
    connection.receive(PYTHON_APPEND[:5])
    assert requests(connection) == [] and connection.inside_a_frame
    connection.receive(PYTHON_APPEND[5:])
    assert len(requests(connection)) == 1 and not connection.inside_a_frame


def test_the_request_ids_of_a_client_that_always_sends_a_space_are_echoed():
    connection = opened()
    for _ in range(2):
        connection.receive(frame(Operation.LIST_STREAMS, {"requestId": " "}))
    assert [request.request_id for request in requests(connection)] == [" ", " "]


# -- connecting --------------------------------------------------------------------------------------


def refused_connect(data, **options):
    connection = Connection(7, **options)
    connection.receive(data)
    assert requests(connection) == []
    output = sent(connection)
    assert output[:1] == b"\x01"
    [(operation, answer)] = answers(output[1:])
    assert operation == Operation.CONNECT_RESPONSE
    assert connection.closing and connection.session is None
    return answer


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x02" + connect_bytes()[1:], StatusCode.UNSUPPORTED_CONNECT_VERSION),
        (b"GET / HTTP/1.1\r\n\r\n", StatusCode.UNSUPPORTED_CONNECT_VERSION),
        (b"\x01" + frame(11, {"requestId": "c"}), StatusCode.UNEXPECTED_OPERATION),
        (b"\x01" + frame(99, {"requestId": "c"}), StatusCode.UNEXPECTED_OPERATION),
        (connect_bytes("2.0.0"), StatusCode.UNSUPPORTED_PROTOCOL_VERSION),
        (connect_bytes("newest"), StatusCode.INVALID_PROTOCOL_VERSION),
        (connect_bytes(None), StatusCode.INVALID_REQUEST),
        (connect_bytes(7), StatusCode.INVALID_REQUEST),
        (connect_bytes(otherSupportedProtocolVersions="1"), StatusCode.INVALID_REQUEST),
    ],
)
def test_a_client_that_cannot_be_served_is_told_why_and_the_connection_ends(data, status):
    answer = refused_connect(data)
    assert answer["status"] == status
    assert answer["errorMessage"]
    assert answer["supportedProtocolVersions"] == ["1.1.0", "1.0.0"]


@pytest.mark.parametrize(
    ("version", "others", "agreed"),
    [
        ("1.1.0", ["1.0.0"], "1.1.0"),
        ("1.0.0", [], "1.0.0"),
        ("1.0.0", ["1.1.0"], "1.0.0"),
        ("1.2.0", ["1.0.0", "1.1.0"], "1.1.0"),
        ("2.0.0", ["1.0.0"], "1.0.0"),
    ],
)
def test_the_clients_version_is_spoken_if_it_can_be_else_the_best_of_its_others(
    version, others, agreed
):
    connection = Connection(7)
    connection.receive(connect_bytes(version, otherSupportedProtocolVersions=others))
    assert requests(connection) == []
    [(_, answer)] = answers(sent(connection)[1:])
    assert answer["protocolVersion"] == agreed == connection.session.protocol_version


@pytest.mark.parametrize("token", [None, "", "junk"])
def test_any_token_will_do_where_nobody_asks_for_one(token):
    connection = Connection(7)
    connection.receive(connect_bytes(authToken=token))
    assert requests(connection) == []
    assert connection.session is not None


@pytest.mark.parametrize(("token", "welcome"), [("good", True), ("", False), (None, False)])
def test_a_token_is_checked_where_one_is_asked_for(token, welcome):
    data = connect_bytes(authToken=token)
    if not welcome:
        answer = refused_connect(data, authenticate=lambda given: given == "good")
        assert answer["status"] == StatusCode.UNAUTHORIZED
        return
    connection = Connection(7, authenticate=lambda given: given == "good")
    connection.receive(data)
    assert requests(connection) == []
    assert connection.session is not None


def test_after_a_refusal_nothing_is_taken_any_more():
    connection = Connection(7)
    connection.receive(b"\x02")
    assert requests(connection) == []
    sent(connection)
    connection.receive(connect_bytes() + PYTHON_APPEND)
    assert requests(connection) == []
    assert sent(connection) == b""


def test_a_second_connect_is_refused_and_the_connection_stays():
    connection = opened()
    [(operation, answer)] = exchange(connection, 1, {"requestId": "c", "protocolVersion": "1.1.0"})
    assert operation == Operation.CONNECT_RESPONSE
    assert answer["status"] == StatusCode.UNEXPECTED_OPERATION
    connection.receive(PYTHON_APPEND)
    assert len(requests(connection)) == 1


# -- requests that are none ------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 6, 9, 17, 18, 99, 127])
def test_an_unknown_operation_is_answered_as_such_and_the_connection_stays(number):
    connection = opened()
    [(operation, answer)] = exchange(connection, number, {"requestId": "u"})
    assert operation == Operation.UNKNOWN_OPERATION_ERROR
    assert (answer["requestId"], answer["status"]) == ("u", StatusCode.UNKNOWN_OPERATION)
    assert not connection.closing


def test_fields_that_are_wrong_are_all_named_in_the_answer_of_the_operation():
    connection = opened()
    values = {"requestId": "a", "name": "a/b", "payload": "text"}
    [(operation, answer)] = exchange(connection, Operation.APPEND_MESSAGE, values)
    assert operation == Operation.APPEND_MESSAGE_RESPONSE
    assert answer["status"] == StatusCode.INVALID_REQUEST
    assert "name" in answer["errorMessage"] and "payload" in answer["errorMessage"]


def test_keys_that_nobody_knows_are_overlooked():
    connection = opened()
    connection.receive(frame(Operation.LIST_STREAMS, {"requestId": "l", "new": 1}))
    assert requests(connection) == [ListStreams(request_id="l")]


def test_a_payload_that_breaks_off_is_refused_by_its_id():
    connection = opened()
    broken = cbor2.dumps({"requestId": "b", "name": "S"})[:-1]
    [(operation, answer)] = exchange(connection, Operation.DELETE_MESSAGE_STREAM, broken)
    assert operation == Operation.DELETE_MESSAGE_STREAM_RESPONSE
    assert (answer["requestId"], answer["status"]) == ("b", StatusCode.INVALID_REQUEST)
    assert not connection.closing


@pytest.mark.parametrize(
    "data",
    [
        frame(4, b"\xff\xff\xff"),
        frame(4, b""),
        frame(4, [1, 2]),
        frame(11, {}),
        frame(11, {"requestId": ""}),
        frame(11, {"requestId": 5}),
        frame(99, {"name": "S"}),
        b"\x00\x00\x00\x00\x04",
        b"\xff\xff\xff\xff\x04",
    ],
)
def test_what_cannot_be_answered_ends_the_connection_without_a_word(data):
    connection = opened()
    connection.receive(data)
    assert requests(connection) == []
    assert connection.closing and sent(connection) == b""


def test_a_frame_that_is_too_large_is_refused_by_its_id_before_all_of_it_is_here():
    connection = opened(request_bytes_max=2000)
    large = frame(4, {"requestId": "big", "name": "S", "payload": bytes(3000)})
    connection.receive(large[:500])
    assert requests(connection) == [] and sent(connection) == b""
    connection.receive(large[500:1500])
    assert requests(connection) == []
    [(operation, answer)] = answers(sent(connection))
    assert operation == Operation.APPEND_MESSAGE_RESPONSE
    assert answer["requestId"] == "big"
    assert answer["status"] == StatusCode.REQUEST_PAYLOAD_TOO_LARGE
    assert connection.closing


def test_a_frame_of_the_largest_size_is_taken():
    values = {"requestId": "a", "name": "S", "payload": b""}
    overhead = len(frame(4, values)) - 4
    payload = bytes(2000 - overhead - 2)
    connection = opened(request_bytes_max=2000)
    connection.receive(frame(4, {**values, "payload": payload}))
    assert len(requests(connection)) == 1


# -- protocol 1.0.0 --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (StatusCode.OUT_OF_MEMORY_ERROR, StatusCode.UNKNOWN_FAILURE),
        (StatusCode.UPDATE_FAILED, StatusCode.UNKNOWN_FAILURE),
        (StatusCode.UPDATE_NOT_ALLOWED, StatusCode.INVALID_REQUEST),
        (StatusCode.UNKNOWN_OPERATION, StatusCode.UNEXPECTED_OPERATION),
        (StatusCode.NOT_ENOUGH_MESSAGES, StatusCode.NOT_ENOUGH_MESSAGES),
    ],
)
def test_an_old_client_never_sees_a_status_that_it_does_not_know(status, told):
    response = Response(request_id="r", operation=Operation.APPEND_MESSAGE, status=status)
    for version, expected in (("1.0.0", told), ("1.1.0", status)):
        connection = opened(version)
        connection.answer(response)
        assert answers(sent(connection))[0][1]["status"] == expected


@pytest.mark.parametrize("number", [Operation.UPDATE_MESSAGE_STREAM, 99])
def test_an_old_client_never_sees_an_operation_that_it_does_not_know(number):
    connection = opened("1.0.0")
    assert exchange(connection, number, {"requestId": "u"}) == []
    assert connection.closing


@given(st.binary(max_size=300))
def test_garbage_raises_nothing(data):
    for connection in (Connection(1), opened()):
        connection.receive(data)
        requests(connection)
        connection.take_output()
