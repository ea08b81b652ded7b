"""A site that stands, and what is left of sites that do not stand any more."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.environments.local.environment import LocalEnvironment
from harness.environments.local.standing import stand_up
from harness.environments.site.processes import marked
from harness.environments.site.register import Register
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


def running(register: Register) -> list[int]:
    """The processes of all sites of a register."""
    return [each.pid for each in marked(lambda mark: mark.startswith(register.mark("")))]


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register(tmp_path / "sites")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def site_register(folder: Path) -> Register:
    return Register(folder / "sites")


@pytest.fixture(scope="module")
def environment(folder: Path, site_register: Register) -> Iterator[LocalEnvironment]:
    """A site whose sensors send."""
    with stand_up(
        plan_of(folder), directory=folder / "run", progress=print, register=site_register
    ) as standing:
        standing.start_source(standing.now_ms() + 500)
        yield standing
