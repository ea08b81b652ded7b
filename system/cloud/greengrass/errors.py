"""The errors of Greengrass. The model names but two; these codes are what the service sends."""

import json

from system.cloud.service import ServiceError


def id_not_found(kind: str) -> ServiceError:
    """A definition or group that is not there."""
    return ServiceError("IdNotFoundException", f"That {kind} definition does not exist.", 404)


def version_not_found(kind: str, identity: str, version: str) -> ServiceError:
    """A version that the definition or group does not have."""
    return ServiceError(
        "VersionNotFoundException",
        f"Version {version} of {kind} Definition {identity} does not exist.",
        404,
    )


def resource_not_found(message: str) -> ServiceError:
    """Something else that is not there."""
    return ServiceError("ResourceNotFoundException", message, 404)


def invalid_input(message: str) -> ServiceError:
    """A request that cannot be understood."""
    return ServiceError("InvalidInputException", message, 400)


def invalid_definition(message: str) -> ServiceError:
    """A definition that contradicts itself."""
    return ServiceError("InvalidContainerDefinitionException", message, 400)


def corrupted_group(details: list[str]) -> ServiceError:
    """A group version that names what is not there."""
    return ServiceError(
        "400",
        f"The group is invalid or corrupted. (ErrorDetails: [{', '.join(details)}])",
        400,
    )


def missing_core() -> ServiceError:
    """A group without core cannot be deployed."""
    message = "You need a Greengrass Core in this Group before you can deploy."
    details = [{"DetailedErrorCode": "GG-303", "DetailedErrorMessage": message}]
    return ServiceError("MissingCoreException", json.dumps({"ErrorDetails": details}), 400)


def bad_request(message: str) -> ServiceError:
    """A request that the state of things forbids."""
    return ServiceError("BadRequestException", message, 400, Message=message)
