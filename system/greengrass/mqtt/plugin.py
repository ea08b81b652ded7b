"""How the broker's library asks us who is let in, and who may subscribe to what.

The library would send what it receives to every other device that subscribed. Here the group decides, so it is allowed
neither: messages leave to the core (`intake.py`), and what comes back is sent by `hub.py`.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from amqtt.contexts import Action
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session


class Hub(Protocol):
    """What is asked."""

    def admit(self, session: Session) -> bool:
        """A device was let in through TLS: take note of its session."""

    def may_subscribe(self, client_id: str, pattern: str) -> bool:
        """Whether a device may subscribe to a filter."""


class Admission(BaseAuthPlugin):  # type: ignore[misc]
    """Lets in whom TLS let in."""

    async def authenticate(self, *, session: Session) -> bool | None:
        """Whether a device is let in."""
        hub: Hub = self.config.hub.of
        return hub.admit(session)

    @dataclass
    class Config:
        """Of the plugin."""

        hub: "Asked"


class Bridging(BaseTopicPlugin):  # type: ignore[misc]
    """Lets no message reach another device by the library."""

    async def topic_filtering(
        self,
        *,
        session: Session | None = None,
        topic: str | None = None,
        action: Action | None = None,
    ) -> bool | None:
        """Subscriptions as the group has them; nothing else."""
        if action != Action.SUBSCRIBE or session is None or topic is None:
            return False
        hub: Hub = self.config.hub.of
        return hub.may_subscribe(str(session.client_id), topic)

    @dataclass
    class Config:
        """Of the plugin."""

        hub: "Asked"


@dataclass(frozen=True, slots=True)
class Asked:
    """Carries the hub through the library's configuration, which takes plain classes only."""

    of: Any
