"""How our services meet LocalStack: a table from operation to handler, and errors in the services' own shape."""

from collections.abc import Callable, Mapping
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.plugins import Service

Request = Mapping[str, Any]
Answer = dict[str, Any] | None
Handler = Callable[[RequestContext, Request], Answer]


class ServiceError(CommonServiceException):  # type: ignore[misc]
    """An error as the service itself would report it.

    Args:
        code: name of the error in the service's model.
        message: what is wrong.
        status: of the HTTP answer.
        details: further members of the error's shape.
    """

    def __init__(self, code: str, message: str, status: int, **details: str) -> None:
        super().__init__(code=code, message=message, status_code=status, sender_fault=True)
        for name, value in details.items():
            setattr(self, name, value)


def create_service(name: str, table: Mapping[str, Handler]) -> Service:
    """A service that answers the operations of a table; LocalStack refuses the others as not implemented."""
    return Service(name=name, skeleton=Skeleton(load_service(name), dict(table)))


def arn(context: RequestContext, service: str, resource: str) -> str:
    """The ARN of a resource of the caller's account and region."""
    return f"arn:{context.partition}:{service}:{context.region}:{context.account_id}:{resource}"
