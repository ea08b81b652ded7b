"""Pipelines: between channel and datastore."""

import json

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.localstack

LAMBDA = {"lambda": {"name": "l", "lambdaName": "f", "batchSize": 1}}
NO_CHANNEL = {"channel": {"name": "in", "channelName": "none", "next": "out"}}


def run(analytics, activity, *messages):
    payloads = [json.dumps(message).encode() for message in messages]
    answer = analytics.run_pipeline_activity(pipelineActivity=activity, payloads=payloads)
    return [json.loads(payload) for payload in answer["payloads"]]


@pytest.mark.parametrize(
    ("activity", "expected"),
    [
        (
            {"addAttributes": {"name": "x", "attributes": {"t": "T"}}},
            [{"t": 50, "s": "a", "T": 50}, {"t": 30, "s": "b", "T": 30}],
        ),
        ({"removeAttributes": {"name": "x", "attributes": ["s"]}}, [{"t": 50}, {"t": 30}]),
        ({"selectAttributes": {"name": "x", "attributes": ["s"]}}, [{"s": "a"}, {"s": "b"}]),
        ({"filter": {"name": "x", "filter": "t > 40 AND s = 'a'"}}, [{"t": 50, "s": "a"}]),
        (
            {"math": {"name": "x", "attribute": "f", "math": "t * 2"}},
            [{"t": 50, "s": "a", "f": 100}, {"t": 30, "s": "b", "f": 60}],
        ),
    ],
)
def test_an_activity_changes_messages(analytics, activity, expected):
    assert run(analytics, activity, {"t": 50, "s": "a"}, {"t": 30, "s": "b"}) == expected


def test_a_pipeline_reads_back(analytics, site):
    described = analytics.describe_pipeline(pipelineName=site.pipeline)["pipeline"]
    assert [next(iter(each)) for each in described["activities"]] == ["channel", "datastore"]
    assert site.pipeline in {
        each["pipelineName"] for each in analytics.list_pipelines()["pipelineSummaries"]
    }


def test_what_is_no_json_object_stays_in_the_channel(analytics, site):
    for payload in (b"\xff", b"[1]", b'{"a": 1}'):
        analytics.batch_put_message(
            channelName=site.channel, messages=[{"messageId": "1", "payload": payload}]
        )
    store = analytics.describe_datastore(datastoreName=site.datastore, includeStatistics=True)
    assert store["statistics"]["size"]["estimatedSizeInBytes"] == len('{"a": 1}')
    assert len(analytics.sample_channel_data(channelName=site.channel)["payloads"]) == 3


def channel(site, following="out"):
    return {"channel": {"name": "in", "channelName": site.channel, "next": following}}


def datastore(site):
    return {"datastore": {"name": "out", "datastoreName": site.datastore}}


@pytest.mark.parametrize(
    ("activities", "complaint"),
    [
        (lambda site: [datastore(site)], "exactly one channel"),
        (lambda site: [channel(site)], "exactly one datastore"),
        (lambda site: [channel(site, "elsewhere"), datastore(site)], "do not all lead"),
        (lambda site: [channel(site), LAMBDA, datastore(site)], "not emulated"),
        (lambda site: [NO_CHANNEL, datastore(site)], "channel none does not exist"),
    ],
)
def test_a_pipeline_that_leads_nowhere_is_refused(analytics, site, activities, complaint):
    with pytest.raises(ClientError, match=complaint) as raised:
        analytics.create_pipeline(pipelineName="nowhere", pipelineActivities=activities(site))
    assert raised.value.response["Error"]["Code"] == "InvalidRequestException"


@pytest.mark.parametrize("kind", ["channel", "datastore", "pipeline", "dataset"])
def test_what_is_not_there_cannot_be_read_or_deleted(analytics, kind):
    for verb in ("describe", "delete"):
        with pytest.raises(ClientError) as raised:
            getattr(analytics, f"{verb}_{kind}")(**{f"{kind}Name": "nothing"})
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
        assert raised.value.response["Error"]["Code"] == "ResourceNotFoundException"
