import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import botocore
import pytest
from botocore.config import Config

from system.aws.clients import MODELS, Cloud


class Answering(BaseHTTPRequestHandler):
    """Notes what it is asked and answers every request with the same JSON."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((self.command, self.path, dict(self.headers), body))
        answer = b'{"batchPutMessageErrorEntries": [{"messageId": "b", "errorCode": "Throttling"}]}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST  # noqa: N815 - the name is http.server's

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as running:
        running.requests = []
        running.url = f"http://127.0.0.1:{running.server_port}"
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_aws_settings(monkeypatch):
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_IOTANALYTICS", "LOCALSTACK_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "edge")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "edge")


@pytest.mark.parametrize("service", ["kinesis", "greengrass", "iotanalytics", "iot", "s3", "logs"])
def test_every_service_goes_to_the_endpoint(service):
    client = Cloud("http://127.0.0.1:4599", "eu-west-1").client(service)

    assert client.meta.endpoint_url == "http://127.0.0.1:4599"
    assert client.meta.region_name == "eu-west-1"


def test_an_endpoint_in_the_environment_does_not_overrule_the_one_that_is_given(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_KINESIS", "http://127.0.0.1:2")

    client = Cloud("http://127.0.0.1:4599", "us-east-1").client("kinesis")

    assert client.meta.endpoint_url == "http://127.0.0.1:4599"


def test_without_an_endpoint_botocores_own_variables_apply(monkeypatch, server):
    monkeypatch.setenv("AWS_ENDPOINT_URL_IOTANALYTICS", server.url)
    cloud = Cloud(None, "us-east-1")

    assert cloud.client("iotanalytics").meta.endpoint_url == server.url
    assert cloud.client("kinesis").meta.endpoint_url == "https://kinesis.us-east-1.amazonaws.com"


def test_without_any_endpoint_iot_analytics_is_where_aws_had_it():
    client = Cloud(None, "eu-west-1").client("iotanalytics")

    assert client.meta.endpoint_url == "https://iotanalytics.eu-west-1.amazonaws.com"


def test_the_caller_configures_time_outs(server):
    client = Cloud(server.url, "us-east-1").client("kinesis", Config(read_timeout=7))

    assert client.meta.config.read_timeout == 7


@pytest.mark.parametrize("endpoint", ["given", "from the environment"])
def test_a_proxy_of_the_machine_is_not_asked_for_this_machine(monkeypatch, server, endpoint):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_IOTANALYTICS", server.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    cloud = Cloud(server.url if endpoint == "given" else None, "us-east-1")

    cloud.client("iotanalytics").list_channels()

    assert len(server.requests) == 1


def test_the_variable_of_a_service_with_another_id_counts_for_the_proxy_too(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "http://localhost:1")

    client = Cloud(None, "us-east-1").client("logs")

    assert client.meta.config.proxies == {}


def test_a_batch_of_messages_is_put_as_the_service_wants_it(server):
    messages = [{"messageId": "a", "payload": b"1"}, {"messageId": "b", "payload": b"2"}]

    answer = (
        Cloud(server.url, "us-east-1")
        .client("iotanalytics")
        .batch_put_message(channelName="raw", messages=messages)
    )

    method, path, headers, body = server.requests[0]
    assert (method, path) == ("POST", "/messages/batch")
    assert "/us-east-1/iotanalytics/aws4_request" in headers["Authorization"]
    assert json.loads(body)["messages"][0] == {"messageId": "a", "payload": "MQ=="}
    assert answer["batchPutMessageErrorEntries"][0]["messageId"] == "b"


def test_boto3s_default_session_is_left_as_it_was():
    before = boto3.DEFAULT_SESSION

    Cloud("http://127.0.0.1:4599", "us-east-1").client("greengrass")

    assert boto3.DEFAULT_SESSION is before


def test_clients_can_be_made_in_several_threads():
    cloud, made = Cloud("http://127.0.0.1:4599", "us-east-1"), []
    threads = [
        threading.Thread(target=lambda: made.append(cloud.client("iotanalytics"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 8


def test_botocores_own_model_is_preferred_where_there_is_one(tmp_path):
    """In a process of its own: what a loader has seen stays with it."""
    model = json.loads((MODELS / "iotanalytics/2017-11-27/service-2.json").read_text())
    model["metadata"]["serviceFullName"] = "botocore's own"
    place = tmp_path / "iotanalytics" / "2017-11-27"
    place.mkdir(parents=True)
    (place / "service-2.json").write_text(json.dumps(model))
    program = (
        "from botocore.loaders import Loader\n"
        f"Loader.BUILTIN_DATA_PATH = {str(tmp_path)!r}\n"
        "import system.aws.clients as clients\n"
        "print(clients._core_session().get_service_model('iotanalytics').metadata['serviceFullName'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.strip() == "botocore's own"


def test_the_model_has_the_operations_that_are_used():
    operations = set(Cloud(None, "us-east-1").client("iotanalytics").meta.method_to_api_mapping)

    assert operations >= {
        f"{verb}_{thing}"
        for verb in ("create", "describe", "update", "delete")
        for thing in ("channel", "datastore", "pipeline", "dataset")
    }
    assert operations >= {"batch_put_message", "sample_channel_data", "get_dataset_content"}
    assert operations >= {"tag_resource", "untag_resource", "list_tags_for_resource"}


def test_lists_come_in_pages():
    client = Cloud(None, "us-east-1").client("iotanalytics")

    assert client.can_paginate("list_channels"), botocore.__version__
