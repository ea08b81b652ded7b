"""What runs on a site, and what of the cloud it needs: the part of a stack that differs from one user to the next."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Environment = Mapping[str, str]

CLOUD = "cloud"
"""What a subscription calls IoT Core."""

TIMEOUT_S = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of the group.

    Attributes:
        name: by which subscriptions and whoever packs it know it.
        lambda_name: how Lambda knows it, after the name of the stack.
        handler: as Lambda writes it, `module.function`.
        pinned: whether it is started with the core and kept.
        encoding: `json` or `binary`: how its handler gets a message.
        timeout_s: for each invocation.
        memory_kb: what the group asks for it; None: nothing.
        environment: its variables.
        folder: where its code is; empty: among the functions that come with this package.
    """

    name: str
    lambda_name: str
    handler: str
    pinned: bool
    encoding: str = "binary"
    timeout_s: int = TIMEOUT_S
    memory_kb: int | None = None
    environment: Environment = field(default_factory=dict)
    folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who gets whose messages.

    Attributes:
        source, target: the name of a function or of a device, or `cloud`.
        topic: a filter.
    """

    source: str
    topic: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """See the module.

    Attributes:
        kinesis_streams: Kinesis data streams.
        channels: IoT Analytics channels.
        compose: content of the compose file of the managed containers; None: there is none.
        devices: names of the devices on the site, by which subscriptions know them.
    """

    functions: tuple[Function, ...]
    subscriptions: tuple[Subscription, ...] = ()
    kinesis_streams: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    compose: str | None = None
    devices: tuple[str, ...] = ()

    @property
    def folders(self) -> dict[str, str]:
        """Where the code of each function is that does not come with this package."""
        return {each.name: each.folder for each in self.functions if each.folder}

    def to_json(self) -> dict[str, Any]:
        """As an object of JSON; `from_json` reads it."""
        return {key: _listed(value) for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Application":
        """The application that `to_json` described.

        Raises:
            KeyError, TypeError: it did not describe this one.
        """
        return cls(
            functions=tuple(Function(**each) for each in document["functions"]),
            subscriptions=tuple(Subscription(**each) for each in document["subscriptions"]),
            kinesis_streams=tuple(document["kinesis_streams"]),
            channels=tuple(document["channels"]),
            compose=document["compose"],
            devices=tuple(document.get("devices", ())),
        )


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else value
