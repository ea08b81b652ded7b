"""The part of the template that a core deploys: definitions, the group, its version and its deployment."""

from collections.abc import Iterator, Mapping
from typing import Any

from system.stack.application import (
    CLOUD,
    TIMEOUT_S,
    Application,
    Environment,
    Function,
    Subscription,
)
from system.stack.bundles import Bundle
from system.stack.names import COMPOSE_KEY, Names
from system.stack.parameters import StackParameters
from system.stack.resource import Kind, Reference, Resource, reference

AUTHORITY_KEY = "certificate-authority"
STREAM_MANAGER = "arn:aws:lambda:::function:GGStreamManager:1"
FILE_LOG_KB = 1024
# So much of a bundle's checksum as tells two bundles apart.
CHECKSUM_LETTERS = 12

DEFINITIONS = {
    "core": Kind.CORE_DEFINITION,
    "functions": Kind.FUNCTION_DEFINITION,
    "connectors": Kind.CONNECTOR_DEFINITION,
    "subscriptions": Kind.SUBSCRIPTION_DEFINITION,
    "loggers": Kind.LOGGER_DEFINITION,
    "devices": Kind.DEVICE_DEFINITION,
}
VERSION_MEMBERS = {
    "core": "CoreDefinitionVersionArn",
    "functions": "FunctionDefinitionVersionArn",
    "connectors": "ConnectorDefinitionVersionArn",
    "subscriptions": "SubscriptionDefinitionVersionArn",
    "loggers": "LoggerDefinitionVersionArn",
    "devices": "DeviceDefinitionVersionArn",
}


def group_resources(
    parameters: StackParameters, names: Names, bundles: Mapping[str, Bundle]
) -> Iterator[Resource]:
    """Definitions, group, group version and deployment."""
    application = names.application
    contents = {
        "core": _core(),
        "functions": _functions(parameters, application, bundles),
        "subscriptions": _subscriptions(application),
        "loggers": _loggers(),
    }
    if application.compose is not None:
        contents["connectors"] = _connectors(parameters, names)
    if application.devices:
        contents["devices"] = _devices(application)
    present = {what: kind for what, kind in DEFINITIONS.items() if what in contents}
    for what, kind in present.items():
        yield Resource(
            key=f"{what}-definition",
            kind=kind,
            name=names.definition(what),
            properties=contents[what],
        )
    yield Resource(
        key="group",
        kind=Kind.GROUP,
        name=names.stack,
        properties={"role": reference("group-role")},
    )
    if application.devices:
        yield Resource(
            key=AUTHORITY_KEY,
            kind=Kind.CERTIFICATE_AUTHORITY,
            name=names.stack,
            properties={},
            after=("group",),
        )
    yield Resource(
        key="group-version",
        kind=Kind.GROUP_VERSION,
        name=names.stack,
        properties={
            member: reference(f"{what}-definition", "version_arn")
            for what, member in VERSION_MEMBERS.items()
            if what in present
        },
        after=("group",),
    )
    yield Resource(
        key="deployment",
        kind=Kind.DEPLOYMENT,
        name=names.stack,
        properties={"version": reference("group-version", "id")},
        # A core that sees it fetches all of these at once.
        after=(
            "service-role",
            *(["compose-file"] if "connectors" in contents else []),
            *([AUTHORITY_KEY] if application.devices else []),
        ),
    )


def _core() -> dict[str, Any]:
    core = {
        "Id": "core",
        "ThingArn": reference("thing"),
        "CertificateArn": reference("certificate"),
        "SyncShadow": True,
    }
    return {"Cores": [core]}


def _devices(application: Application) -> dict[str, Any]:
    devices = [
        {
            "Id": device,
            "ThingArn": reference(thing_key(device)),
            "CertificateArn": reference(certificate_key(device)),
            "SyncShadow": False,
        }
        for device in application.devices
    ]
    return {"Devices": devices}


def thing_key(device: str) -> str:
    """By which the template refers to the thing of a device."""
    return f"device-{device}-thing"


def certificate_key(device: str) -> str:
    """By which the template refers to the certificate of a device."""
    return f"device-{device}-certificate"


def function_key(name: str) -> str:
    """By which the template refers to a Lambda function: no name of somebody's function is one of ours."""
    return f"function-{name}"


def _functions(
    parameters: StackParameters, application: Application, bundles: Mapping[str, Bundle]
) -> dict[str, Any]:
    manager = _entry("stream-manager", STREAM_MANAGER, parameters.stream_manager, pinned=True)
    own = [_function(each, bundles[each.name]) for each in application.functions]
    return {
        "DefaultConfig": {"Execution": {"IsolationMode": "NoContainer"}},
        "Functions": [manager, *own],
    }


def _function(function: Function, bundle: Bundle) -> dict[str, Any]:
    entry = _entry(
        # The alias stays when the code changes. The checksum makes it a change of the group, so that it is deployed.
        f"{function.name.replace('_', '-')}-{bundle.sha256[:CHECKSUM_LETTERS]}",
        reference(function_key(function.name), "alias_arn"),
        function.environment,
        pinned=function.pinned,
        encoding=function.encoding,
        timeout_s=function.timeout_s,
    )
    if function.memory_kb is not None:
        entry["FunctionConfiguration"]["MemorySize"] = function.memory_kb
    return entry


def _entry(
    identity: str,
    arn: str | Reference,
    environment: Environment,
    *,
    pinned: bool,
    encoding: str = "binary",
    timeout_s: int = TIMEOUT_S,
) -> dict[str, Any]:
    return {
        "Id": identity,
        "FunctionArn": arn,
        "FunctionConfiguration": {
            "EncodingType": encoding,
            "Pinned": pinned,
            "Timeout": timeout_s,
            "Environment": {"Variables": dict(environment)},
        },
    }


def _connectors(parameters: StackParameters, names: Names) -> dict[str, Any]:
    application = "connectors/DockerApplicationDeployment/versions/7"
    connector = {
        "Id": "docker-application",
        "ConnectorArn": f"arn:aws:greengrass:{parameters.region}::/{application}",
        "Parameters": {
            "DockerComposeFileS3Bucket": names.bucket,
            "DockerComposeFileS3Key": COMPOSE_KEY,
            "DockerComposeFileDestinationPath": "/opt",
        },
    }
    return {"Connectors": [connector]}


def _subscriptions(application: Application) -> dict[str, Any]:
    numbered = enumerate(application.subscriptions, start=1)
    return {
        "Subscriptions": [_subscription(application, number, each) for number, each in numbered]
    }


def _subscription(
    application: Application, number: int, subscription: Subscription
) -> dict[str, Any]:
    return {
        "Id": f"subscription-{number}",
        "Source": _end(application, subscription.source),
        "Subject": subscription.topic,
        "Target": _end(application, subscription.target),
    }


def _end(application: Application, name: str) -> str | Reference:
    if name == CLOUD:
        return name
    if name in application.devices:
        return reference(thing_key(name))
    return reference(function_key(name), "alias_arn")


def _loggers() -> dict[str, Any]:
    components = {"system": "GreengrassSystem", "functions": "Lambda"}
    to_file = [
        {
            "Id": f"{name}-file",
            "Component": component,
            "Level": "INFO",
            "Type": "FileSystem",
            "Space": FILE_LOG_KB,
        }
        for name, component in components.items()
    ]
    to_cloud = [
        {
            "Id": f"{name}-cloud",
            "Component": component,
            "Level": "WARN",
            "Type": "AWSCloudWatch",
        }
        for name, component in components.items()
    ]
    return {"Loggers": [*to_file, *to_cloud]}
