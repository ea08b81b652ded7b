"""Definitions and groups: create, version, read, list, rename, delete. One body serves all eight kinds."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from localstack.aws.api import RequestContext

from system.cloud.greengrass import errors
from system.cloud.greengrass.kinds import DEFINITIONS, GROUP, Kind
from system.cloud.greengrass.store import GreengrassStore, Version, Versioned, now
from system.cloud.greengrass.store import greengrass_stores as stores
from system.cloud.service import Answer, Handler, Request, arn

PAGE_MAX = 50


def store_of(context: RequestContext) -> GreengrassStore:
    """What is remembered for the caller's account and region."""
    store: GreengrassStore = stores[context.account_id][context.region]
    return store


def page(items: list[dict[str, Any]], request: Request, member: str) -> dict[str, Any]:
    """One page of a list; the token is the place of the next one."""
    try:
        begin = int(request.get("NextToken") or 0)
        size = min(int(request.get("MaxResults") or PAGE_MAX), PAGE_MAX)
    except ValueError as error:
        raise errors.invalid_input("NextToken or MaxResults is not valid.") from error
    if size < 1:
        raise errors.invalid_input("MaxResults must be at least 1.")
    answer: dict[str, Any] = {member: items[begin : begin + size]}
    return {**answer, "NextToken": str(begin + size)} if begin + size < len(items) else answer


def found(context: RequestContext, kind: Kind, identity: str) -> Versioned:
    """The definition or group with an id.

    Raises:
        ServiceError: there is none.
    """
    things = store_of(context).versioned.get(kind.name, {})
    if identity not in things:
        raise errors.id_not_found(kind.word)
    return things[identity]


def found_version(thing: Versioned, kind: Kind, identity: str) -> Version:
    """The version with an id.

    Raises:
        ServiceError: there is none.
    """
    for version in thing.versions:
        if version.identity == identity:
            return version
    raise errors.version_not_found(kind.name, thing.identity, identity)


def described(thing: Versioned, *, with_tags: bool = False) -> dict[str, Any]:
    """A definition or group as the service answers it."""
    latest = thing.versions[-1] if thing.versions else None
    answer = {
        "Arn": thing.arn,
        "CreationTimestamp": thing.created,
        "Id": thing.identity,
        "LastUpdatedTimestamp": thing.updated,
        "LatestVersion": latest.identity if latest else None,
        "LatestVersionArn": latest.arn if latest else None,
        "Name": thing.name,
        "tags": (thing.tags or None) if with_tags else None,
    }
    return {name: value for name, value in answer.items() if value is not None}


def _described_version(thing: Versioned, version: Version) -> dict[str, Any]:
    return {
        "Arn": version.arn,
        "CreationTimestamp": version.created,
        "Id": thing.identity,
        "Version": version.identity,
    }


def _unknown_references(context: RequestContext, content: Mapping[str, Any]) -> Iterable[str]:
    for kind in DEFINITIONS:
        reference = content.get(kind.reference)
        things = store_of(context).versioned.get(kind.name, {})
        if reference and not any(
            reference == version.arn for thing in things.values() for version in thing.versions
        ):
            yield f"{kind.word.capitalize()} definition reference does not exist"


def _add_version(
    context: RequestContext, kind: Kind, thing: Versioned, content: Mapping[str, Any]
) -> Version:
    identity = str(uuid.uuid4())
    version = Version(
        identity=identity,
        arn=f"{thing.arn}/versions/{identity}",
        created=now(),
        content=dict(content),
    )
    thing.versions.append(version)
    thing.updated = version.created
    return version


