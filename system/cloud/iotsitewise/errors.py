"""The errors of IoT SiteWise, in the shapes of its model."""

from system.cloud.service import ServiceError

RESOURCE_TYPE = "TIME_SERIES"


def not_found(what: str) -> ServiceError:
    """A data stream that is not there."""
    return ServiceError(
        "ResourceNotFoundException",
        f"There is no data stream {what}",
        404,
        resourceId=what,
        resourceType=RESOURCE_TYPE,
    )


def invalid_request(message: str) -> ServiceError:
    """A request that cannot be served as it is."""
    return ServiceError("InvalidRequestException", message, 400)


def conflict(what: str) -> ServiceError:
    """Two values of one property for one moment in one request."""
    return ServiceError(
        "ConflictingOperationException",
        f"The request has two values of {what} for one timestamp",
        409,
        resourceId=what,
        resourceArn="",
    )
