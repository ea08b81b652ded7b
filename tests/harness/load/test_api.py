from collections.abc import Iterator
from typing import Any

import pytest

from harness.load.answer import Outcome
from harness.load.api import CALLS, Api
from harness.load.site_file import LoadSite

from .conftest import Functions


@pytest.fixture
def rows() -> list[str]:
    """The rows that were fired, failed ones with their error."""
    return []


@pytest.fixture
def api(functions: Functions, rows: list[str]) -> Iterator[Api]:
    """Somebody who uses them."""

    def fire(**fields: Any) -> None:
        rows.append(f"{fields['name']}{f': {e}' if (e := fields['exception']) else ''}")

    site = LoadSite(
        name="s",
        stream_manager=1,
        toxiproxy=1,
        cloud_url="",
        region="",
        sensor_api=functions.url,
        aggregate_api=functions.url,
        broker=None,
    )
    made = Api(site, 5.0, fire)
    yield made
    made.close()


def test_the_source_is_read_switched_and_read_again(
    api: Api, functions: Functions, rows: list[str]
) -> None:
    api.begin()

    outcomes = [api.ask(number).outcome for number in range(len(CALLS))]

    assert outcomes == [Outcome.ACKNOWLEDGED] * len(CALLS)
    assert rows == list(CALLS)
    assert functions.enabled


def test_a_source_that_does_not_do_what_it_is_told_fails_the_request(
    api: Api, functions: Functions, rows: list[str]
) -> None:
    api.begin()
    functions.obeys = False

    answer = api.ask(CALLS.index("disable"))

    assert answer.outcome is Outcome.REFUSED
    assert rows == ["disable: disable says 'enabled', not 'disabled'"]


def test_the_source_is_left_as_it_was_found(api: Api, functions: Functions) -> None:
    functions.enabled = False
    api.begin()
    api.ask(CALLS.index("enable"))
    assert functions.enabled

    api.end()

    assert not functions.enabled


def test_a_source_that_was_never_reached_is_left_alone(api: Api, functions: Functions) -> None:
    api.end()

    assert functions.asked == []
