"""Functions of a foreign style with the vendor's stream manager clients, against our server, started by the core."""

import json
import socket
from importlib.util import find_spec

import cbor2
import pytest

pytestmark = pytest.mark.skipif(
    find_spec("system.stream_manager.__main__") is None, reason="there is no server yet"
)

PRODUCER = """
import greengrasssdk
{client}
client = {make}
{create}

class Producer:
    def __call__(self, event, context):
        number = client.append_message("Readings", event)
        with open("seen", "a") as seen:
            seen.write(f"{{number}} {{event.decode()}}\\n")

producer = Producer()
"""
CREATE = """
try:
    client.create_message_stream(MessageStreamDefinition(
        name="Readings", strategy_on_full=StrategyOnFull.OverwriteOldestData))
except StreamManagerException:
    pass
"""
CONSUMER = """
import threading
{client}
client = {make}

def consume():
    start = 0
    while True:
        try:
            for message in client.read_messages("Readings", ReadMessagesOptions(
                    desired_start_sequence_number=start, min_message_count=1, read_timeout_millis=1000)):
                start = message.sequence_number + 1
                with open("seen", "a") as seen:
                    seen.write(f"{{message.sequence_number}} {{message.payload.decode()}}\\n")
        except StreamManagerException:
            pass

threading.Thread(target=consume, daemon=True).start()

def handler(event, context):
    pass
"""
SOURCE = """
import greengrasssdk
client = greengrasssdk.client("iot-data")
for number in range(50):
    client.publish(topic="readings/" + str(number % 3), payload="reading " + str(number))

def handler(event, context):
    pass
"""
NAMES = "MessageStreamDefinition, StrategyOnFull, StreamManagerException, ReadMessagesOptions, StreamManagerClient"
CLIENTS = {
    "sdk": f"from greengrasssdk.stream_manager import {NAMES}",
    "older_sdk": f"from stream_manager import {NAMES}",
}


@pytest.mark.parametrize("which", CLIENTS)
def test_what_is_appended_by_one_function_is_read_by_another(edge, request, which):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sdk = request.getfixturevalue(which)
    made = {"client": CLIENTS[which], "make": "StreamManagerClient()", "create": CREATE}
    edge.stream_manager()
    source = edge.function("source", SOURCE, sdk=sdk, Pinned=True)
    producer = edge.function("producer", PRODUCER.format(**made), sdk=sdk, handler="app.producer")
    edge.function("consumer", CONSUMER.format(**made), sdk=sdk, Pinned=True)
    edge.subscribe(source, "readings/#", producer)
    assert edge.start("--stream-manager-port", str(port))["status"] == "Success"
    expected = [f"{number} reading {number}" for number in range(50)]
    assert edge.wait_for_lines("producer", 50) == expected
    assert edge.wait_for_lines("consumer", 50) == expected
    assert json.dumps(edge.processes()["stream_manager"]["pid"])
    assert edge.stop() < 5


UNAUTHORIZED = 2


def status_of_connecting(port, token):
    """What a stranger is told. The vendor's client leaves its socket behind when it is refused."""
    values = {"requestId": "r", "protocolVersion": "1.1.0", "authToken": token}
    payload = cbor2.dumps(values)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as stranger:
        stranger.sendall(b"\x01" + (len(payload) + 1).to_bytes(4, "big") + b"\x01" + payload)
        answer = stranger.makefile("rb").read()
    return cbor2.loads(answer[6:])["status"]


def test_where_the_group_asks_for_tokens_functions_have_one_and_others_are_refused(edge, older_sdk):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = {"client": CLIENTS["older_sdk"], "make": "StreamManagerClient()", "create": CREATE}
    edge.stream_manager(STREAM_MANAGER_AUTHENTICATE_CLIENT="true")
    source = edge.function("source", SOURCE, sdk=older_sdk, Pinned=True)
    producer = PRODUCER.format(**made)
    target = edge.function("producer", producer, sdk=older_sdk, handler="app.producer")
    edge.subscribe(source, "readings/#", target)
    assert edge.start("--stream-manager-port", str(port))["status"] == "Success"
    assert len(edge.wait_for_lines("producer", 50)) == 50
    for token in ("", "guessed"):
        assert status_of_connecting(port, token) == UNAUTHORIZED
