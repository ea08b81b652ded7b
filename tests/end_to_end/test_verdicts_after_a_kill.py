"""Servers that are killed: a sound one is found valid, whoever wrote it, and one that begins again is found out."""

import pytest

pytestmark = pytest.mark.localstack


def test_a_server_that_is_none_of_ours_is_judged_by_what_it_does(run_scenario) -> None:
    ran = run_scenario("short_kill", "minimal_server")
    assert ran.status == 0, ran.said
    assert ran.report["verdict"] == "valid"


@pytest.mark.nightly
def test_a_server_that_begins_again_after_a_kill_is_found_out(run_scenario) -> None:
    ran = run_scenario("short_kill", "forgets_the_cursor")
    assert ran.status == 1, ran.said
    assert ran.verdict_of("duplication") == "invalid"
