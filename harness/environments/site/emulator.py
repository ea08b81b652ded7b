"""LocalStack, wherever it runs: its settings, whether it answers, and the first requests that make it load."""

import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

import requests

from harness.tools.localstack import KINESIS_LOCAL_VERSION

SERVICES = (
    "greengrass",
    "iam",
    "iot",
    "iotanalytics",
    "iotsitewise",
    "kinesis",
    "lambda",
    "logs",
    "s3",
    "sts",
)
HEALTH_TIMEOUT_S = 2.0
WARM_UP_TIMEOUT_S = 30.0

SETTINGS = {
    "PYTHONUNBUFFERED": "1",
    # It makes boto3 clients of its own. Without these they would look for this machine's identity: in the user's
    # files, then at the address where an EC2 instance finds it, and wait for an answer.
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "SERVICES": ",".join(SERVICES),
    "STRICT_SERVICE_LOADING": "1",
    "EAGER_SERVICE_LOADING": "0",
    "KINESIS_MOCK_VERSION": KINESIS_LOCAL_VERSION,
    "KINESIS_LATENCY": "0",
    "SKIP_SSL_CERT_DOWNLOAD": "1",
    "DISABLE_EVENTS": "1",
    "DISABLE_CORS_CHECKS": "1",
    "DNS_ADDRESS": "0",
}
"""Variables that are the same wherever it runs."""


def services(endpoint: str) -> dict[str, str]:
    """What it says of each service; empty while it does not answer."""
    with suppress(requests.RequestException, ValueError):
        answer = requests.get(f"{endpoint}/_localstack/health", timeout=HEALTH_TIMEOUT_S)
        if answer.ok:
            told: dict[str, str] = answer.json()["services"]
            return told
    return {}


def warm_up(endpoint: str) -> Callable[[], None]:
    """Let the services that take a moment to start do so while others stand up the rest.

    Returns:
        What waits for Kinesis: requests that come while its Node starts are answered with an internal error.
    """
    threads = {
        service: threading.Thread(
            target=_first_call,
            args=(endpoint, service, call),
            name=f"warm-up-{service}",
            daemon=True,
        )
        for service, call in _FIRST_CALLS.items()
    }
    for thread in threads.values():
        thread.start()
    return threads["kinesis"].join


def _first_call(
    endpoint: str, service: str, call: Callable[[str, Mapping[str, str]], object]
) -> None:
    signed_for = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/"
        f"{service}/aws4_request, SignedHeaders=host, Signature=0"
    }
    with suppress(requests.RequestException):
        call(endpoint, signed_for)


def _list_streams(endpoint: str, headers: Mapping[str, str]) -> object:
    target = {
        "X-Amz-Target": "Kinesis_20131202.ListStreams",
        "Content-Type": "application/x-amz-json-1.1",
    }
    return requests.post(
        endpoint, data="{}", headers={**headers, **target}, timeout=WARM_UP_TIMEOUT_S
    )


def _get(path: str) -> Callable[[str, Mapping[str, str]], object]:
    return lambda endpoint, headers: requests.get(
        f"{endpoint}{path}", headers=dict(headers), timeout=WARM_UP_TIMEOUT_S
    )


# One harmless read each: it makes LocalStack load the service, and Kinesis start its Node.
_FIRST_CALLS = {
    "kinesis": _list_streams,
    "s3": _get("/"),
    "lambda": _get("/2015-03-31/functions/"),
    "iot": _get("/things"),
    "greengrass": _get("/greengrass/groups"),
    "iotanalytics": _get("/channels"),
    "iotsitewise": _get("/timeseries/"),
}
