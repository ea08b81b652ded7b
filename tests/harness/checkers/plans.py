"""Plans, as far as the checkers ask them."""

from typing import Any

from harness.plan.compiling import compile_plan
from harness.plan.model import Plan
from harness.scenario.model import Scenario


def plan(
    *,
    pool: int | None = 1,
    backoff_ms: int = 5000,
    run_for: str = "60s",
    rate: str = "20/s",
    sensors: int = 1,
    latency: str = "0s",
) -> Plan:
    """A plan of a site with these settings."""
    variables: dict[str, Any] = {"STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS": str(backoff_ms)}
    if pool is not None:
        variables["STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE"] = str(pool)
    scenario = {
        "scenario": "told",
        "description": "What a test tells.",
        "workload": {"run_for": run_for, "rate": rate, "sensors": sensors, "warm_up": "1s"},
        "site": {"stream_manager": variables},
        "link": {"latency": latency},
        "judge": ["loss"],
    }
    return compile_plan(Scenario.model_validate(scenario), 7)
