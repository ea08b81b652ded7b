"""Values of data streams, through boto3: what is accepted can be read back, what is not is named."""

import time
from datetime import UTC, datetime

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from harness.environments.local.localstack import start_localstack
from harness.environments.site.ports import Ports
from harness.tools.localstack import ensure_localstack

REGION = "us-east-1"


def client_at(session, endpoint):
    return session.client(
        "iotsitewise",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}),
    )


@pytest.fixture(scope="module")
def sitewise(session, localstack):
    return client_at(session, localstack.endpoint)


NOW = int(time.time())


def value(content, at=NOW, nanos=0, **fields):
    stamp = {"timeInSeconds": at, "offsetInNanos": nanos}
    return {"value": content, "timestamp": stamp, **fields}


def entry(alias, *values, name="e1", **place):
    place = place or {"propertyAlias": alias}
    return {"entryId": name, **place, "propertyValues": list(values)}


def double(number, **fields):
    return value({"doubleValue": number}, **fields)


def put(sitewise, *entries):
    return sitewise.batch_put_asset_property_value(entries=list(entries))["errorEntries"]


def history(sitewise, alias, **fields):
    answer = sitewise.get_asset_property_value_history(propertyAlias=alias, **fields)
    return [each["value"] for each in answer["assetPropertyValueHistory"]]


def refused(call, **parameters):
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    return raised.value.response


def test_what_is_accepted_is_read_back_in_the_order_of_its_moments(sitewise, named):
    assert put(sitewise, entry(named, double(2.5, at=NOW), double(1.5, at=NOW - 1))) == []
    assert history(sitewise, named) == [{"doubleValue": 1.5}, {"doubleValue": 2.5}]
    assert history(sitewise, named, timeOrdering="DESCENDING")[0] == {"doubleValue": 2.5}
    newest = sitewise.get_asset_property_value(propertyAlias=named)["propertyValue"]
    assert newest["value"] == {"doubleValue": 2.5}
    assert newest["timestamp"] == {"timeInSeconds": NOW, "offsetInNanos": 0}
    assert newest["quality"] == "GOOD"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"stringValue": "a"}, "STRING"),
        ({"integerValue": -7}, "INTEGER"),
        ({"doubleValue": 0.5}, "DOUBLE"),
        ({"booleanValue": False}, "BOOLEAN"),
    ],
)
def test_a_data_stream_comes_with_its_first_value_and_has_its_type(sitewise, content, kind):
    alias = f"/of/a/type/{kind}"
    assert put(sitewise, entry(alias, value(content))) == []
    assert history(sitewise, alias) == [content]
    assert sitewise.describe_time_series(alias=alias)["dataType"] == kind


def test_an_asset_and_its_property_are_a_data_stream_too(sitewise):
    place = {
        "assetId": "11111111-2222-4333-8444-555555555555",
        "propertyId": "11111111-2222-4333-8444-666666666666",
    }
    assert put(sitewise, entry("", double(1.0), **place)) == []
    answer = sitewise.get_asset_property_value_history(**place)
    assert len(answer["assetPropertyValueHistory"]) == 1


def test_a_value_replaces_one_of_the_same_moment_and_quality(sitewise, named):
    for number in (1.0, 2.0):
        put(sitewise, entry(named, double(number)))
    put(sitewise, entry(named, double(3.0, quality="BAD")))
    assert history(sitewise, named) == [{"doubleValue": 2.0}]
    assert history(sitewise, named, qualities=["BAD"]) == [{"doubleValue": 3.0}]


def test_a_span_has_its_end_and_not_its_beginning(sitewise, named):
    put(sitewise, entry(named, *(double(float(n), at=NOW - n) for n in range(4))))
    span = {
        "startDate": datetime.fromtimestamp(NOW - 2, UTC),
        "endDate": datetime.fromtimestamp(NOW, UTC),
    }
    assert history(sitewise, named, **span) == [{"doubleValue": 1.0}, {"doubleValue": 0.0}]


