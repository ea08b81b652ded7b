"""Servers that send or evict in the wrong order are found out, by the checker that watches over it."""

import pytest

pytestmark = pytest.mark.localstack


def test_a_server_that_ignores_priority_is_found_out(run_scenario) -> None:
    ran = run_scenario("short_priority", "ignores_priority")
    assert ran.status == 1, ran.said
    assert ran.verdict_of("priority") == "invalid"


def test_a_server_that_evicts_the_newest_segment_is_found_out(run_scenario) -> None:
    ran = run_scenario("short_overwrite", "evicts_the_newest")
    assert ran.status == 1, ran.said
    assert ran.verdict_of("overwrite") == "invalid"


@pytest.mark.nightly
def test_a_server_that_swaps_batches_is_found_out(run_scenario) -> None:
    ran = run_scenario("short_outage", "swaps_batches")
    assert ran.status == 1, ran.said
    assert ran.verdict_of("ordering") == "invalid"
