"""The SiteWise sink against our service in LocalStack, and against answers that it never gives."""

import json
import time

import pytest
from stream_manager import (
    AssetPropertyValue,
    PutAssetPropertyValueEntry,
    Quality,
    TimeInNanos,
    Variant,
)
from stream_manager.util import Util

from system.stream_manager.export.batch import Delivered, Failed
from system.stream_manager.sinks.iot_sitewise import requests_of
from system.wire.definitions import IoTSiteWiseConfig

from .conftest import answer, batch, cut_short, error, hang_up

CONFIG = IoTSiteWiseConfig(identifier="w")
NOW = int(time.time())


def value(number=1.0, at=NOW, nanos=0):
    stamp = {"timeInSeconds": at, "offsetInNanos": nanos}
    return {"value": {"doubleValue": number}, "timestamp": stamp, "quality": "GOOD"}


def entry(alias, *values, name="e", **fields):
    return {
        "entryId": name,
        "propertyAlias": alias,
        "propertyValues": list(values) or [value()],
        **fields,
    }


def payloads(*entries):
    return [json.dumps(each).encode() for each in entries]


# -- against our service -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sitewise(connect):
    return connect("iotsitewise")


@pytest.fixture
def cloud(sinks_at, localstack):
    return sinks_at(localstack.endpoint)


def history(sitewise, alias):
    answer = sitewise.get_asset_property_value_history(propertyAlias=alias)
    return [each["value"]["doubleValue"] for each in answer["assetPropertyValueHistory"]]


def test_an_entry_of_the_vendors_client_arrives(cloud, sitewise):
    made = PutAssetPropertyValueEntry(
        entry_id="e1",
        property_alias="/of/the/vendors/client",
        property_values=[
            AssetPropertyValue(
                value=Variant(double_value=2.5),
                quality=Quality.GOOD,
                timestamp=TimeInNanos(time_in_seconds=NOW, offset_in_nanos=7),
            )
        ],
    )
    result = cloud.send(batch(CONFIG, Util.validate_and_serialize_to_json_bytes(made)))
    assert result == Delivered()
    assert history(sitewise, "/of/the/vendors/client") == [2.5]


def test_two_values_for_one_moment_do_not_meet_in_a_request_and_the_later_one_stays(
    cloud, sitewise
):
    alias = "/two/for/one/moment"
    sent = payloads(
        entry(alias, value(1.0), name="a"),
        entry(f"{alias}/other", value(5.0), name="b"),
        entry(alias, value(2.0), name="c"),
    )
    assert cloud.send(batch(CONFIG, *sent)) == Delivered()
    assert history(sitewise, alias) == [2.0]
    assert history(sitewise, f"{alias}/other") == [5.0]


def test_what_is_invalid_is_skipped_and_the_others_arrive(cloud, sitewise):
    alias = "/invalid/among/others"
    sent = [
        *payloads(entry(alias, value(1.0, nanos=1), name="a")),
        b"no entry",
        *payloads(
            entry(alias, value(2.0, nanos=2), name="b c"),
            entry(alias, value(3.0, at=NOW - 9 * 86400), name="d"),
            entry(alias, value(4.0, nanos=4), name="e"),
        ),
    ]
    result = cloud.send(batch(CONFIG, *sent))
    assert [index for index, _ in result.skipped] == [1, 2, 3]
    assert result.refused == ()
    reasons = [reason for _, reason in result.skipped]
    assert "no entry" in reasons[0] and "InvalidRequest" in reasons[1]
    assert "TimestampOutOfRange" in reasons[2]
    assert history(sitewise, alias) == [1.0, 4.0]


# -- what is no entry ----------------------------------------------------------------------------------

SOUND = entry("/a")


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff",
        b"[]",
        b"7",
        b"[" * 100_000,
        json.dumps({**SOUND, "propertyAlias": None}).encode(),
        json.dumps({**SOUND, "propertyAlias": None, "assetId": "a"}).encode(),
        json.dumps({**SOUND, "propertyValues": None}).encode(),
        json.dumps({**SOUND, "propertyValues": [{"value": {"doubleValue": 1}}]}).encode(),
        json.dumps({**SOUND, "entryId": 7}).encode(),
        json.dumps(entry("/a", {**value(), "value": {"integerValue": "7"}})).encode(),
        json.dumps(entry("/a", value(float("nan")))).encode(),
        json.dumps(entry("/a", value(1.0), value(2.0))).encode(),
    ],
)
def test_what_is_no_entry_is_skipped_and_not_sent(sinks, destination, payload):
    ((index, reason),) = sinks.send(batch(CONFIG, payload)).skipped
    assert index == 0 and "no entry of SiteWise" in reason
    assert destination.bodies == []


