import json

import pytest

from harness.waiting import wait_until
from system.stream_manager.export.batch import Delivered, Failed
from system.wire.definitions import HTTPConfig
from system.wire.operations import ExportFormat

from .conftest import answer, batch, cut_short, hang_up, reset, silence

TAKEN = answer(b"")


@pytest.fixture
def raw_config(destination):
    return HTTPConfig(identifier="h", uri=f"{destination.url}/in?a=1")


@pytest.fixture
def json_config(destination):
    return HTTPConfig(identifier="h", uri=destination.url, export_format=ExportFormat.JSON_BATCHED)


@pytest.fixture(autouse=True)
def no_proxy_settings(monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


def test_raw_is_one_request_per_message_with_the_payload_as_it_is(sinks, destination, raw_config):
    destination.script = [TAKEN]

    assert sinks.send(batch(raw_config, b"\x00\xff", b"b")) == Delivered()

    assert destination.bodies == [b"\x00\xff", b"b"]
    assert {each["Content-Type"] for each in destination.headers} == {"application/octet-stream"}


def test_json_is_one_request_per_batch_with_payloads_in_base64(sinks, destination, json_config):
    destination.script = [TAKEN]

    assert sinks.send(batch(json_config, b"\x00\xff", b"b", first=5)) == Delivered()

    common = {"streamName": "S", "ingestTime": 1_700_000_000_000}
    assert [json.loads(body) for body in destination.bodies] == [
        [
            {**common, "sequenceNumber": 5, "payload": "AP8="},
            {**common, "sequenceNumber": 6, "payload": "Yg=="},
        ]
    ]
    assert destination.headers[0]["Content-Type"] == "application/json"


@pytest.mark.parametrize("status", [200, 201, 204])
def test_every_2xx_is_a_success(sinks, destination, raw_config, status):
    destination.script = [answer(b"", status)]

    assert sinks.send(batch(raw_config, b"a")) == Delivered()


@pytest.mark.parametrize(
    ("status", "doubtful"), [(302, False), (400, False), (413, False), (500, True), (503, False)]
)
def test_every_other_status_is_tried_again(sinks, destination, json_config, status, doubtful):
    destination.script = [answer(b"", status, {"Location": destination.url})]

    result = sinks.send(batch(json_config, b"a"))

    assert isinstance(result, Failed) and not result.transport
    assert result.doubtful == doubtful and str(status) in result.reason
    assert len(destination.bodies) == 1


@pytest.mark.parametrize(
    ("act", "doubtful"), [(reset, False), (hang_up, False), (silence, True), (cut_short, True)]
)
def test_a_link_that_fails_is_told_from_a_server_that_does(
    impatient, destination, json_config, act, doubtful
):
    destination.script = [act]

    result = impatient.send(batch(json_config, b"a"))

    assert isinstance(result, Failed) and result.transport
    assert result.doubtful == doubtful


def test_nobody_listening_is_the_links_fault(sinks):
    result = sinks.send(batch(HTTPConfig(identifier="h", uri="http://127.0.0.1:9"), b"a"))

    assert (result.transport, result.doubtful) == (True, False)


def test_of_raw_messages_those_from_the_first_failure_on_are_sent_again(
    sinks, destination, raw_config
):
    destination.script = [TAKEN, TAKEN, answer(b"", 503), TAKEN]

    result = sinks.send(batch(raw_config, b"a", b"b", b"c", b"d"))

    assert (result.refused, result.skipped) == ((2, 3), ())
    assert "503" in result.reason
    assert destination.bodies == [b"a", b"b", b"c"]


def test_the_messages_of_a_batch_share_a_connection_and_leave_none_behind(
    sinks, destination, raw_config
):
    addresses = set()

    def noting(request, body):
        addresses.add(request.client_address)
        TAKEN(request, body)

    destination.script = [noting]

    sinks.send(batch(raw_config, b"a", b"b"))

    assert len(addresses) == 1
    wait_until(lambda: destination.closed == 1, seconds=5, what="the end of the connection")


@pytest.mark.parametrize(
    "uri", ["nonsense", "ftp://127.0.0.1/x", "http://", "http://[", "http://a..b"]
)
def test_an_address_that_is_none_is_a_failure_with_a_reason(sinks, uri):
    result = sinks.send(batch(HTTPConfig(identifier="h", uri=uri), b"a"))

    assert isinstance(result, Failed) and result.reason


def test_a_proxy_of_the_machine_is_not_asked_for_this_machine(
    sinks, destination, raw_config, monkeypatch
):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    destination.script = [TAKEN]

    assert sinks.send(batch(raw_config, b"a")) == Delivered()
