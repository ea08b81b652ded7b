"""Our numbers against those of the vendor's client, which somebody else wrote."""

import pytest
from stream_manager import data as vendor

from system.wire.operations import (
    PROTOCOL_VERSIONS,
    RESPONSE_TO,
    SINCE_1_1,
    ExportFormat,
    Operation,
    Persistence,
    StatusCode,
    StrategyOnFull,
)


def plain(name):
    """A name without case and underscores: spelling differs, the words do not."""
    return name.replace("_", "").lower()


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Operation, vendor.Operation),
        (StatusCode, vendor.ResponseStatusCode),
        (StrategyOnFull, vendor.StrategyOnFull),
        (Persistence, vendor.Persistence),
        (ExportFormat, vendor.ExportFormat),
    ],
)
def test_the_numbers_are_the_vendor_s(ours, theirs):
    assert {plain(each.name): each.value for each in ours} == {
        plain(each.name): each.value for each in theirs
    }


def test_each_request_has_the_answer_of_its_name():
    for request, answer in RESPONSE_TO.items():
        assert answer.name == f"{request.name}_RESPONSE"
    answers = {each for each in Operation if each.name.endswith("_RESPONSE")}
    assert set(RESPONSE_TO.values()) == answers


def test_the_preferred_version_is_first_and_update_came_with_it():
    assert PROTOCOL_VERSIONS == ("1.1.0", "1.0.0")
    assert {Operation.UPDATE_MESSAGE_STREAM} == SINCE_1_1
