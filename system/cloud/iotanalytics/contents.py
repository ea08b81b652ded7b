"""Contents of datasets: made by running the query, kept as CSV in S3, forgotten when they are old."""

import csv
import io
import logging
import threading
import uuid
from datetime import datetime, timedelta

from system.cloud.iotanalytics.query import QueryFailed, Result, Window, run
from system.cloud.iotanalytics.storage import SERVICE_ACCOUNT, ensure_bucket, s3, service_bucket
from system.cloud.iotanalytics.store import (
    LOCK,
    AnalyticsStore,
    Content,
    Dataset,
    Datastore,
    now,
    store_at,
)

log = logging.getLogger(__name__)

SUCCEEDED, FAILED = "SUCCEEDED", "FAILED"
VERSION_WORD = "!{iotanalytics:versionId}"


def start(dataset: Dataset, scheduled: datetime | None = None) -> Content:
    """Begin to make the next content; it is ready when its state says so."""
    content = Content(version=str(uuid.uuid4()), created=now(), scheduled=scheduled)
    with LOCK:
        dataset.contents.append(content)
    threading.Thread(
        target=_make, args=(dataset, content), name=f"dataset-{dataset.name}", daemon=True
    ).start()
    return content


def _make(dataset: Dataset, content: Content) -> None:
    store = store_at(dataset.account, dataset.region)
    try:
        body = _csv(_answer(store, dataset))
        bucket = service_bucket(dataset.account, dataset.region, "datasets")
        ensure_bucket(bucket, dataset.region)
        content.bucket = bucket
        content.key = f"results/{dataset.name}/{content.version}.csv"
        s3(SERVICE_ACCOUNT, dataset.region).put_object(Bucket=bucket, Key=content.key, Body=body)
        _deliver(dataset, content, body)
        state, reason = SUCCEEDED, ""
    except QueryFailed as error:
        state, reason = FAILED, str(error)
    except Exception as error:
        log.exception("Dataset %s has no new content", dataset.name)
        state, reason = FAILED, str(error)
    with LOCK:
        content.completed, content.reason, content.state = now(), reason, state
        forget_old(dataset)
    if state == SUCCEEDED:
        _trigger_followers(store, dataset)


def _answer(store: AnalyticsStore, dataset: Dataset) -> Result:
    action = dataset.settings["actions"][0]["queryAction"]
    sql, datastore = action["sqlQuery"], _queried(store, action["sqlQuery"])
    window = None
    for found in action.get("filters") or []:
        if delta := found.get("deltaTime"):
            end = now().timestamp() + delta["offsetSeconds"]
            window = Window(expression=delta["timeExpression"], begin=dataset.delta_end, end=end)
    result = run(sql, datastore.name, datastore.messages, window)
    if window is not None:
        dataset.delta_end = window.end
    return result


def _queried(store: AnalyticsStore, sql: str) -> Datastore:
    with LOCK:
        named = [each for each in store.datastores.values() if each.name.lower() in sql.lower()]
    if not named:
        raise QueryFailed("The query names no datastore that exists")
    # Of two of which one name is part of the other, the longer is meant.
    return max(named, key=lambda datastore: len(datastore.name))


def _csv(result: Result) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(result.columns)
    writer.writerows(result.rows)
    return text.getvalue().encode()


def _deliver(dataset: Dataset, content: Content, body: bytes) -> None:
    for rule in dataset.settings.get("contentDeliveryRules") or []:
        if target := rule["destination"].get("s3DestinationConfiguration"):
            key = target["key"].replace(VERSION_WORD, content.version)
            s3(dataset.account, dataset.region).put_object(
                Bucket=target["bucket"], Key=key, Body=body
            )


def _trigger_followers(store: AnalyticsStore, dataset: Dataset) -> None:
    with LOCK:
        followers = [
            each
            for each in store.datasets.values()
            for trigger in each.settings.get("triggers") or []
            if (trigger.get("dataset") or {}).get("name") == dataset.name
        ]
    for follower in followers:
        start(follower)


def newest(dataset: Dataset, *, succeeded: bool) -> Content | None:
    """The newest content, or the newest one that succeeded."""
    wanted = [each for each in dataset.contents if not succeeded or each.state == SUCCEEDED]
    return wanted[-1] if wanted else None


def forget_old(dataset: Dataset) -> None:
    """Remove the contents that retention and versioning no longer keep."""
    days = (dataset.settings.get("retentionPeriod") or {}).get("numberOfDays")
    oldest = now() - timedelta(days=days) if days else None
    versions = dataset.settings.get("versioningConfiguration") or {}
    if not versions.get("unlimited"):
        done = [each for each in dataset.contents if each.state != "CREATING"]
        kept = done[-(versions.get("maxVersions") or 1) :]
        latest = newest(dataset, succeeded=True)
        for content in done:
            if content not in kept and content is not latest:
                remove(dataset, content)
    for content in list(dataset.contents):
        if oldest and content.created < oldest:
            remove(dataset, content)


def remove(dataset: Dataset, content: Content) -> None:
    """Forget a content and delete its object."""
    dataset.contents.remove(content)
    if content.bucket:
        client = s3(SERVICE_ACCOUNT, dataset.region)
        client.delete_object(Bucket=content.bucket, Key=content.key)
