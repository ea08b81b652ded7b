"""The operations of `iot`: moto's, but for those that are mended."""

import hashlib
import re

from localstack.aws.api import RequestContext
from localstack.aws.spec import load_service
from localstack.services.moto import call_moto
from localstack.services.plugins import Service

from system.cloud.service import Answer, Handler, Request, create_service

HOST_LETTERS = 13


def _by_moto(context: RequestContext, _request: Request) -> Answer:
    answer: Answer = call_moto(context)
    return answer


def _describe_endpoint(context: RequestContext, request: Request) -> Answer:
    """As moto, which makes up another host for each request; an account's own never changes."""
    answer = _by_moto(context, request)
    assert answer is not None
    identity = hashlib.sha256(f"{context.account_id} {context.region}".encode()).hexdigest()
    own = f"a{identity[:HOST_LETTERS]}"
    return {**answer, "endpointAddress": re.sub(r"^[a-z0-9]+", own, answer["endpointAddress"])}


MENDED: dict[str, Handler] = {"DescribeEndpoint": _describe_endpoint}


def create() -> Service:
    """The service, for LocalStack."""
    operations = load_service("iot").operation_names
    return create_service("iot", {name: MENDED.get(name, _by_moto) for name in operations})
