"""One deployment of a stack: bring each resource there, and back again if one of them cannot be had."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from system.stack.adapters.functions import FunctionStuck
from system.stack.adapters.port import Adapter
from system.stack.errors import StackFailed
from system.stack.resource import Attributes, Kind, Live, Resource, changes
from system.stack.scheduling import in_order, reversed_needs
from system.stack.state import Begun

Progress = Callable[[str], None]
"""Takes one line that says what was done."""

CLOUD_ERRORS = (BotoCoreError, ClientError, FunctionStuck, HTTPError)
"""What an adapter may raise when the cloud does not do what it is asked."""

# A certificate that was revoked cannot be had again: the new one stays.
NOT_RESTORED = frozenset({Kind.CERTIFICATE})


class Action(StrEnum):
    """What was done to a resource."""

    CREATED = "created"
    UPDATED = "updated"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a deployment changed."""

    action: Action
    resource: str

    def __str__(self) -> str:
        return f"{self.action} {self.resource}"


@dataclass(eq=False)
class NotOurs(Exception):
    """Something of this name is there that the stack did not make."""

    def __str__(self) -> str:
        return (
            "there is one already that this stack did not make; delete it, or deploy to another "
            "region or account"
        )


def reason(error: BaseException) -> str:
    """What the cloud said, without the words around it."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Message") or error)
    return str(error)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """A resource as it was before it was updated."""

    resource: Resource
    live: Live
    content: bytes | None


@dataclass(slots=True, kw_only=True)
class Changing:
    """The work of one deployment.

    Attributes:
        resources: all of the stack, by key.
        adapters: for each kind.
        begun: where it is noted what is about to be created.
        workers: how many threads work.
        progress: told of each change.
        attributes: what is known of the resources that are there.
        done: what was changed.
    """

    resources: Mapping[str, Resource]
    adapters: Mapping[Kind, Adapter]
    begun: Begun
    workers: int
    progress: Progress
    attributes: dict[str, Attributes] = field(default_factory=dict)
    done: list[Change] = field(default_factory=list)
    _created: dict[str, Resource] = field(default_factory=dict)
    _updated: dict[str, _Before] = field(default_factory=dict)

    def bring(self) -> None:
        """Bring every resource there.

        Raises:
            StackFailed: one could not be had; what was created is gone again, what was updated is as before.
        """
        needs = {key: each.needs() for key, each in self.resources.items()}
        try:
            failed = in_order(needs, self._bring_one, workers=self.workers, stop_at_failure=True)
        except BaseException:
            self._back()
            raise
        if failed:
            key, error = next(iter(failed.items()))
            undone, restored, left = self._back()
            if not isinstance(error, (*CLOUD_ERRORS, NotOurs)):
                raise error
            raise StackFailed(
                str(self.resources[key]), reason(error), undone, restored, left
            ) from error

    def remove(self, resources: Mapping[str, Resource]) -> tuple[list[str], list[str]]:
        """Take resources away, each before those that it needs.

        Returns:
            Those that are gone, and those that are not, with the reason.
        """
        needs = {key: each.needs() & resources.keys() for key, each in resources.items()}
        gone: list[str] = []

        def remove_one(key: str) -> None:
            if self._remove_one(resources[key]):
                gone.append(str(resources[key]))

        order = reversed_needs(needs)
        failed = in_order(order, remove_one, workers=self.workers, stop_at_failure=False)
        for error in failed.values():
            if not isinstance(error, CLOUD_ERRORS):
                raise error
        return gone, [f"{resources[key]} ({reason(error)})" for key, error in failed.items()]

    def _bring_one(self, key: str) -> None:
        resource = self.resources[key].resolved(self.attributes)
        adapter = self.adapters[resource.kind]
        live = adapter.read(resource)
        if live is None:
            self.begun.note(str(resource))
            self._created[key] = resource
            self.attributes[key] = adapter.create(resource)
            self.begun.clear(str(resource))
            self._say(Action.CREATED, resource)
        elif not changes(resource.properties, live.properties):
            self.attributes[key] = live.attributes
        elif live.owned or str(resource) in self.begun:
            self._updated[key] = _Before(resource=resource, live=live, content=_content(live))
            self.attributes[key] = adapter.update(resource, live)
            self._say(Action.UPDATED, resource)
        else:
            raise NotOurs

    def _remove_one(self, resource: Resource) -> bool:
        adapter, begun = self.adapters[resource.kind], str(resource) in self.begun
        live = adapter.read(resource)
        if begun or (live is not None and live.owned):
            adapter.delete(resource)
            if begun:
                self.begun.clear(str(resource))
            self._say(Action.REMOVED, resource)
            return True
        return False

    def _say(self, action: Action, resource: Resource) -> None:
        change = Change(action, str(resource))
        self.done.append(change)
        self.progress(str(change))

    def _back(self) -> tuple[list[str], list[str], list[str]]:
        """Undo everything: what is gone again, what is as before, what is neither."""
        restored, left = self._restore()
        # It may have failed half-way, so that it is not ours by its marks.
        for resource in self._created.values():
            self.begun.note(str(resource))
        undone, still_there = self.remove(self._created)
        return undone, restored, [*left, *still_there]

    def _restore(self) -> tuple[list[str], list[str]]:
        restored, left = [], []
        # A version that is restored is a new one with the old content, so whatever named the old one names it now.
        renamed: dict[str, str] = {}
        for key, before in self._updated.items():
            try:
                now = self._restore_one(before, renamed)
                restored.append(str(before.resource))
            except CLOUD_ERRORS as error:
                now = self.attributes.get(key, {})
                left.append(f"{before.resource} ({reason(error)})")
            renamed |= {
                value: now[name] for name, value in before.live.attributes.items() if name in now
            }
        return restored, left

    def _restore_one(self, before: _Before, renamed: Mapping[str, str]) -> Attributes:
        resource, adapter = before.resource, self.adapters[before.resource.kind]
        now = adapter.read(resource)
        if resource.kind in NOT_RESTORED and now is not None:
            return now.attributes
        old = replace(
            resource,
            properties=_renamed(before.live.properties, renamed),
            payload=before.content or b"",
        )
        return adapter.create(old) if now is None else adapter.update(old, now)


def _content(live: Live) -> bytes | None:
    try:
        return live.fetch()
    except CLOUD_ERRORS:
        return None


def _renamed(value: Any, renamed: Mapping[str, str]) -> Any:
    match value:
        case str():
            return renamed.get(value, value)
        case Mapping():
            return {key: _renamed(each, renamed) for key, each in value.items()}
        case Sequence():
            return [_renamed(each, renamed) for each in value]
        case _:
            return value
