"""The ARNs that a v1 core meets, and what it makes of them."""

import re
from dataclasses import dataclass

SYSTEM_PREFIX = "arn:aws:lambda:::function:"
ROUTER_ARN = f"{SYSTEM_PREFIX}GGRouter"
SHADOW_ARN = f"{SYSTEM_PREFIX}GGShadowService"
SECRETS_ARN = f"{SYSTEM_PREFIX}GGSecretManager:1"
STREAM_MANAGER_NAME = "GGStreamManager"
SPOOLER_NAME = "GGCloudSpooler"

CLOUD = "cloud"

_FUNCTION = re.compile(
    r"^(?P<unqualified>arn:aws(?:-[a-z]+)*:lambda"
    r":(?P<region>[a-z0-9-]*):(?P<account>\d*):function:(?P<name>[\w-]+))(?::(?P<qualifier>\$LATEST|[\w-]+))?$"
)
_THING = re.compile(
    r"^arn:aws(?:-[a-z]+)*:iot:(?P<region>[a-z0-9-]+):(?P<account>\d+):thing/(?P<name>[\w:-]+)$"
)
_CONNECTOR = re.compile(
    r"^arn:aws(?:-[a-z]+)*:greengrass:(?P<region>[a-z0-9-]*):\d*:/connectors/(?P<name>\w+)/versions/(?P<version>\d+)$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionArn:
    """A Lambda function's ARN in its parts; region and account of a system function are empty."""

    unqualified: str
    region: str
    account: str
    name: str
    qualifier: str

    def qualified(self, qualifier: str) -> str:
        """The ARN of another version of it."""
        return f"{self.unqualified}:{qualifier}"

    @property
    def system(self) -> bool:
        """Whether it is one of the core's own functions."""
        return self.unqualified.startswith(SYSTEM_PREFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingArn:
    """The identity of the core."""

    arn: str
    region: str
    account: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorArn:
    """A connector and its version."""

    arn: str
    region: str
    name: str
    version: int


def parse_function_arn(arn: str) -> FunctionArn | None:
    """The parts of a function's ARN; None: it is none."""
    found = _FUNCTION.match(arn)
    if not found:
        return None
    return FunctionArn(
        unqualified=found["unqualified"],
        region=found["region"],
        account=found["account"],
        name=found["name"],
        qualifier=found["qualifier"] or "",
    )


def parse_thing_arn(arn: str) -> ThingArn | None:
    """The parts of a thing's ARN; None: it is none."""
    found = _THING.match(arn)
    if not found:
        return None
    return ThingArn(arn=arn, region=found["region"], account=found["account"], name=found["name"])


def parse_connector_arn(arn: str) -> ConnectorArn | None:
    """The parts of a connector's ARN; None: it is none."""
    found = _CONNECTOR.match(arn)
    if not found:
        return None
    return ConnectorArn(
        arn=arn, region=found["region"], name=found["name"], version=int(found["version"])
    )
