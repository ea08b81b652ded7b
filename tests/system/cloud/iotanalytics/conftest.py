"""A channel that leads to a datastore."""

from types import SimpleNamespace

import pytest


@pytest.fixture
def analytics(connect):
    return connect("iotanalytics")


@pytest.fixture
def site(analytics, request):
    """Channel, datastore and pipeline; deleted with their dataset at the end."""
    name = request.node.name.partition("[")[0].removeprefix("test_").replace("-", "_")[:60]
    analytics.create_channel(channelName=f"{name}_channel")
    analytics.create_datastore(datastoreName=f"{name}_store")
    activities = [
        {"channel": {"name": "in", "channelName": f"{name}_channel", "next": "out"}},
        {"datastore": {"name": "out", "datastoreName": f"{name}_store"}},
    ]
    analytics.create_pipeline(pipelineName=f"{name}_pipeline", pipelineActivities=activities)
    yield SimpleNamespace(
        channel=f"{name}_channel",
        datastore=f"{name}_store",
        pipeline=f"{name}_pipeline",
        dataset=f"{name}_dataset",
    )
    analytics.delete_pipeline(pipelineName=f"{name}_pipeline")
    analytics.delete_datastore(datastoreName=f"{name}_store")
    analytics.delete_channel(channelName=f"{name}_channel")
