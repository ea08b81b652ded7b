"""A small site for tests, and the way to stand it up in each edition with real parts."""

from pathlib import Path
from typing import Any

from harness.environments.site.marked_containers import EngineUnreachable, labelled
from harness.environments.site.processes import marked
from harness.environments.site.register import Register
from harness.environments.site.site import SERVICES, Link, Site
from harness.plan.compiling import compile_plan
from harness.plan.model import Plan
from harness.scenario.loader import load

# Small batches and a short back-off, so that what is waited for comes soon.
SCENARIO = """
scenario: standing
description: A site for tests.
workload: {sensors: 2, rate: 20/s, warm_up: 1s, run_for: 60s}
site:
  stream_producer: {RAW_KINESIS_STREAM: RawData, RAW_BATCH_SIZE: 10}
  stream_manager: {STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS: 1000}
  kinesis_streams: [RawData]
link: {latency: 20ms}
judge: [loss]
"""
LATENCY_MS = 20


def plan_of(folder: Path) -> Plan:
    """The plan of the scenario above."""
    file = folder / "standing.yaml"
    file.write_text(SCENARIO)
    return compile_plan(load(file).scenario, 1)


def site_in(folder: Path, **fields: Any) -> Site:
    """A site as a value, of which nothing stands; `fields` are in the place of what it has."""
    links = {
        service: Link(uplink_tap=42000 + number, toxiproxy=4201 + number, cloud_tap=4301 + number)
        for number, service in enumerate(SERVICES)
    }
    known: dict[str, Any] = {
        "name": "20261125T101500-3fa2c1",
        "directory": folder,
        "witness": folder / "witness",
        "logs": folder / "logs",
        "origin_monotonic_ns": 1,
        "origin_wall_ms": 2,
        "cloud": 41000,
        "toxiproxy": 41001,
        "client_port": 41002,
        "server_port": 18088,
        "links": links,
        "ports": {"sensor_api": 43000, "aggregate_api": 43001, "dashboard": 43002},
    }
    return Site(**{**known, **fields})


def remains(sites: Register) -> list[str]:
    """The processes and containers of all sites of a register."""

    def ours(mark: str) -> bool:
        return mark.startswith(sites.mark(""))

    try:
        containers = labelled(ours)
    except EngineUnreachable:
        containers = []
    return [*(str(each.pid) for each in marked(ours)), *containers]
