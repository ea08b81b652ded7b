"""A group deployment as the core carries it out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from system.greengrass.logs.journal import Policy
from system.greengrass.mqtt.settings import Device
from system.greengrass.router.router import Subscription
from system.greengrass.v1.arns import ConnectorArn, FunctionArn

SPOOL_BYTES_MAX = 2_621_440
"""Default of GG_CONFIG_MAX_SIZE_BYTES: what may wait for the cloud."""


class Encoding(StrEnum):
    """How a handler gets its event."""

    JSON = "json"
    BINARY = "binary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A user's function.

    Attributes:
        arn: with its version; an alias is resolved when it is deployed.
        handler: as Lambda writes it, `module.function`.
        code: directory of its unpacked bundle.
        pinned: started with the core and kept, with one worker.
        timeout_s: for each invocation.
        variables: its own environment.
    """

    arn: str
    fields: FunctionArn
    handler: str
    code: Path
    pinned: bool
    encoding: Encoding
    timeout_s: float
    variables: Mapping[str, str]

    @property
    def name(self) -> str:
        """Its name without version."""
        return self.fields.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """A connector with its parameters."""

    arn: ConnectorArn
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPolicies:
    """What the group's loggers say of system components and of functions."""

    system: Policy = field(default_factory=Policy)
    functions: Policy = field(default_factory=Policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Everything one deployment brings.

    Attributes:
        devices: those on the site, without what they may be sent, which the subscriptions say.
        broker_certificate: PEM; empty without devices.
        stream_manager: environment of the stream manager; None: the group has none.
        spool_bytes_max: bound of the messages that wait for the cloud.
        notes: what is in the definitions and has no effect here.
    """

    id: str
    version: str
    deployment: str
    functions: tuple[Function, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    connectors: tuple[Connector, ...] = ()
    devices: tuple[Device, ...] = ()
    broker_certificate: str = ""
    loggers: LogPolicies = field(default_factory=LogPolicies)
    stream_manager: Mapping[str, str] | None = None
    spool_bytes_max: int = SPOOL_BYTES_MAX
    notes: tuple[str, ...] = ()


@dataclass(eq=False)
class DeploymentRefused(Exception):
    """A deployment cannot be carried out."""

    problems: list[str]

    def __str__(self) -> str:
        return "; ".join(self.problems)
