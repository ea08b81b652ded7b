"""Functions that publish, receive and invoke, with the vendor's SDK as it is."""

import json
import socket
import urllib.request

import pytest

RECEIVER = """
    def handler(event, context):
        subject = context.client_context.custom["subject"]
        with open("seen", "a") as seen:
            seen.write(f"{subject} {event!r}\\n")
"""

FOREIGN = """
import os, json, logging, queue, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import greengrasssdk

logging.basicConfig(level=logging.DEBUG, format="%(message)s")
GG = greengrasssdk.client('iot-data')

class Machine(object):
    def __init__(self):
        self.inbox = queue.Queue()
        self.counts = {}
        threading.Thread(target=self.pump, daemon=True).start()

    def pump(self):
        while True:
            topic, body = self.inbox.get()
            self.counts[topic] = self.counts.get(topic, 0) + 1
            GG.publish(topic='echo/' + topic, payload=json.dumps({'body': body}))

    def __call__(self, event, context):
        self.inbox.put((context.client_context.custom['subject'], event))
        return {'queued': True}

MACHINE = Machine()

class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(MACHINE.counts).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

server = ThreadingHTTPServer(('127.0.0.1', int(os.environ['PAGE_PORT'])), Page)
threading.Thread(target=server.serve_forever, daemon=True).start()
"""


@pytest.fixture(params=["sdk", "older_sdk"])
def any_sdk(request):
    return request.getfixturevalue(request.param)


def test_a_message_reaches_every_subscriber_once_whatever_the_sdk(edge, any_sdk):
    sender = edge.function(
        "sender",
        """
        import greengrasssdk
        client = greengrasssdk.client("iot-data")
        client.publish(topic="plant/one/heat", payload="warm")
        client.publish(topic="plant/one/heat", payload=b"\\x00\\xff")
        client.publish(topic="elsewhere", payload=b"lost")
        client.publish(topic="done", qos=0)

        def handler(event, context):
            pass
        """,
        sdk=any_sdk,
        Pinned=True,
    )
    plus, rest = edge.function("plus", RECEIVER), edge.function("rest", RECEIVER)
    edge.subscribe(sender, "plant/+/heat", plus)
    edge.subscribe(sender, "plant/#", plus)
    edge.subscribe(sender, "plant/#", rest)
    edge.subscribe(sender, "done", rest)
    assert edge.start()["status"] == "Success"
    received = ["plant/one/heat b'warm'", "plant/one/heat b'\\x00\\xff'"]
    assert edge.wait_for_lines("rest", 3) == [*received, "done b''"]
    assert edge.wait_for_lines("plus", 2) == received
    discarded = "Failed to get routes. Discarding message"
    assert f"{discarded}. Source {sender}, topic elsewhere" in edge.runtime_log()
    assert "greengrass core ready" in edge.runtime_log()


def test_messages_at_200_a_second_arrive_in_order(edge, sdk):
    sender = edge.function(
        "sender",
        """
        import threading, time
        import greengrasssdk
        client = greengrasssdk.client("iot-data")

        def publish():
            began = time.monotonic()
            for ordinal in range(600):
                time.sleep(max(0, began + ordinal / 200 - time.monotonic()))
                client.publish(topic="numbers", payload=str(ordinal))
            with open("seen", "w") as seen:
                seen.write(str(time.monotonic() - began) + "\\n")

        threading.Thread(target=publish, daemon=True).start()

        def handler(event, context):
            pass
        """,
        sdk=sdk,
        Pinned=True,
    )
    receiver = edge.function(
        "receiver",
        """
        seen = open("seen", "a", buffering=1)

        def handler(event, context):
            seen.write(event.decode() + "\\n")
        """,
        # One worker: when messages wait, a function that is not pinned gets a second, and order is over.
        Pinned=True,
    )
    edge.subscribe(sender, "numbers", receiver)
    edge.start()
    assert edge.wait_for_lines("receiver", 600) == [str(ordinal) for ordinal in range(600)]
    assert float(edge.wait_for_lines("sender", 1)[0]) < 6


