"""Which adapter serves which kind."""

from collections.abc import Mapping

from system.stack.adapters import iot_analytics
from system.stack.adapters.functions import FunctionAdapter
from system.stack.adapters.greengrass import (
    AuthorityAdapter,
    DefinitionAdapter,
    DeploymentAdapter,
    GroupAdapter,
    GroupVersionAdapter,
    ServiceRoleAdapter,
)
from system.stack.adapters.iam import RoleAdapter
from system.stack.adapters.iot import CertificateAdapter, PolicyAdapter, ThingAdapter
from system.stack.adapters.iot_analytics import AnalyticsAdapter
from system.stack.adapters.kinesis import KinesisAdapter
from system.stack.adapters.port import Adapter, Clients
from system.stack.adapters.s3 import BucketAdapter, ObjectAdapter
from system.stack.parameters import StackParameters
from system.stack.resource import Kind
from system.stack.state import Keys

DEFINITIONS = {
    Kind.CORE_DEFINITION: "Core",
    Kind.FUNCTION_DEFINITION: "Function",
    Kind.CONNECTOR_DEFINITION: "Connector",
    Kind.SUBSCRIPTION_DEFINITION: "Subscription",
    Kind.LOGGER_DEFINITION: "Logger",
    Kind.DEVICE_DEFINITION: "Device",
}
ANALYTICS = {
    Kind.CHANNEL: iot_analytics.CHANNEL,
    Kind.DATASTORE: iot_analytics.DATASTORE,
    Kind.PIPELINE: iot_analytics.PIPELINE,
    Kind.DATASET: iot_analytics.DATASET,
}


def all_adapters(
    clients: Clients, parameters: StackParameters, *, keys: Keys
) -> Mapping[Kind, Adapter]:
    """An adapter for each kind."""
    stack = parameters.name
    return {
        Kind.BUCKET: BucketAdapter(clients=clients, region=parameters.region),
        Kind.OBJECT: ObjectAdapter(clients=clients),
        **{
            kind: AnalyticsAdapter(clients=clients, stack=stack, kind=each)
            for kind, each in ANALYTICS.items()
        },
        Kind.KINESIS_STREAM: KinesisAdapter(clients=clients, stack=stack),
        Kind.THING: ThingAdapter(clients=clients),
        Kind.IOT_POLICY: PolicyAdapter(clients=clients, stack=stack),
        Kind.CERTIFICATE: CertificateAdapter(clients=clients, keys=keys),
        Kind.ROLE: RoleAdapter(clients=clients, stack=stack),
        Kind.SERVICE_ROLE: ServiceRoleAdapter(clients=clients),
        Kind.FUNCTION: FunctionAdapter(clients=clients, stack=stack),
        **{
            kind: DefinitionAdapter(clients=clients, stack=stack, word=word)
            for kind, word in DEFINITIONS.items()
        },
        Kind.GROUP: GroupAdapter(clients=clients, stack=stack),
        Kind.CERTIFICATE_AUTHORITY: AuthorityAdapter(clients=clients),
        Kind.GROUP_VERSION: GroupVersionAdapter(clients=clients),
        Kind.DEPLOYMENT: DeploymentAdapter(clients=clients),
    }
