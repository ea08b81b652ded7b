"""What an adapter is, and what all of them use."""

import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from botocore.exceptions import ClientError

from system.stack.resource import Attributes, Live, Resource

TAG = "stream-chaos:stack"
"""Tag with the name of the stack on everything that can carry tags."""

NOT_THERE = frozenset(
    {
        "404",
        "IdNotFoundException",
        "NoSuchBucket",
        "NoSuchEntity",
        "NoSuchKey",
        "NoSuchPublicAccessBlockConfiguration",
        "ResourceNotFoundException",
        "VersionNotFoundException",
    }
)


class Adapter(Protocol):
    """Brings one kind of resource into the cloud. References in what it is given are resolved."""

    def read(self, resource: Resource) -> Live | None:
        """How it is now, found by its name alone; None: it is not there."""

    def create(self, resource: Resource) -> Attributes:
        """Make it. When this fails half-way, `delete` finds what there is."""

    def update(self, resource: Resource, live: Live) -> Attributes:
        """Make it as it should be."""

    def delete(self, resource: Resource) -> None:
        """Take it away, found by its name alone; it may be gone already."""


class Counts(Protocol):
    """Knows all that carries a stack's tag, whatever the parameters name now."""

    def unwanted(self, wanted: Collection[str]) -> Iterator[str]:
        """Names of what is this stack's and not wanted any more."""


class Makes(Protocol):
    """What makes clients: `system.aws.clients.Cloud`, or what a test puts around it."""

    def client(self, service: str) -> Any:
        """A boto3 client."""


@dataclass(slots=True)
class Clients:
    """One client of each service, made when it is first asked for; shared by threads."""

    cloud: Makes
    _made: dict[str, Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, service: str) -> Any:
        """The client of a service."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self.cloud.client(service)
            return self._made[service]


def if_there(call: Callable[..., Any], **arguments: Any) -> Any:
    """What a call answers; None: the thing it names is not there."""
    try:
        return call(**arguments)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in NOT_THERE:
            return None
        raise


def pause(seconds: float) -> None:
    """Let the cloud do its work before it is asked again."""
    threading.Event().wait(seconds)
