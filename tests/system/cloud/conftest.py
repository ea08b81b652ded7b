"""Clients of the session's LocalStack."""

import re
from collections.abc import Callable
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config

from harness.tools.localstack import ensure_localstack

REGION = "us-east-1"

Connect = Callable[..., Any]


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """With the model of `iotanalytics` that LocalStack's botocore still has and ours may not: not written by us."""
    environment = ensure_localstack(print).python.parents[1]
    (data,) = environment.glob("lib/python3*/site-packages/botocore/data")
    core = botocore.session.Session()
    core.get_component("data_loader").search_paths.append(str(data))
    return boto3.Session(botocore_session=core)


@pytest.fixture(scope="session")
def connect(localstack, session) -> Connect:
    """Makes a client of a service, each once."""
    made: dict[tuple[str, str, str], Any] = {}

    def client(service: str, region: str = REGION, account: str = "test") -> Any:
        key = (service, region, account)
        if key not in made:
            made[key] = session.client(
                service,
                endpoint_url=localstack.endpoint,
                region_name=region,
                aws_access_key_id=account,
                aws_secret_access_key="test",
                config=Config(retries={"total_max_attempts": 1, "mode": "standard"}),
            )
        return made[key]

    return client


@pytest.fixture
def named(request) -> str:
    """A name of the test's own: the cloud is shared."""
    name: str = request.node.name.removeprefix("test_")[:40]
    return re.sub(r"\W", "_", name).strip("_")
