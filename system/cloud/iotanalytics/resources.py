"""What the four kinds of resources have in common: create under a free name, find, list in pages, tag."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from localstack.aws.api import RequestContext

from system.cloud.iotanalytics import errors
from system.cloud.iotanalytics.store import Resource, store_of
from system.cloud.service import Answer, Handler, Request, arn

PAGE_MAX = 250

# The service's quotas for one account and region.
LIMITS = {"channel": 50, "datastore": 25, "pipeline": 100, "dataset": 100}

R = TypeVar("R", bound=Resource)


def of_kind(context: RequestContext, kind: str) -> dict[str, Any]:
    """All resources of a kind."""
    found: dict[str, Any] = getattr(store_of(context), f"{kind}s")
    return found


def identity(context: RequestContext, kind: str, request: Request) -> dict[str, Any]:
    """The members of a new resource that its name decides.

    Raises:
        ServiceError: the name is taken, or there are too many.
    """
    name, there = request[f"{kind}Name"], of_kind(context, kind)
    its_arn = arn(context, "iotanalytics", f"{kind}/{name}")
    if name in there:
        raise errors.already_exists(kind.capitalize(), name, its_arn)
    if len(there) >= LIMITS[kind]:
        raise errors.limit_exceeded(kind, LIMITS[kind])
    return {
        "name": name,
        "arn": its_arn,
        "account": context.account_id,
        "region": context.region,
        "tags": {each["key"]: each["value"] for each in request.get("tags") or []},
    }


def existing(there: Mapping[str, R], kind: str, request: Request) -> R:
    """The resource that a request names.

    Raises:
        ServiceError: it is not there.
    """
    name = request[f"{kind}Name"]
    if name not in there:
        raise errors.not_found(kind.capitalize(), name)
    return there[name]


def page(items: list[dict[str, Any]], request: Request, member: str) -> dict[str, Any]:
    """One page of a list; the token is the place of the next one."""
    token = request.get("nextToken") or "0"
    if not token.isdecimal():
        raise errors.invalid_request("nextToken is not valid")
    begin, size = int(token), request.get("maxResults") or PAGE_MAX
    answer: dict[str, Any] = {member: items[begin : begin + size]}
    return {**answer, "nextToken": str(begin + size)} if begin + size < len(items) else answer


def without_nothing(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer without the members that have no value."""
    return {name: value for name, value in answer.items() if value is not None}


def times(resource: Resource) -> dict[str, Any]:
    """When a resource was made and changed."""
    return {"creationTime": resource.created, "lastUpdateTime": resource.updated}


def _tagged(context: RequestContext, request: Request) -> Resource:
    for resource in _all(context):
        if resource.arn == request["resourceArn"]:
            return resource
    raise errors.not_found("Resource", request["resourceArn"])


def _all(context: RequestContext) -> Iterator[Resource]:
    for kind in LIMITS:
        yield from of_kind(context, kind).values()


def tag(context: RequestContext, request: Request) -> Answer:
    """Add tags."""
    _tagged(context, request).tags.update({each["key"]: each["value"] for each in request["tags"]})
    return {}


def untag(context: RequestContext, request: Request) -> Answer:
    """Remove tags."""
    for key in request["tagKeys"]:
        _tagged(context, request).tags.pop(key, None)
    return {}


def list_tags(context: RequestContext, request: Request) -> Answer:
    """The tags of a resource."""
    tags = _tagged(context, request).tags
    return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}


def put_logging(context: RequestContext, request: Request) -> Answer:
    """Note the logging options; nothing is logged by them."""
    store_of(context).logging = dict(request["loggingOptions"])
    return {}


def describe_logging(context: RequestContext, _request: Request) -> Answer:
    """The logging options."""
    options = store_of(context).logging
    if not options:
        raise errors.not_found("Logging options of", context.account_id)
    return {"loggingOptions": dict(options)}


TABLE: dict[str, Handler] = {
    "TagResource": tag,
    "UntagResource": untag,
    "ListTagsForResource": list_tags,
    "PutLoggingOptions": put_logging,
    "DescribeLoggingOptions": describe_logging,
}
