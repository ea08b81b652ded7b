"""What Greengrass remembers, for each account and region."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Any

from localstack.services.stores import AccountRegionBundle, BaseStore, LocalAttribute

LOCK = RLock()
"""Held by every operation: they are short, and several of them change more than one thing."""

_last = datetime.min.replace(tzinfo=UTC)


def now() -> str:
    """A time stamp as Greengrass writes it, later than every one before, so that they sort."""
    global _last
    _last = max(datetime.now(UTC), _last + timedelta(milliseconds=1))
    return _last.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True, kw_only=True)
class Version:
    """One version of a definition or group; it never changes."""

    identity: str
    arn: str
    created: str
    content: dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Versioned:
    """A definition or a group."""

    identity: str
    arn: str
    name: str | None
    created: str
    updated: str
    versions: list[Version] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Deployment:
    """A group version on its way to a core, or the order to forget it."""

    identity: str
    arn: str
    group: str
    group_arn: str
    kind: str
    created: str
    status: str
    updated: str


@dataclass(slots=True, kw_only=True)
class Authority:
    """The authority of a group.

    Attributes:
        certificate: PEM.
        key: of the certificate, PEM.
        issued: certificates by what was asked for.
    """

    identity: str
    arn: str
    certificate: str
    key: str = field(repr=False)
    issued: dict[str, str] = field(default_factory=dict)


class GreengrassStore(BaseStore):  # type: ignore[misc]
    """Everything of one account in one region."""

    versioned: dict[str, dict[str, Versioned]] = LocalAttribute(default=dict)
    deployments: dict[str, Deployment] = LocalAttribute(default=dict)
    group_roles: dict[str, tuple[str, str]] = LocalAttribute(default=dict)
    connectivity: dict[str, dict[str, Any]] = LocalAttribute(default=dict)
    service_role: dict[str, str] = LocalAttribute(default=dict)
    authorities: dict[str, Authority] = LocalAttribute(default=dict)
    certificate_expiry: dict[str, int] = LocalAttribute(default=dict)


greengrass_stores = AccountRegionBundle("greengrass", GreengrassStore)
