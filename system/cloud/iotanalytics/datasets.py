"""Datasets: a query, its schedule, and the contents that it gave."""

from typing import Any

from localstack.aws.api import RequestContext

from system.cloud.iotanalytics import contents, errors
from system.cloud.iotanalytics.query import QUOTED
from system.cloud.iotanalytics.resources import existing, identity, page, times, without_nothing
from system.cloud.iotanalytics.schedule import plan
from system.cloud.iotanalytics.storage import download_address
from system.cloud.iotanalytics.store import Content, Dataset, now, store_of
from system.cloud.service import Answer, Handler, Request, ServiceError

SETTINGS = (
    "triggers",
    "contentDeliveryRules",
    "retentionPeriod",
    "versioningConfiguration",
    "lateDataRules",
)
LATEST, LATEST_SUCCEEDED = "$LATEST", "$LATEST_SUCCEEDED"


def _checked(context: RequestContext, request: Request) -> dict[str, Any]:
    (action,) = request["actions"]
    query = action.get("queryAction")
    if not query or action.get("containerAction"):
        raise errors.invalid_request(
            "A dataset's action is a queryAction; containerAction is not emulated"
        )
    words = QUOTED.sub("", query["sqlQuery"]).split()
    if not words or words[0].lower() not in ("select", "with"):
        raise errors.invalid_request("sqlQuery must be a SELECT")
    for trigger in request.get("triggers") or []:
        follows = (trigger.get("dataset") or {}).get("name")
        if follows and follows not in store_of(context).datasets:
            raise errors.invalid_request(f"The dataset {follows}, a trigger, does not exist")
    return {"actions": request["actions"], **{name: request.get(name) for name in SETTINGS}}


def create(context: RequestContext, request: Request) -> Answer:
    """Create a dataset; its schedule runs from now on."""
    members = identity(context, "dataset", request)
    dataset = Dataset(**members, settings=_checked(context, request))
    plan(dataset)
    store_of(context).datasets[dataset.name] = dataset
    return without_nothing(
        {
            "datasetName": dataset.name,
            "datasetArn": dataset.arn,
            "retentionPeriod": dataset.settings["retentionPeriod"],
        }
    )


def _existing(context: RequestContext, request: Request) -> Dataset:
    return existing(store_of(context).datasets, "dataset", request)


def describe(context: RequestContext, request: Request) -> Answer:
    """Read a dataset."""
    dataset = _existing(context, request)
    described = {
        "name": dataset.name,
        "arn": dataset.arn,
        "status": "ACTIVE",
        **dataset.settings,
        **times(dataset),
    }
    return {"dataset": without_nothing(described)}


def list_all(context: RequestContext, request: Request) -> Answer:
    """All datasets."""
    summaries = [
        without_nothing(
            {
                "datasetName": dataset.name,
                "status": "ACTIVE",
                "triggers": dataset.settings["triggers"],
                "actions": [
                    {"actionName": action.get("actionName"), "actionType": "QUERY"}
                    for action in dataset.settings["actions"]
                ],
                **times(dataset),
            }
        )
        for dataset in store_of(context).datasets.values()
    ]
    return page(summaries, request, "datasetSummaries")


def update(context: RequestContext, request: Request) -> Answer:
    """Replace the settings; the next content follows the new ones."""
    dataset = _existing(context, request)
    settings, previous = _checked(context, request), dataset.settings
    dataset.settings = settings
    try:
        plan(dataset)
    except ServiceError:
        dataset.settings = previous
        raise
    dataset.updated, dataset.delta_end = now(), None
    return {}


def delete(context: RequestContext, request: Request) -> Answer:
    """Delete a dataset with its contents."""
    dataset = store_of(context).datasets.pop(_existing(context, request).name)
    for content in list(dataset.contents):
        contents.remove(dataset, content)
    return {}


def create_content(context: RequestContext, request: Request) -> Answer:
    """Run the query now."""
    return {"versionId": contents.start(_existing(context, request)).version}


def _content(dataset: Dataset, version: str) -> Content:
    if version in (LATEST, LATEST_SUCCEEDED):
        found = contents.newest(dataset, succeeded=version == LATEST_SUCCEEDED)
    else:
        found = next((each for each in dataset.contents if each.version == version), None)
    if found is None:
        raise errors.not_found(f"Content {version} of dataset", dataset.name)
    return found


def _status(content: Content) -> dict[str, Any]:
    return without_nothing({"state": content.state, "reason": content.reason or None})


def get_content(context: RequestContext, request: Request) -> Answer:
    """Where a content can be downloaded; without a version the latest one that succeeded."""
    dataset = _existing(context, request)
    content = _content(dataset, request.get("versionId") or LATEST_SUCCEEDED)
    entries = []
    if content.state == contents.SUCCEEDED:
        entries = [{"dataURI": download_address(content.bucket, content.key, dataset.region)}]
    return {"entries": entries, "timestamp": content.created, "status": _status(content)}


def list_contents(context: RequestContext, request: Request) -> Answer:
    """The contents of a dataset, the newest first."""
    begin, end = request.get("scheduledOnOrAfter"), request.get("scheduledBefore")
    summaries = [
        without_nothing(
            {
                "version": content.version,
                "status": _status(content),
                "creationTime": content.created,
                "scheduleTime": content.scheduled or content.created,
                "completionTime": content.completed,
            }
        )
        for content in reversed(_existing(context, request).contents)
    ]
    summaries = [
        each
        for each in summaries
        if (not begin or each["scheduleTime"] >= begin) and (not end or each["scheduleTime"] < end)
    ]
    return page(summaries, request, "datasetContentSummaries")


def delete_content(context: RequestContext, request: Request) -> Answer:
    """Delete one content."""
    dataset = _existing(context, request)
    contents.remove(dataset, _content(dataset, request.get("versionId") or LATEST_SUCCEEDED))
    return {}


TABLE: dict[str, Handler] = {
    "CreateDataset": create,
    "DescribeDataset": describe,
    "ListDatasets": list_all,
    "UpdateDataset": update,
    "DeleteDataset": delete,
    "CreateDatasetContent": create_content,
    "GetDatasetContent": get_content,
    "ListDatasetContents": list_contents,
    "DeleteDatasetContent": delete_content,
}
