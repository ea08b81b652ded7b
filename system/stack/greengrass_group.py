"""The part of the template that a core deploys: definitions, the group, its version and its deployment."""

from collections.abc import Iterator, Mapping
from typing import Any

from system.stack.bundles import Bundle
from system.stack.names import COMPOSE_KEY, Names
from system.stack.parameters import AGGREGATE_STREAM, Environment, StackParameters
from system.stack.resource import Kind, Reference, Resource, reference

STREAM_MANAGER = "arn:aws:lambda:::function:GGStreamManager:1"
RAW_STREAM = "LocalDataStream"
SENSOR_TOPIC = "sensor_data"
TIMEOUT_S = 3
FILE_LOG_KB = 1024
# So much of a bundle's checksum as tells two bundles apart.
CHECKSUM_LETTERS = 12

DEFINITIONS = {
    "core": Kind.CORE_DEFINITION,
    "functions": Kind.FUNCTION_DEFINITION,
    "connectors": Kind.CONNECTOR_DEFINITION,
    "subscriptions": Kind.SUBSCRIPTION_DEFINITION,
    "loggers": Kind.LOGGER_DEFINITION,
}
VERSION_MEMBERS = {
    "core": "CoreDefinitionVersionArn",
    "functions": "FunctionDefinitionVersionArn",
    "connectors": "ConnectorDefinitionVersionArn",
    "subscriptions": "SubscriptionDefinitionVersionArn",
    "loggers": "LoggerDefinitionVersionArn",
}


def group_resources(
    parameters: StackParameters, names: Names, bundles: Mapping[str, Bundle]
) -> Iterator[Resource]:
    """Definitions, group, group version and deployment."""
    contents = {
        "core": _core(),
        "functions": _functions(parameters, names, bundles),
        "connectors": _connectors(parameters, names),
        "subscriptions": _subscriptions(parameters),
        "loggers": _loggers(),
    }
    for what, kind in DEFINITIONS.items():
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
    yield Resource(
        key="group-version",
        kind=Kind.GROUP_VERSION,
        name=names.stack,
        properties={
            member: reference(f"{what}-definition", "version_arn")
            for what, member in VERSION_MEMBERS.items()
        },
        after=("group",),
    )
    yield Resource(
        key="deployment",
        kind=Kind.DEPLOYMENT,
        name=names.stack,
        properties={"version": reference("group-version", "id")},
        # A core that sees it fetches all of these at once.
        after=("service-role", "compose-file"),
    )


def _core() -> dict[str, Any]:
    core = {
        "Id": "core",
        "ThingArn": reference("thing"),
        "CertificateArn": reference("certificate"),
        "SyncShadow": True,
    }
    return {"Cores": [core]}


def function_environments(parameters: StackParameters, names: Names) -> Mapping[str, Environment]:
    """The environment of each function: what it needs, then what the parameters say."""
    raw_stream = parameters.stream_producer.get("LOCAL_STREAM", RAW_STREAM)
    needed: dict[str, Environment] = {
        "sensor_source": {"SENSOR_API_PORT": str(parameters.sensor_api_port)},
        "stream_producer": {"STREAM_MANAGER_CHANNEL": names.channel},
        "stream_aggregator": {
            "LOCAL_DATA_STREAM": raw_stream,
            "KINESIS_DATA_STREAM": AGGREGATE_STREAM,
            "AGGREGATE_API_PORT": str(parameters.aggregate_api_port),
        },
    }
    return {
        function: {**environment, **getattr(parameters, function)}
        for function, environment in needed.items()
    }


def _functions(
    parameters: StackParameters, names: Names, bundles: Mapping[str, Bundle]
) -> dict[str, Any]:
    pinned = {"sensor_source": True, "stream_producer": False, "stream_aggregator": True}
    environments = function_environments(parameters, names)
    functions = [
        # The alias stays when the code changes. The checksum makes it a change of the group, so that it is deployed.
        _entry(
            f"{function.replace('_', '-')}-{bundles[function].sha256[:CHECKSUM_LETTERS]}",
            reference(function, "alias_arn"),
            environments[function],
            pinned=pinned[function],
        )
        for function in pinned
    ]
    manager = _entry("stream-manager", STREAM_MANAGER, parameters.stream_manager, pinned=True)
    return {
        "DefaultConfig": {"Execution": {"IsolationMode": "NoContainer"}},
        "Functions": [manager, *functions],
    }


def _entry(
    identity: str, arn: str | Reference, environment: Environment, *, pinned: bool
) -> dict[str, Any]:
    return {
        "Id": identity,
        "FunctionArn": arn,
        "FunctionConfiguration": {
            "EncodingType": "binary",
            "Pinned": pinned,
            "Timeout": TIMEOUT_S,
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


def _subscriptions(parameters: StackParameters) -> dict[str, Any]:
    subscription = {
        "Id": "readings",
        "Source": reference("sensor_source", "alias_arn"),
        "Subject": parameters.sensor_source.get("SENSOR_TOPIC", SENSOR_TOPIC),
        "Target": reference("stream_producer", "alias_arn"),
    }
    return {"Subscriptions": [subscription]}


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
