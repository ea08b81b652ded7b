"""The service `iotsitewise`, for LocalStack."""

from localstack.aws.api import RequestContext
from localstack.services.plugins import Service

from system.cloud.checking import problems
from system.cloud.iotsitewise import series, values
from system.cloud.iotsitewise.errors import invalid_request
from system.cloud.service import Answer, Handler, Request, create_service


def _checked(handler: Handler) -> Handler:
    def handle(context: RequestContext, request: Request) -> Answer:
        # LocalStack makes empty lists of those that are absent from a query.
        given = {name: value for name, value in request.items() if value != []}
        if wrong := list(problems(given, context.operation.input_shape)):
            raise invalid_request("; ".join(wrong))
        return handler(context, given)

    return handle


def create() -> Service:
    """The service, with all its operations checked against its model."""
    table = {**series.TABLE, **values.TABLE}
    return create_service("iotsitewise", {name: _checked(each) for name, each in table.items()})
