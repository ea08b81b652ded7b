"""The operations of `iot`: moto's, but for those that are mended."""

from localstack.aws.api import RequestContext
from localstack.aws.spec import load_service
from localstack.services.moto import call_moto
from localstack.services.plugins import Service

from system.cloud.service import Answer, Handler, Request, create_service


def _by_moto(context: RequestContext, _request: Request) -> Answer:
    answer: Answer = call_moto(context)
    return answer


MENDED: dict[str, Handler] = {}


def create() -> Service:
    """The service, for LocalStack."""
    operations = load_service("iot").operation_names
    return create_service("iot", {name: MENDED.get(name, _by_moto) for name in operations})
