from pathlib import Path

from harness.plan.compiling import compile_plan
from harness.plan.rendering import render, rough_duration_ms
from harness.scenario.loader import load

SCENARIOS = Path(__file__).parents[3] / "scenarios"


def test_a_plan_for_people_tells_what_happens_when_and_who_judges() -> None:
    plan = compile_plan(load(SCENARIOS / "throughput_20hz.yaml").scenario, 3)
    text = render(plan)
    for part in (
        plan.hash,
        "seed 3",
        "6000: 1 sensor(s) x 20/s x 5m",
        "on request_in_flight (service iotanalytics) within 3s",
        "link_silent",
        "time_down (at_least 30%)",
        "throughput",
    ):
        assert part in text
    assert rough_duration_ms(plan) > 300_000


def test_a_kill_has_no_services_and_no_length() -> None:
    text = render(compile_plan(load(SCENARIOS / "cloud_outage.yaml").scenario, 1))
    (line,) = [line for line in text.splitlines() if "process_kill" in line and "f3" in line]
    assert line.split()[-2:] == ["-", "-"]
