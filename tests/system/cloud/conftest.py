"""Clients of the session's LocalStack."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

REGION = "us-east-1"

Connect = Callable[..., Any]


@pytest.fixture(scope="session")
def connect(localstack) -> Connect:
    """Makes a client of a service, each once."""
    made: dict[tuple[str, str, str], Any] = {}

    def client(service: str, region: str = REGION, account: str = "test") -> Any:
        key = (service, region, account)
        if key not in made:
            made[key] = boto3.client(
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
def named(request) -> Iterator[str]:
    """A name of the test's own: the cloud is shared."""
    yield request.node.name.removeprefix("test_")[:40].strip("_")
