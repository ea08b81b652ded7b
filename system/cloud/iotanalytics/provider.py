"""The service `iotanalytics`, for LocalStack."""

from localstack.aws.api import RequestContext
from localstack.services.plugins import Service

from system.cloud.checking import problems
from system.cloud.iotanalytics import channels, datasets, datastores, pipelines, resources
from system.cloud.iotanalytics.errors import invalid_request
from system.cloud.iotanalytics.store import LOCK
from system.cloud.service import Answer, Handler, Request, create_service

MEMBER_BY_MEMBER = "messages["
"""A bad message is reported by itself and does not spoil its batch."""


def _checked(handler: Handler) -> Handler:
    def handle(context: RequestContext, request: Request) -> Answer:
        found = problems(dict(request), context.operation.input_shape)
        if wrong := [each for each in found if MEMBER_BY_MEMBER not in each]:
            raise invalid_request("; ".join(wrong))
        return handler(context, request)

    return handle


def _locked(handler: Handler) -> Handler:
    def handle(context: RequestContext, request: Request) -> Answer:
        with LOCK:
            return handler(context, request)

    return handle


def create() -> Service:
    """The service, with all its operations checked against its model."""
    parts = (channels, pipelines, datastores, datasets, resources)
    locked = {name: _locked(each) for part in parts for name, each in part.TABLE.items()}
    table = {**locked, **channels.UNLOCKED}
    return create_service("iotanalytics", {name: _checked(each) for name, each in table.items()})