# -- requests ------------------------------------------------------------------------------------------


def names(requests):
    return [[each["entryId"] for each in request] for request in requests]


def test_entries_share_a_request_where_nothing_meets():
    entries = [entry("/a", name="1"), entry("/b", name="2"), entry("/a", value(nanos=1), name="3")]
    assert names(requests_of(entries)) == [["1", "2", "3"]]


def test_requests_are_cut_where_moments_or_ids_meet_and_keep_their_order():
    entries = [
        entry("/a", name="1"),
        entry("/b", name="1"),
        entry("/a", name="2"),
        entry("/b", name="3"),
    ]
    assert names(requests_of(entries)) == [["1"], ["1", "2"], ["3"]]


def test_a_property_has_at_most_ten_values_in_a_request():
    entries = [
        entry("/a", *(value(nanos=10 * n + each) for each in range(6)), name=f"{n}")
        for n in range(2)
    ]
    assert names(requests_of(entries)) == [["0"], ["1"]]


def test_an_asset_and_its_property_are_one_place():
    place = {"propertyAlias": None, "assetId": "a"}
    entries = [
        entry("", name="1", propertyId="p", **place),
        entry("", name="2", propertyId="q", **place),
        entry("", name="3", propertyId="p", **place),
    ]
    assert names(requests_of(entries)) == [["1", "2"], ["3"]]


# -- answers -------------------------------------------------------------------------------------------


def errors(name, *codes):
    found = [{"errorCode": code, "errorMessage": "no", "timestamps": []} for code in codes]
    return answer({"errorEntries": [{"entryId": name, "errors": found}]})


PAIR = payloads(entry("/a", name="1"), entry("/b", name="2"))


@pytest.mark.parametrize(
    "code",
    [
        "ResourceNotFoundException",
        "ThrottlingException",
        "InternalFailureException",
        "ServiceUnavailableException",
        "ConflictingOperationException",
        "AccessDeniedException",
        "LimitExceededException",
        "SomethingNew",
    ],
)
def test_what_may_be_taken_later_is_refused(sinks, destination, code):
    destination.script = [errors("2", code)]
    assert sinks.send(batch(CONFIG, *PAIR)) == Delivered(refused=(1,), reason=f"{code}: no")


def test_what_is_refused_for_now_and_for_good_at_once_is_tried_again(sinks, destination):
    destination.script = [errors("1", "InvalidRequestException", "ThrottlingException")]
    assert sinks.send(batch(CONFIG, *PAIR)).refused == (0,)


@pytest.mark.parametrize(
    "act", [cut_short, answer({}), errors("7", "ThrottlingException")], ids=["cut", "empty", "id"]
)
def test_an_answer_that_does_not_fit_leaves_a_doubt(sinks, destination, act):
    destination.script = [act]
    result = sinks.send(batch(CONFIG, *PAIR))
    assert isinstance(result, Failed) and result.doubtful


def test_a_link_that_breaks_is_the_links_fault(sinks, destination):
    destination.script = [hang_up]
    result = sinks.send(batch(CONFIG, *PAIR))
    assert isinstance(result, Failed) and result.transport


def test_a_refusal_of_the_whole_is_tried_again(sinks, destination):
    destination.script = [error("ThrottlingException", status=429)]
    result = sinks.send(batch(CONFIG, *PAIR))
    assert isinstance(result, Failed) and not result.doubtful and not result.transport


def test_what_is_no_entry_is_not_met_again_when_the_rest_fails(sinks, destination):
    destination.script = [error("ThrottlingException", status=429)]
    result = sinks.send(batch(CONFIG, PAIR[0], b"no entry"))
    assert (result.refused, [index for index, _ in result.skipped]) == ((0,), [1])


def test_entries_that_meet_for_a_reason_that_we_cannot_see_are_parted(sinks, destination):
    destination.script = [
        error("ConflictingOperationException", status=409),
        answer({"errorEntries": []}),
    ]
    assert sinks.send(batch(CONFIG, *PAIR)) == Delivered()
    assert len(destination.bodies) == 3
