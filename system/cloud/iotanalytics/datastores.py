"""Datastores: they hold what pipelines bring, for the queries of datasets."""

from pathlib import Path

from localstack import config
from localstack.aws.api import RequestContext

from system.cloud.iotanalytics.messages import MessageTable
from system.cloud.iotanalytics.resources import existing, identity, page, times, without_nothing
from system.cloud.iotanalytics.store import Datastore, now, store_of
from system.cloud.service import Answer, Handler, Request

SETTINGS = {
    "datastoreStorage": {"serviceManagedS3": {}},
    "retentionPeriod": {"unlimited": True},
    "fileFormatConfiguration": {"jsonConfiguration": {}},
    "datastorePartitions": None,
}


def _file(context: RequestContext, name: str) -> Path:
    folder = Path(config.dirs.data) / "iotanalytics" / f"{context.account_id}-{context.region}"
    return folder / f"{name}.sqlite"


def create(context: RequestContext, request: Request) -> Answer:
    """Create a datastore."""
    members = identity(context, "datastore", request)
    datastore = Datastore(
        **members,
        settings={name: request.get(name) or default for name, default in SETTINGS.items()},
        messages=MessageTable(_file(context, members["name"])),
    )
    store_of(context).datastores[datastore.name] = datastore
    return {
        "datastoreName": datastore.name,
        "datastoreArn": datastore.arn,
        "retentionPeriod": datastore.settings["retentionPeriod"],
    }


def _existing(context: RequestContext, request: Request) -> Datastore:
    return existing(store_of(context).datastores, "datastore", request)


def describe(context: RequestContext, request: Request) -> Answer:
    """Read a datastore, with its size if asked for."""
    datastore = _existing(context, request)
    described = {
        "name": datastore.name,
        "storage": datastore.settings["datastoreStorage"],
        "arn": datastore.arn,
        "status": "ACTIVE",
        "retentionPeriod": datastore.settings["retentionPeriod"],
        "lastMessageArrivalTime": datastore.last_arrival,
        "fileFormatConfiguration": datastore.settings["fileFormatConfiguration"],
        "datastorePartitions": datastore.settings["datastorePartitions"],
        **times(datastore),
    }
    statistics = None
    if request.get("includeStatistics"):
        size = {"estimatedSizeInBytes": float(datastore.messages.size()), "estimatedOn": now()}
        statistics = {"size": size}
    return without_nothing({"datastore": without_nothing(described), "statistics": statistics})


def list_all(context: RequestContext, request: Request) -> Answer:
    """All datastores."""
    summaries = [
        without_nothing(
            {
                "datastoreName": datastore.name,
                "datastoreStorage": datastore.settings["datastoreStorage"],
                "status": "ACTIVE",
                "lastMessageArrivalTime": datastore.last_arrival,
                "fileFormatType": "JSON",
                **times(datastore),
            }
        )
        for datastore in store_of(context).datastores.values()
    ]
    return page(summaries, request, "datastoreSummaries")


def update(context: RequestContext, request: Request) -> Answer:
    """Change its settings."""
    datastore = _existing(context, request)
    changed = {name: request[name] for name in SETTINGS if request.get(name)}
    datastore.settings.update(changed)
    datastore.updated = now()
    return {}


def delete(context: RequestContext, request: Request) -> Answer:
    """Delete a datastore with its messages."""
    datastore = store_of(context).datastores.pop(_existing(context, request).name)
    datastore.messages.close()
    return {}


TABLE: dict[str, Handler] = {
    "CreateDatastore": create,
    "DescribeDatastore": describe,
    "ListDatastores": list_all,
    "UpdateDatastore": update,
    "DeleteDatastore": delete,
}
