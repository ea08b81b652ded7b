"""A sound system is found valid, and breaking it on purpose turns the verdict of the checker that watches over it."""

import pytest

pytestmark = pytest.mark.localstack


def test_a_sound_system_keeps_its_promises_through_an_outage(run_scenario) -> None:
    ran = run_scenario("short_outage")
    assert ran.status == 0, ran.said
    assert ran.report["verdict"] == "valid"
    raw = ran.report["streams"]["LocalDataStream/RawKinesis"]
    assert raw["delivered"] >= 200
    assert raw["lost"] == 0


@pytest.mark.parametrize(
    "stream_manager",
    ["drops_a_batch", pytest.param("acknowledges_unstored", marks=pytest.mark.nightly)],
)
def test_a_server_that_loses_what_it_acknowledged_is_found_out(
    run_scenario, stream_manager: str
) -> None:
    ran = run_scenario("short_outage", stream_manager)
    assert ran.status == 1, ran.said
    assert ran.verdict_of("loss") == "invalid"
    assert sum(each["lost"] for each in ran.report["streams"].values()) > 0


def test_a_link_that_never_goes_down_proves_nothing(run_scenario) -> None:
    ran = run_scenario("never_down")
    assert ran.status == 3, ran.said
    assert ran.report["verdict"] == "unknown"
    (unmet,) = [each for each in ran.report["conditions"] if not each["met"]]
    assert "outages" in unmet["name"]
    assert unmet["name"] in ran.said
