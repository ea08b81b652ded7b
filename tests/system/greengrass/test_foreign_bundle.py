"""A function of somebody else, in a style that is not ours, deployed through a group in the cloud with plain boto3."""

import io
import json
import uuid
import zipfile
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import boto3
import pytest

from harness.waiting import wait_until

from .conftest import STREAM_MANAGER, free_port

pytestmark = pytest.mark.localstack

ACCOUNT = "000000000000"

# As one finds them in the field: a package, a class that holds all, a server of the standard library, old idioms.
HANDLER = """
from __future__ import print_function
import os, sys
from weather.station import Station

STATION = Station(int(os.environ['WEATHER_PORT']), os.environ.get('WEATHER_STREAM') or 'Weather Log')
STATION.begin()

def function_handler(event, context):
    # JSON encoded: event is a dict already
    print('got %s on %s' % (event, context.client_context.custom['subject']), file=sys.stderr)
    return STATION.remember(event, context.client_context.custom['subject'])
"""
STATION = """
import json, threading, time, traceback
from http.server import BaseHTTPRequestHandler, HTTPServer
import greengrasssdk
from greengrasssdk.stream_manager import (
    MessageStreamDefinition, Persistence, ReadMessagesOptions, StrategyOnFull, StreamManagerClient)
from greengrasssdk.stream_manager.exceptions import NotEnoughMessagesException, StreamManagerException


class Station(object):
    def __init__(self, port, streamName):
        self.port, self.streamName = port, streamName
        self.heard, self.readBack, self.client = [], [], None
        self.iot = greengrasssdk.client('iot-data')

    def begin(self):
        for target in (self._serve, self._publishForever, self._readForever):
            t = threading.Thread(target=target)
            t.daemon = True
            t.start()

    def _open(self):
        if self.client is None:
            c = StreamManagerClient()
            try:
                c.create_message_stream(MessageStreamDefinition(
                    name=self.streamName, max_size=1048576, stream_segment_size=65536,
                    strategy_on_full=StrategyOnFull.RejectNewData, persistence=Persistence.File,
                    flush_on_write=True))
            except StreamManagerException:
                pass
            self.client = c
        return self.client

    def remember(self, event, subject):
        number = self._open().append_message(self.streamName, json.dumps(event).encode('utf-8'))
        self.heard.append({'number': number, 'subject': subject, 'event': event})
        return {'number': number}

    def _publishForever(self):
        n = 0
        while True:
            self.iot.publish(topic='weather/%d/wind' % (n % 3), queueFullPolicy='AllOrException',
                             payload=json.dumps({'n': n, 'knots': 7 + n % 5}))
            n += 1
            time.sleep(0.2)

    def _readForever(self):
        reader, start = None, 0
        while True:
            try:
                reader = reader or StreamManagerClient()
                for m in reader.read_messages(self.streamName, ReadMessagesOptions(
                        desired_start_sequence_number=start, min_message_count=2,
                        max_message_count=50, read_timeout_millis=2000)):
                    self.readBack.append([m.sequence_number, json.loads(m.payload.decode('utf-8'))])
                    start = m.sequence_number + 1
            except NotEnoughMessagesException:
                pass
            except Exception:
                traceback.print_exc()
                time.sleep(0.2)

    def _serve(self):
        station = self

        class Page(BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps({'heard': station.heard, 'read': station.readBack}).encode()
                self.send_response(200)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        HTTPServer(('0.0.0.0', station.port), Page).serve_forever()
"""


def bundle(sdk: Path) -> bytes:
    """The function's zip, as its author's build script makes it: everything in one place."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("entry.py", HANDLER)
        archive.writestr("weather/__init__.py", "")
        archive.writestr("weather/station.py", STATION)
        for path in sdk.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                archive.write(path, path.relative_to(sdk))
    return content.getvalue()


def deploy(endpoint: str, sdk: Path, thing: str, page_port: int) -> None:
    """Function, version and alias; core, function and subscription definitions; group and deployment."""

    def client(service: str):
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    functions, greengrass = client("lambda"), client("greengrass")
    name = f"weather-{uuid.uuid4().hex[:8]}"
    functions.create_function(
        FunctionName=name,
        Runtime="python3.8",
        Handler="entry.function_handler",
        Role=f"arn:aws:iam::{ACCOUNT}:role/any",
        Code={"ZipFile": bundle(sdk)},
    )
    version = functions.publish_version(FunctionName=name)["Version"]
    alias = functions.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    arn = alias["AliasArn"]

    def definition(kind: str, **content: object) -> str:
        make = getattr(greengrass, f"create_{kind}_definition")
        return make(Name=f"{name}-{kind}", InitialVersion=content)["LatestVersionArn"]

    entry = {
        "EncodingType": "json",
        "Pinned": True,
        "Timeout": 25,
        "Environment": {"Variables": {"WEATHER_PORT": str(page_port)}},
    }
    manager = {"EncodingType": "binary", "Pinned": True, "Timeout": 3}
    core = {"Id": "core", "ThingArn": thing, "CertificateArn": "arn:aws:iot:::cert/x"}
    group = greengrass.create_group(Name=name)["Id"]
    made = greengrass.create_group_version(
        GroupId=group,
        CoreDefinitionVersionArn=definition("core", Cores=[core]),
        FunctionDefinitionVersionArn=definition(
            "function",
            DefaultConfig={"Execution": {"IsolationMode": "NoContainer"}},
            Functions=[
                {
                    "Id": "manager",
                    "FunctionArn": STREAM_MANAGER,
                    "FunctionConfiguration": manager,
                },
                {"Id": "weather", "FunctionArn": arn, "FunctionConfiguration": entry},
            ],
        ),
        SubscriptionDefinitionVersionArn=definition(
            "subscription",
            Subscriptions=[
                {"Id": "own", "Source": arn, "Subject": "weather/+/wind", "Target": arn}
            ],
        ),
    )["Version"]
    greengrass.create_deployment(GroupId=group, GroupVersionId=made, DeploymentType="NewDeployment")


def page(port: int) -> dict[str, list]:
    try:
        with urlopen(f"http://127.0.0.1:{port}/", timeout=2) as answer:
            return json.load(answer)
    except (URLError, OSError):
        return {"heard": [], "read": []}


def test_a_bundle_of_somebody_else_publishes_subscribes_appends_reads_and_serves(
    edge, localstack, sdk
) -> None:
    thing = f"arn:aws:iot:us-east-1:{ACCOUNT}:thing/{uuid.uuid4().hex[:8]}"
    port, server = free_port(), free_port()
    deploy(localstack.endpoint, sdk, thing, port)
    edge.environment["AWS_ENDPOINT_URL"] = localstack.endpoint
    edge.configuration["coreThing"]["thingArn"] = thing
    configuration = edge.root / "config/config.json"
    configuration.parent.mkdir()
    configuration.write_text(json.dumps(edge.configuration))
    edge.launch("--poll-interval", "0.5", "--stream-manager-port", str(server))
    wait_until(lambda: len(page(port)["read"]) >= 8, seconds=60, what="eight messages read back")
    told = page(port)
    assert edge.status()["status"] == "Success"
    assert [each["number"] for each in told["heard"]] == list(range(len(told["heard"])))
    assert {each["subject"] for each in told["heard"]} == {f"weather/{n}/wind" for n in range(3)}
    stored = [each["event"] for each in told["heard"]]
    assert [number for number, _ in told["read"]] == list(range(len(told["read"])))
    assert [event for _, event in told["read"]] == stored[: len(told["read"])]
