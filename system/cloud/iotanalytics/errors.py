"""The errors of IoT Analytics, in the shapes of its model."""

from system.cloud.service import ServiceError


def not_found(kind: str, name: str) -> ServiceError:
    """A resource that is not there."""
    return ServiceError("ResourceNotFoundException", f"{kind} {name} not found", 404)


def already_exists(kind: str, name: str, arn: str) -> ServiceError:
    """A resource whose name is taken."""
    message = f"{kind} {name} already exists"
    return ServiceError(
        "ResourceAlreadyExistsException", message, 409, resourceId=name, resourceArn=arn
    )


def invalid_request(message: str) -> ServiceError:
    """A request that cannot be served as it is."""
    return ServiceError("InvalidRequestException", message, 400)


def limit_exceeded(kind: str, limit: int) -> ServiceError:
    """One resource too many. This service answers 410, unlike others."""
    return ServiceError("LimitExceededException", f"There are {limit} {kind}s already", 410)


def internal_failure(message: str) -> ServiceError:
    """What should not have happened."""
    return ServiceError("InternalFailureException", message, 500)
