"""Delivers a published message to everybody whose subscription lets it pass.

A subscription is a one-way permission: from this source, with such a topic, to that target. A message that no
subscription lets pass is discarded. A target that several subscriptions name gets the message once.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from system.greengrass.router.filters import matches

log = logging.getLogger(__name__)

ROUTES_REMEMBERED_MAX = 4096
DISCARDS_LOGGED_EVERY = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Lets messages of `source` whose topic passes `subject` reach `target`."""

    source: str
    subject: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A message on its way."""

    source: str
    topic: str
    payload: bytes


class Target(Protocol):
    """Somebody who can be sent messages."""

    def has_room(self) -> bool:
        """Whether it would take a message now."""

    def deliver(self, publication: Publication) -> bool:
        """Take a message; false when there is no room, which the target logs."""


@dataclass(eq=False)
class NoRoute(Exception):
    """No subscription lets the message pass."""

    source: str
    topic: str

    def __str__(self) -> str:
        return f"No subscription lets a message of {self.source} pass with the topic {self.topic!r}"


@dataclass(eq=False)
class NoRoom(Exception):
    """A target has no room, and the publisher wanted all or nothing."""

    target: str

    def __str__(self) -> str:
        return f"The queue of {self.target} is full; the message was delivered to nobody"


class Router:
    """The subscriptions and the targets of one deployment."""

    def __init__(
        self, subscriptions: Iterable[Subscription], targets: Mapping[str, Target]
    ) -> None:
        self._subscriptions = tuple(subscriptions)
        self._targets = targets
        self._routes: dict[tuple[str, str], tuple[str, ...]] = {}
        self._discarded: dict[tuple[str, str], int] = {}

    def targets_of(self, source: str, topic: str) -> tuple[str, ...]:
        """Who gets a message, each once, in the order of the subscriptions."""
        key = (source, topic)
        if key not in self._routes:
            if len(self._routes) >= ROUTES_REMEMBERED_MAX:
                self._routes.clear()
            self._routes[key] = self._find(source, topic)
        return self._routes[key]

    def publish(self, publication: Publication, *, all_or_nothing: bool = False) -> int:
        """Deliver a message.

        Args:
            all_or_nothing: raise instead of leaving out targets that have no room.

        Returns:
            How many targets took it.

        Raises:
            NoRoute: nobody is meant to get it.
            NoRoom: a target had no room for it, and it was to be all or nothing.
        """
        names = self.targets_of(publication.source, publication.topic)
        if not names:
            self._discard(publication)
            raise NoRoute(publication.source, publication.topic)
        if all_or_nothing:
            for name in names:
                if not self._targets[name].has_room():
                    raise NoRoom(name)
        return sum(self._targets[name].deliver(publication) for name in names)

    def _find(self, source: str, topic: str) -> tuple[str, ...]:
        found = [
            each.target
            for each in self._subscriptions
            if each.source == source
            and each.target in self._targets
            and matches(each.subject, topic)
        ]
        return tuple(dict.fromkeys(found))

    def _discard(self, publication: Publication) -> None:
        key = (publication.source, publication.topic)
        if key not in self._discarded and len(self._discarded) >= ROUTES_REMEMBERED_MAX:
            self._discarded.clear()
        count = self._discarded[key] = self._discarded.get(key, 0) + 1
        # A function that publishes without a subscription does so many times a second.
        if count % DISCARDS_LOGGED_EVERY == 1:
            log.warning(
                "Failed to get routes. Discarding message. Source %s, topic %s (number %d)",
                publication.source,
                publication.topic,
                count,
            )