def test_history_comes_in_pages(sitewise, named):
    put(sitewise, entry(named, *(double(float(n), nanos=n) for n in range(5))))
    pages = sitewise.get_paginator("get_asset_property_value_history").paginate(
        propertyAlias=named, PaginationConfig={"PageSize": 2}
    )
    sizes = [len(each["assetPropertyValueHistory"]) for each in pages]
    assert sizes == [2, 2, 1]


def test_one_bad_entry_is_named_and_the_others_are_kept(sitewise, named):
    put(sitewise, entry(named, double(1.0)))
    good, bad = (
        entry(f"{named}/other", double(1.0), name="good"),
        entry(named, value({"stringValue": "no"}), name="bad"),
    )
    (found,) = put(sitewise, bad, good)
    assert found["entryId"] == "bad"
    assert found["errors"][0]["errorCode"] == "InvalidRequestException"
    assert history(sitewise, f"{named}/other") == [{"doubleValue": 1.0}]
    assert history(sitewise, named) == [{"doubleValue": 1.0}]


@pytest.mark.parametrize("shift_s", [-8 * 86400, 3600])
def test_values_of_another_time_are_refused_with_their_moments(sitewise, named, shift_s):
    (found,) = put(sitewise, entry("/early/or/late", double(1.0, at=NOW + shift_s)))
    assert found["errors"][0]["errorCode"] == "TimestampOutOfRangeException"
    assert found["errors"][0]["timestamps"][0]["timeInSeconds"] == NOW + shift_s


def test_two_values_of_one_moment_conflict(sitewise, named):
    entries = [entry(named, double(float(n)), name=f"e{n}") for n in range(2)]
    answer = refused(sitewise.batch_put_asset_property_value, entries=entries)
    assert answer["Error"]["Code"] == "ConflictingOperationException"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 409
    missing = refused(sitewise.get_asset_property_value, propertyAlias=named)
    assert missing["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [entry(f"/a/{n}", double(1.0), name=f"e{n}") for n in range(11)],
        [entry("/a", double(1.0)), entry("/b", double(1.0))],
        [entry("/a", double(1.0), name="not a name")],
        [entry("/a", *(double(1.0, nanos=n) for n in range(11)))],
        [entry("", double(1.0), name="e", assetId="11111111-2222-4333-8444-555555555555")],
        [entry("/a", *(double(1.0, nanos=n) for n in range(6)), name=f"{n}") for n in range(2)],
    ],
    ids=["none", "too many", "one id twice", "id", "values", "half a place", "moments"],
)
def test_a_request_that_is_invalid_is_refused_as_a_whole(sitewise, entries):
    code = refused(sitewise.batch_put_asset_property_value, entries=entries)["Error"]["Code"]
    assert code in ("InvalidRequestException", "ConflictingOperationException")


def test_data_streams_are_listed_and_forgotten(sitewise, named):
    for each in ("a", "b"):
        put(sitewise, entry(f"/{named}/{each}", double(1.0)))
    listed = sitewise.list_time_series(aliasPrefix=f"/{named}/")["TimeSeriesSummaries"]
    assert [each["alias"] for each in listed] == [f"/{named}/a", f"/{named}/b"]
    sitewise.delete_time_series(alias=f"/{named}/a")
    listed = sitewise.list_time_series(aliasPrefix=f"/{named}/")["TimeSeriesSummaries"]
    assert [each["alias"] for each in listed] == [f"/{named}/b"]
    refused(sitewise.describe_time_series, alias=f"/{named}/a")


def test_what_was_accepted_is_there_after_a_kill(session, tmp_path):
    tool, ports = ensure_localstack(print), Ports()
    port = ports.free()
    ports.release()

    def started():
        running = start_localstack(
            tool, port=port, directory=tmp_path / "s", log=tmp_path / "log", mark=str(tmp_path)
        )
        running.wait()
        return running

    running = started()
    try:
        put(client_at(session, running.endpoint), entry("/kept", double(1.0)))
        running.stop()  # A kill, as `stop` always is.
        running = started()
        assert history(client_at(session, running.endpoint), "/kept") == [{"doubleValue": 1.0}]
    finally:
        running.stop()