def test_a_function_invokes_another_and_sees_what_it_answers(edge, sdk):
    answering = edge.function(
        "answering",
        """
        def handler(event, context):
            if "error" in event:
                raise ValueError(event["error"])
            return {"doubled": event.get("number", 0) * 2, "by": context.function_name,
                    "custom": context.client_context.custom if context.client_context else None}
        """,
        EncodingType="json",
    )
    edge.function(
        "asking",
        f"""
        import base64, json
        import greengrasssdk
        client = greengrasssdk.client("lambda")
        context = base64.b64encode(json.dumps({{"custom": {{"who": "me"}}}}).encode())

        def ask(**arguments):
            answer = client.invoke(FunctionName="{answering}", **arguments)
            payload = answer["Payload"]
            content = payload if isinstance(payload, bytes) else payload.read()
            with open("seen", "a") as seen:
                seen.write(json.dumps([answer["FunctionError"], json.loads(content or b"null")]) + "\\n")

        ask(Payload=json.dumps({{"number": 21}}), ClientContext=context)
        ask(Payload=b'{{"error": "no"}}', InvocationType="RequestResponse")
        ask(Payload=b"", InvocationType="Event")
        ask()
        try:
            client.invoke(FunctionName="{answering}".replace("answering", "absent"))
        except greengrasssdk.Lambda.InvocationException as error:
            with open("seen", "a") as seen:
                seen.write(json.dumps(["refused", str(error)]) + "\\n")

        def handler(event, context):
            pass
        """,
        sdk=sdk,
        Pinned=True,
    )
    edge.start()
    answers = [json.loads(line) for line in edge.wait_for_lines("asking", 5)]
    assert answers[0] == ["", {"doubled": 42, "by": "answering", "custom": {"who": "me"}}]
    assert answers[1][0] == "Handled"
    assert answers[1][1]["errorMessage"] == "no"
    assert answers[1][1]["errorType"] == "ValueError"
    assert answers[2] == ["", None]
    assert answers[3] == ["", {"doubled": 0, "by": "answering", "custom": None}]
    assert "There is no function" in answers[4][1]
    assert "ValueError: no" in edge.function_log("answering")


def test_services_that_this_core_does_not_have_answer_with_an_error(edge, sdk):
    edge.function(
        "asking",
        """
        import greengrasssdk
        from greengrasssdk.IoTDataPlane import ShadowError
        from greengrasssdk.SecretsManager import SecretsManagerError

        def handler(event, context):
            pass

        with open("seen", "a") as seen:
            try:
                greengrasssdk.client("iot-data").get_thing_shadow(thingName="it")
            except ShadowError as error:
                seen.write(f"shadow {error}\\n")
            try:
                greengrasssdk.client("secretsmanager").get_secret_value(SecretId="it")
            except SecretsManagerError as error:
                seen.write(f"secret {error}\\n")
            for policy in ("AllOrException", "BestEffort", "Whatever"):
                try:
                    greengrasssdk.client("iot-data").publish(topic="a", queueFullPolicy=policy)
                    seen.write(f"{policy} taken\\n")
                except ValueError:
                    seen.write(f"{policy} refused\\n")
        """,
        sdk=sdk,
        Pinned=True,
    )
    edge.start()
    shadow, secret, *policies = edge.wait_for_lines("asking", 5)
    assert "error code 501" in shadow
    assert "error code 501" in secret
    assert policies == ["AllOrException taken", "BestEffort taken", "Whatever refused"]


def test_a_function_in_a_foreign_style_works(edge, sdk):
    """Class based, its client made at import, threads of its own, its own HTTP port, `+` and `#` topics."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    foreign = edge.function(
        "Foreign-Style_1",
        FOREIGN,
        sdk=sdk,
        handler="app.MACHINE",
        Pinned=True,
        EncodingType="json",
        variables={"PAGE_PORT": str(port)},
    )
    sender = edge.function(
        "sender",
        """
        import greengrasssdk
        client = greengrasssdk.client("iot-data")

        def handler(event, context):
            for topic in ("in/a/b", "in/a", "in/c/d/e"):
                client.publish(topic=topic, payload='{"n": 1}')

        handler(None, None)
        """,
        sdk=sdk,
        Pinned=True,
    )
    receiver = edge.function("receiver", RECEIVER)
    edge.subscribe(sender, "in/#", foreign)
    edge.subscribe(foreign, "echo/in/+/#", receiver)
    assert edge.start()["status"] == "Success"
    seen = edge.wait_for_lines("receiver", 3)
    assert seen == [f'echo/in/{rest} b\'{{"body": {{"n": 1}}}}\'' for rest in ("a/b", "a", "c/d/e")]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
        assert json.load(page) == {"in/a/b": 1, "in/a": 1, "in/c/d/e": 1}