def _check(context: RequestContext, kind: Kind, content: Mapping[str, Any]) -> None:
    if kind is GROUP:
        if unknown := list(_unknown_references(context, content)):
            raise errors.corrupted_group(unknown)
    elif wrong := list(kind.problems(content)):
        raise errors.invalid_definition(
            f"The definition is invalid or corrupted: {'; '.join(wrong)}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """The operations of one kind."""

    kind: Kind

    def table(self) -> dict[str, Handler]:
        """Handlers by the names that the operations of this kind have."""
        entity = self.kind.entity
        return {
            f"Create{entity}": self.create,
            f"Create{entity}Version": self.create_version,
            f"Get{entity}": self.get,
            f"Get{entity}Version": self.get_version,
            f"List{entity}s": self.list,
            f"List{entity}Versions": self.list_versions,
            f"Update{entity}": self.update,
            f"Delete{entity}": self.delete,
        }

    def create(self, context: RequestContext, request: Request) -> Answer:
        """Create a definition or group, with its first version if the request brings one."""
        if self.kind is GROUP and not request.get("Name"):
            raise errors.invalid_definition("The group needs a name.")
        initial = request.get("InitialVersion")
        if initial is not None:
            _check(context, self.kind, initial)
        created, identity = now(), str(uuid.uuid4())
        thing = Versioned(
            identity=identity,
            arn=arn(context, "greengrass", f"{self.kind.path}/{identity}"),
            name=request.get("Name"),
            created=created,
            updated=created,
            tags=dict(request.get("tags") or {}),
        )
        # A group has a version from its beginning, an empty one if need be.
        if initial is not None or self.kind is GROUP:
            _add_version(context, self.kind, thing, initial or {})
        store_of(context).versioned.setdefault(self.kind.name, {})[identity] = thing
        return described(thing)

    def create_version(self, context: RequestContext, request: Request) -> Answer:
        """Add a version; it is the latest one from now on."""
        thing = self._named(context, request)
        not_content = (self.kind.id_parameter, "AmznClientToken")
        content = {name: value for name, value in request.items() if name not in not_content}
        _check(context, self.kind, content)
        return _described_version(thing, _add_version(context, self.kind, thing, content))

    def get(self, context: RequestContext, request: Request) -> Answer:
        """Read a definition or group."""
        return described(self._named(context, request), with_tags=True)

    def get_version(self, context: RequestContext, request: Request) -> Answer:
        """Read a version with its content."""
        thing = self._named(context, request)
        version = found_version(thing, self.kind, request[self.kind.version_parameter])
        return {**_described_version(thing, version), "Definition": version.content}

    def list(self, context: RequestContext, request: Request) -> Answer:
        """All of this kind."""
        things = store_of(context).versioned.get(self.kind.name, {}).values()
        return page([described(thing) for thing in things], request, self.kind.listed)

    def list_versions(self, context: RequestContext, request: Request) -> Answer:
        """All versions of one of them."""
        thing = self._named(context, request)
        versions = [_described_version(thing, version) for version in thing.versions]
        return page(versions, request, "Versions")

    def update(self, context: RequestContext, request: Request) -> Answer:
        """Rename it, the only thing about it that can change."""
        thing = self._named(context, request)
        if not request.get("Name"):
            raise errors.invalid_definition("Input does not contain any attributes to be updated")
        thing.name, thing.updated = request["Name"], now()
        return {}

    def delete(self, context: RequestContext, request: Request) -> Answer:
        """Delete it with its versions; a deployed group has to be reset before."""
        thing = self._named(context, request)
        store = store_of(context)
        if self.kind is GROUP:
            deployments = [
                each for each in store.deployments.values() if each.group == thing.identity
            ]
            if deployments and "Reset" not in deployments[-1].kind:
                raise errors.bad_request(
                    f"The group {thing.identity} is deployed. Reset its deployments before you delete it."
                )
            for deployment in deployments:
                del store.deployments[deployment.identity]
            store.group_roles.pop(thing.identity, None)
            store.authorities.pop(thing.identity, None)
            store.certificate_expiry.pop(thing.identity, None)
        del store.versioned[self.kind.name][thing.identity]
        return {}

    def _named(self, context: RequestContext, request: Request) -> Versioned:
        return found(context, self.kind, request[self.kind.id_parameter])
