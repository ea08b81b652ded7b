"""The template: what a site has in the cloud. Pure; the same parameters and bundles give the same resources."""

import hashlib
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from system.stack import policies
from system.stack.application import Application, Function
from system.stack.bundles import Bundle
from system.stack.greengrass_group import (
    certificate_key,
    function_key,
    group_resources,
    thing_key,
)
from system.stack.names import Names
from system.stack.parameters import StackParameters
from system.stack.policies import channel_key, kinesis_key
from system.stack.resource import Kind, Resource, reference

RUNTIME = f"python3.{sys.version_info.minor}"
"""Of the bundles: they may hold compiled modules, so it is the interpreter that packs and, here, runs them."""

# One shard: with several, records of one stream would overtake each other.
SHARDS = 1
MANAGED_BY_SERVICE: dict[str, Any] = {"serviceManagedS3": {}}
CONTENT_DAYS = 30
QUERY_MINUTES = 15
SCHEDULE = "rate(5 minutes)"


def template(parameters: StackParameters, bundles: Mapping[str, Bundle]) -> list[Resource]:
    """Every resource of a stack.

    Args:
        bundles: of every function of the application, by its name.
    """
    names = Names(parameters)
    application = names.application
    return [
        *_source(application, names),
        *(_channel(each) for each in application.channels),
        *([] if parameters.application else _analytics(names, application.channels[0])),
        *_kinesis(names),
        *_core(names),
        *(each for device in application.devices for each in _device(names, device)),
        *_roles(names),
        *(_function(names, each, bundles[each.name]) for each in application.functions),
        *group_resources(parameters, names, bundles),
    ]


def _source(application: Application, names: Names) -> Iterator[Resource]:
    yield Resource(key="bucket", kind=Kind.BUCKET, name=names.bucket, properties={"private": True})
    if application.compose is None:
        return
    content = application.compose.encode()
    yield Resource(
        key="compose-file",
        kind=Kind.OBJECT,
        name=names.compose_file,
        properties={"sha256": hashlib.sha256(content).hexdigest()},
        payload=content,
        after=("bucket",),
    )


def _channel(name: str) -> Resource:
    return Resource(
        key=channel_key(name),
        kind=Kind.CHANNEL,
        name=name,
        properties={
            "channelStorage": MANAGED_BY_SERVICE,
            "retentionPeriod": {"unlimited": True},
        },
    )


def _analytics(names: Names, channel: str) -> Iterator[Resource]:
    """What becomes of the raw readings behind their channel."""
    datastore = names.analytics("datastore")
    yield Resource(
        key="datastore",
        kind=Kind.DATASTORE,
        name=datastore,
        properties={
            "datastoreStorage": MANAGED_BY_SERVICE,
            "retentionPeriod": {"unlimited": True},
        },
    )
    yield Resource(
        key="pipeline",
        kind=Kind.PIPELINE,
        name=names.analytics("pipeline"),
        properties={"pipelineActivities": _activities(channel, datastore)},
        after=(channel_key(channel), "datastore"),
    )
    yield Resource(
        key="dataset",
        kind=Kind.DATASET,
        name=names.analytics("dataset"),
        properties=_dataset(datastore),
        after=("datastore",),
    )


def _activities(channel: str, datastore: str) -> list[dict[str, Any]]:
    return [
        {"channel": {"name": "source", "channelName": channel, "next": "sink"}},
        {"datastore": {"name": "sink", "datastoreName": datastore}},
    ]


def _dataset(datastore: str) -> dict[str, Any]:
    # The day, by which the data is stored, keeps the service from reading all of it.
    sql = (
        f"SELECT * FROM {datastore} WHERE __dt >= current_date - interval '1' day AND "
        f"from_unixtime(timestamp) > now() - interval '{QUERY_MINUTES}' minute"
    )
    return {
        "actions": [{"actionName": "recent", "queryAction": {"sqlQuery": sql}}],
        "triggers": [{"schedule": {"expression": SCHEDULE}}],
        "retentionPeriod": {"unlimited": False, "numberOfDays": CONTENT_DAYS},
    }


def _kinesis(names: Names) -> Iterator[Resource]:
    for stream in names.kinesis_streams:
        yield Resource(
            key=kinesis_key(stream),
            kind=Kind.KINESIS_STREAM,
            name=stream,
            properties={"shards": SHARDS, "stack": names.stack},
        )


def _core(names: Names) -> Iterator[Resource]:
    keys = ("thing", "core-policy", "certificate")
    return _identity(keys, names.stack, names.definition("core"), policies.core_policy())


def _device(names: Names, device: str) -> Iterator[Resource]:
    keys = (thing_key(device), f"device-{device}-policy", certificate_key(device))
    thing = names.device(device)
    return _identity(keys, thing, thing, policies.device_policy())


def _identity(
    keys: tuple[str, str, str], thing: str, policy: str, document: policies.Document
) -> Iterator[Resource]:
    """A thing, its policy and its certificate."""
    thing_itself, policy_itself, certificate = keys
    yield Resource(key=thing_itself, kind=Kind.THING, name=thing, properties={})
    yield Resource(
        key=policy_itself,
        kind=Kind.IOT_POLICY,
        name=policy,
        properties={"document": document},
    )
    yield Resource(
        key=certificate,
        kind=Kind.CERTIFICATE,
        name=thing,
        properties={
            "policy": policy,
            "thing": thing,
            "status": "ACTIVE",
            "private_key": "known",
        },
        after=(thing_itself, policy_itself),
    )


def _roles(names: Names) -> Iterator[Resource]:
    yield Resource(
        key="group-role",
        kind=Kind.ROLE,
        name=names.role("greengrass"),
        properties={
            "trust": policies.trust("greengrass"),
            "policy": policies.group_policy(names),
        },
    )
    yield Resource(
        key="service-role",
        kind=Kind.SERVICE_ROLE,
        name=names.role("greengrass"),
        properties={"role": reference("group-role")},
    )
    yield Resource(
        key="function-role",
        kind=Kind.ROLE,
        name=names.role("lambda"),
        properties={"trust": policies.trust("lambda"), "policy": policies.function_policy()},
    )


def _function(names: Names, function: Function, bundle: Bundle) -> Resource:
    return Resource(
        key=function_key(function.name),
        kind=Kind.FUNCTION,
        name=names.function(function),
        properties={
            "handler": function.handler,
            "runtime": RUNTIME,
            "role": reference("function-role"),
            "code_sha256": bundle.sha256,
        },
        payload=bundle.content,
    )
