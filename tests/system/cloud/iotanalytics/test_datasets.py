"""Datasets: their SQL runs over what came through the pipeline."""

import csv
import io
import json
import time
import urllib.request

import pytest
from botocore.exceptions import ClientError

from harness.waiting import wait_until

pytestmark = pytest.mark.localstack

LAST_15_MINUTES = "WHERE timestamp > to_unixtime(current_timestamp - interval '15' minute)"


def put(analytics, channel, *readings):
    messages = [
        {"messageId": str(n), "payload": json.dumps(reading).encode()}
        for n, reading in enumerate(readings)
    ]
    answer = analytics.batch_put_message(channelName=channel, messages=messages)
    assert answer["batchPutMessageErrorEntries"] == []


def dataset(analytics, site, sql, **settings):
    query = {"actionName": "query", "queryAction": {"sqlQuery": sql, **settings.pop("query", {})}}
    analytics.create_dataset(datasetName=site.dataset, actions=[query], **settings)


@pytest.fixture
def gone(analytics, site):
    """The test's dataset is deleted, also when the test fails."""
    yield
    analytics.delete_dataset(datasetName=site.dataset)


def finished(analytics, name, version):
    def answer():
        return analytics.get_dataset_content(datasetName=name, versionId=version)

    wait_until(
        lambda: answer()["status"]["state"] != "CREATING", seconds=20, what=f"content of {name}"
    )
    return answer()


def made(analytics, name):
    version = analytics.create_dataset_content(datasetName=name)["versionId"]
    return finished(analytics, name, version)


def rows(content):
    assert content["status"] == {"state": "SUCCEEDED"}
    with urllib.request.urlopen(content["entries"][0]["dataURI"]) as answer:
        return list(csv.DictReader(io.StringIO(answer.read().decode())))


def test_a_query_sees_the_last_15_minutes(analytics, site, gone):
    present = time.time()
    put(
        analytics,
        site.channel,
        {"sensor": "a", "temperature": 80.5, "timestamp": present},
        {"sensor": "a", "temperature": 1.0, "timestamp": present - 16 * 60},
        {"sensor": "b", "temperature": 79.5, "timestamp": present - 60},
    )
    dataset(analytics, site, f"SELECT * FROM {site.datastore} {LAST_15_MINUTES}")
    found = rows(made(analytics, site.dataset))
    assert [(each["sensor"], float(each["temperature"])) for each in found] == [
        ("a", 80.5),
        ("b", 79.5),
    ]
    assert found[0]["__dt"] == time.strftime("%Y-%m-%d 00:00:00.000", time.gmtime(present))


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("WHERE __dt >= current_date - interval '1' day", 3),
        ("WHERE __dt < current_date - interval '1' day", 0),
        ("WHERE from_unixtime(t) > now() - interval '1' hour", 1),
        ("WHERE from_unixtime(cast(t AS double)) > timestamp '2020-01-01 00:00:00'", 1),
        ("WHERE from_iso8601_timestamp(iso) = date '2020-01-01'", 3),
        ("WHERE word = 'it''s now()'", 1),
    ],
)
def test_presto_s_words_for_time_are_understood(analytics, site, gone, where, expected):
    iso = "2020-01-01T00:00:00Z"
    put(
        analytics,
        site.channel,
        {"t": time.time(), "iso": iso, "word": "it's now()"},
        {"t": 5, "iso": iso},
        {"t": 6, "iso": iso},
    )
    dataset(analytics, site, f"SELECT count(*) AS n FROM {site.datastore} {where}")
    assert rows(made(analytics, site.dataset)) == [{"n": str(expected)}]


def test_a_query_that_cannot_be_answered_says_why(analytics, site, gone):
    put(analytics, site.channel, {"a": 1})
    dataset(analytics, site, f"SELECT nonsense FROM {site.datastore}")
    content = made(analytics, site.dataset)
    assert content["status"] == {"state": "FAILED", "reason": "no such column: nonsense"}
    assert content["entries"] == []
    with pytest.raises(ClientError, match="LATEST_SUCCEEDED"):
        analytics.get_dataset_content(datasetName=site.dataset)


@pytest.mark.parametrize("sql", ["DROP TABLE x", "", "   ", "ATTACH 'x' AS y"])
def test_a_dataset_only_reads(analytics, site, sql):
    with pytest.raises(ClientError):
        dataset(analytics, site, sql)


def test_a_query_before_the_first_message_finds_nothing(analytics, site, gone):
    dataset(analytics, site, f"SELECT temperature FROM {site.datastore} {LAST_15_MINUTES}")
    assert rows(made(analytics, site.dataset)) == []


def test_a_delta_sees_each_message_once(analytics, site, gone):
    delta = {"offsetSeconds": 0, "timeExpression": "from_unixtime(t)"}
    query = {"filters": [{"deltaTime": delta}]}
    dataset(analytics, site, f"SELECT n FROM {site.datastore}", query=query)
    counted = []
    for n in (1, 2):
        put(analytics, site.channel, {"n": n, "t": time.time()})
        counted.append([each["n"] for each in rows(made(analytics, site.dataset))])
    assert counted == [["1"], ["2"]]


def test_old_contents_give_way_unless_versions_are_kept(analytics, site, gone):
    put(analytics, site.channel, {"a": 1})
    versioning = {"maxVersions": 2}
    dataset(analytics, site, f"SELECT a FROM {site.datastore}", versioningConfiguration=versioning)
    for _ in range(3):
        made(analytics, site.dataset)
    listed = analytics.list_dataset_contents(datasetName=site.dataset)["datasetContentSummaries"]
    assert [each["status"]["state"] for each in listed] == ["SUCCEEDED", "SUCCEEDED"]
    assert listed[0]["creationTime"] > listed[1]["creationTime"]


def test_a_schedule_makes_contents_by_itself(analytics, site, gone):
    put(analytics, site.channel, {"a": 1})
    schedule = [{"schedule": {"expression": "rate(1 minute)"}}]
    dataset(
        analytics,
        site,
        f"SELECT a FROM {site.datastore}",
        triggers=schedule,
        retentionPeriod={"numberOfDays": 30},
    )
    described = analytics.describe_dataset(datasetName=site.dataset)["dataset"]
    assert described["triggers"] == schedule
    assert described["retentionPeriod"] == {"numberOfDays": 30}

    def contents():
        return analytics.list_dataset_contents(datasetName=site.dataset)["datasetContentSummaries"]

    wait_until(contents, seconds=65, what="a scheduled content", poll_s=0.5)
    assert contents()[0]["scheduleTime"] <= contents()[0]["creationTime"]


@pytest.mark.parametrize("expression", ["rate(0 minutes)", "rate(5 parsecs)", "soon", "cron(x)"])
def test_what_is_no_schedule_is_refused(analytics, site, expression):
    triggers = [{"schedule": {"expression": expression}}]
    with pytest.raises(ClientError, match="schedule"):
        dataset(analytics, site, f"SELECT a FROM {site.datastore}", triggers=triggers)
    assert site.dataset not in {
        each["datasetName"] for each in analytics.list_datasets()["datasetSummaries"]
    }
