"""What IoT Analytics remembers, for each account and region."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock, RLock
from typing import Any

from localstack.aws.api import RequestContext
from localstack.services.stores import AccountRegionBundle, BaseStore, LocalAttribute

from system.cloud.iotanalytics.messages import MessageTable

LOCK = RLock()
"""Held while resources come, change or go; never while messages are stored."""


def now() -> datetime:
    """The present, as the service's time stamps have it."""
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class Resource:
    """What all four kinds have in common."""

    name: str
    arn: str
    account: str
    region: str
    settings: dict[str, Any]
    tags: dict[str, str]
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)


@dataclass(slots=True, kw_only=True)
class Channel(Resource):
    """Takes messages in.

    Attributes:
        lock: held while a batch is stored, so that the objects' numbers are the order of arrival.
        next_object: number of the next object; None until the bucket was looked at.
    """

    lock: Any = field(default_factory=Lock)
    next_object: int | None = None
    bytes: int = 0
    last_arrival: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Datastore(Resource):
    """Holds messages for queries."""

    messages: MessageTable
    last_arrival: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Pipeline(Resource):
    """Leads messages from a channel to a datastore."""


@dataclass(slots=True, kw_only=True)
class Content:
    """One result of a dataset's query."""

    version: str
    created: datetime
    scheduled: datetime | None
    state: str = "CREATING"
    reason: str = ""
    completed: datetime | None = None
    bucket: str = ""
    key: str = ""


@dataclass(slots=True, kw_only=True)
class Dataset(Resource):
    """A query with its results.

    Attributes:
        due: when the schedule wants the next content, epoch seconds; None without a schedule.
        delta_end: where the last delta window ended, epoch seconds.
    """

    contents: list[Content] = field(default_factory=list)
    due: float | None = None
    delta_end: float | None = None


class AnalyticsStore(BaseStore):  # type: ignore[misc]
    """Everything of one account in one region."""

    channels: dict[str, Channel] = LocalAttribute(default=dict)
    datastores: dict[str, Datastore] = LocalAttribute(default=dict)
    pipelines: dict[str, Pipeline] = LocalAttribute(default=dict)
    datasets: dict[str, Dataset] = LocalAttribute(default=dict)
    logging: dict[str, Any] = LocalAttribute(default=dict)


analytics_stores = AccountRegionBundle("iotanalytics", AnalyticsStore)


def store_at(account: str, region: str) -> AnalyticsStore:
    """What is remembered for an account and region."""
    store: AnalyticsStore = analytics_stores[account][region]
    return store


def store_of(context: RequestContext) -> AnalyticsStore:
    """What is remembered for the caller's account and region."""
    return store_at(context.account_id, context.region)
