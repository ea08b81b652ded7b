"""Pipelines: they lead the messages of a channel to a datastore."""

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from localstack.aws.api import RequestContext

from system.cloud.iotanalytics import errors
from system.cloud.iotanalytics.activities import STEPS, applied, in_order, kind_of
from system.cloud.iotanalytics.resources import existing, identity, page, times
from system.cloud.iotanalytics.store import AnalyticsStore, Pipeline, now, store_of
from system.cloud.service import Answer, Handler, Request

log = logging.getLogger(__name__)


def _ways(context: RequestContext, activities: Sequence[dict[str, Any]]) -> dict[str, Any]:
    store, ordered = store_of(context), in_order(activities)
    channel, datastore = ordered[0][1]["channelName"], ordered[-1][1]["datastoreName"]
    if channel not in store.channels:
        raise errors.invalid_request(f"The channel {channel} does not exist")
    if datastore not in store.datastores:
        raise errors.invalid_request(f"The datastore {datastore} does not exist")
    return {
        "pipelineActivities": list(activities),
        "channel": channel,
        "datastore": datastore,
        "steps": ordered[1:-1],
    }


def create(context: RequestContext, request: Request) -> Answer:
    """Create a pipeline; it sees what arrives from now on."""
    members = identity(context, "pipeline", request)
    settings = _ways(context, request["pipelineActivities"])
    pipeline = Pipeline(**members, settings=settings)
    store_of(context).pipelines[pipeline.name] = pipeline
    return {"pipelineName": pipeline.name, "pipelineArn": pipeline.arn}


def _existing(context: RequestContext, request: Request) -> Pipeline:
    return existing(store_of(context).pipelines, "pipeline", request)


def describe(context: RequestContext, request: Request) -> Answer:
    """Read a pipeline."""
    pipeline = _existing(context, request)
    described = {
        "name": pipeline.name,
        "arn": pipeline.arn,
        "activities": pipeline.settings["pipelineActivities"],
        "reprocessingSummaries": [],
        **times(pipeline),
    }
    return {"pipeline": described}


def list_all(context: RequestContext, request: Request) -> Answer:
    """All pipelines."""
    summaries = [
        {"pipelineName": each.name, "reprocessingSummaries": [], **times(each)}
        for each in store_of(context).pipelines.values()
    ]
    return page(summaries, request, "pipelineSummaries")


def update(context: RequestContext, request: Request) -> Answer:
    """Change the activities."""
    pipeline = _existing(context, request)
    pipeline.settings = _ways(context, request["pipelineActivities"])
    pipeline.updated = now()
    return {}


def delete(context: RequestContext, request: Request) -> Answer:
    """Delete a pipeline; what is in the datastore stays."""
    del store_of(context).pipelines[_existing(context, request).name]
    return {}


def run_activity(_context: RequestContext, request: Request) -> Answer:
    """Try an activity on some payloads."""
    activity = request["pipelineActivity"]
    kind = kind_of(activity)
    if kind not in STEPS:
        raise errors.invalid_request(f"The activity {kind} cannot be run alone")
    tried = [applied([(kind, activity[kind])], payload) for payload in request["payloads"]]
    return {"payloads": [_encoded(message) for message in tried if message is not None]}


def _encoded(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()


def flow(store: AnalyticsStore, channel: str, payloads: Sequence[bytes], arrived: datetime) -> None:
    """Lead a stored batch through every pipeline of its channel.

    The batch is in the channel already, so whatever happens here is no reason to refuse it.
    """
    for pipeline in list(store.pipelines.values()):
        datastore = store.datastores.get(pipeline.settings["datastore"])
        if pipeline.settings["channel"] != channel or datastore is None:
            continue
        try:
            messages = [applied(pipeline.settings["steps"], payload) for payload in payloads]
            kept = [message for message in messages if message is not None]
            if kept:
                datastore.messages.append(kept, arrived=arrived.timestamp())
                datastore.last_arrival = arrived
        except Exception:
            log.exception("Pipeline %s lost a batch of %s", pipeline.name, channel)


TABLE: dict[str, Handler] = {
    "CreatePipeline": create,
    "DescribePipeline": describe,
    "ListPipelines": list_all,
    "UpdatePipeline": update,
    "DeletePipeline": delete,
    "RunPipelineActivity": run_activity,
}
