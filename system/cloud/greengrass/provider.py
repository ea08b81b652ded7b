"""The service `greengrass`, for LocalStack."""

from localstack.aws.api import RequestContext
from localstack.services.plugins import Service

from system.cloud.checking import problems
from system.cloud.greengrass import authorities, broker_certificate, deployments, roles
from system.cloud.greengrass.definitions import Operations
from system.cloud.greengrass.errors import invalid_input
from system.cloud.greengrass.kinds import KINDS
from system.cloud.greengrass.store import LOCK
from system.cloud.service import Answer, Handler, Request, create_service


def _checked(handler: Handler) -> Handler:
    def handle(context: RequestContext, request: Request) -> Answer:
        if wrong := list(problems(dict(request), context.operation.input_shape)):
            raise invalid_input(f"The request is not valid: {'; '.join(wrong)}.")
        with LOCK:
            return handler(context, request)

    return handle


def create() -> Service:
    """The service, with all its operations checked against its model."""
    table: dict[str, Handler] = {**deployments.TABLE, **roles.TABLE, **authorities.TABLE}
    for kind in KINDS:
        table |= Operations(kind=kind).table()
    broker_certificate.serve()
    return create_service("greengrass", {name: _checked(each) for name, each in table.items()})
