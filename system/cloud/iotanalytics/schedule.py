"""Makes contents when the schedules of datasets want them, and forgets what retention no longer keeps."""

import json
import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from crontab import CronTab  # type: ignore[import-untyped]
from localstack.services.events.scheduler import convert_schedule_to_cron

from system.cloud.iotanalytics import contents
from system.cloud.iotanalytics.errors import invalid_request
from system.cloud.iotanalytics.storage import ChannelObjects
from system.cloud.iotanalytics.store import (
    LOCK,
    AnalyticsStore,
    Channel,
    Dataset,
    analytics_stores,
    now,
)

log = logging.getLogger(__name__)

LOOK_S = 1.0
RETENTION_LOOK_S = 600.0

_started = threading.Event()


def expression_of(dataset: Dataset) -> str | None:
    """When a dataset wants new contents, as `rate(…)` or `cron(…)`; None: only when told to."""
    for trigger in dataset.settings.get("triggers") or []:
        if trigger.get("schedule"):
            expression: str = trigger["schedule"]["expression"]
            return expression
    return None


def next_due(expression: str) -> float:
    """The next moment of a schedule, as epoch seconds.

    Raises:
        ServiceError: it is no schedule.
    """
    try:
        rule = convert_schedule_to_cron(expression)
        return time.time() + float(CronTab(rule).next(default_utc=True))
    except (ValueError, TypeError, KeyError) as error:
        raise invalid_request(f"{expression!r} is not a schedule: {error}") from error


def plan(dataset: Dataset) -> None:
    """Note when a dataset is due next, and see to it that someone looks.

    Raises:
        ServiceError: its schedule is none.
    """
    expression = expression_of(dataset)
    dataset.due = next_due(expression) if expression else None
    if not _started.is_set():
        _started.set()
        threading.Thread(target=_look, name="iotanalytics-schedule", daemon=True).start()


def _stores() -> Iterator[AnalyticsStore]:
    for regions in list(analytics_stores.values()):
        yield from list(regions.values())


def _look() -> None:
    pause, retention_due = threading.Event(), time.monotonic() + RETENTION_LOOK_S
    while not pause.wait(LOOK_S):
        try:
            _make_due()
            if time.monotonic() >= retention_due:
                retention_due = time.monotonic() + RETENTION_LOOK_S
                _forget_old()
        except Exception:
            log.exception("The schedule of datasets goes on after an error")


def _make_due() -> None:
    with LOCK:
        due = [
            (dataset, dataset.due)
            for store in _stores()
            for dataset in store.datasets.values()
            if dataset.due is not None and dataset.due <= time.time()
        ]
    for dataset, moment in due:
        plan(dataset)
        contents.start(dataset, scheduled=datetime.fromtimestamp(moment, UTC))


def _forget_old() -> None:
    with LOCK:
        stores = list(_stores())
        for store in stores:
            for dataset in store.datasets.values():
                contents.forget_old(dataset)
            for datastore in store.datastores.values():
                if days := datastore.settings["retentionPeriod"].get("numberOfDays"):
                    datastore.messages.forget_before(time.time() - days * 86400)
        channels = [channel for store in stores for channel in store.channels.values()]
    for channel in channels:
        if days := channel.settings["retentionPeriod"].get("numberOfDays"):
            forget_before(channel, now() - timedelta(days=days))


def forget_before(channel: Channel, moment: datetime) -> None:
    """Delete the objects of a channel whose batches arrived before a moment."""
    objects = ChannelObjects(channel)
    for key in objects.listed():
        first = json.loads(objects.get(key).splitlines()[0])
        if first["receivedAt"] / 1000 >= moment.timestamp():
            return
        objects.delete(key)
