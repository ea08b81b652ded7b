"""What steps ask for, and where it cannot be done."""

from collections.abc import Callable

import pytest

from harness.fault.cloud_pause import CloudPause
from harness.fault.connection_reset import ConnectionReset
from harness.fault.direction import Lost
from harness.fault.half_open import HalfOpen
from harness.fault.limit_data import LimitData
from harness.fault.one_way import OneWay
from harness.fault.process_pause import ProcessPause
from harness.fault.process_restart import ProcessRestart
from harness.fault.registry import Fault
from harness.fault.service import Service
from harness.fault.slicer import Slicer
from harness.plan.compiling import compile_plan
from harness.scenario.loader import Loaded
from harness.scenario.problems import Problem

S3 = (Service.S3,)
ASKED: list[tuple[str, Fault]] = [
    ("cut: s3, mode: half_open, for: 5s", HalfOpen(services=S3)),
    ("cut: s3, mode: one_way, for: 5s", OneWay(services=S3, lost=Lost.REQUESTS)),
    ("cut: s3, mode: one_way, lost: answers, for: 5s", OneWay(services=S3, lost=Lost.ANSWERS)),
    ("reset: s3, for: 5s", ConnectionReset(services=S3, lost=Lost.REQUESTS)),
    ("reset: s3, lost: answers, for: 5s", ConnectionReset(services=S3, lost=Lost.ANSWERS)),
    ("truncate: s3, bytes: 60B, for: 5s", LimitData(services=S3, answer_bytes=60)),
    ("slice: s3, size: 100B, gap: 5ms, for: 5s", Slicer(services=S3, slice_bytes=100, gap_ms=5)),
    ("pause: stream_manager, for: 5s", ProcessPause(target="stream_manager")),
    ("restart: core", ProcessRestart(target="core")),
    ("pause: cloud, for: 5s", CloudPause()),
]


@pytest.mark.parametrize(("step", "fault"), ASKED)
def test_a_step_asks_for_a_fault(step: str, fault: Fault, sound: Callable[[str], Loaded]) -> None:
    scenario = sound(f"judge: [loss]\nsteps: [{{at: 15s, {step}}}]").scenario
    (moment,) = compile_plan(scenario, 1).moments
    assert moment.fault == fault
    assert moment.duration_ms == (None if "restart" in step else 5_000)


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ("reset: s3", "`reset` needs `for`"),
        ("pause: core", "`pause` needs `for`"),
        ("restart: core, for: 5s", "`for` does not go with `restart`"),
        ("truncate: s3, for: 5s", "`truncate` needs `bytes`, such as 60B"),
        ("slice: s3, size: 100B, for: 5s", "`slice` needs `gap`"),
        ("cut: s3, lost: answers, for: 5s", "`lost` goes with `mode: one_way`"),
        ("slow: s3, latency: 1s, lost: answers, for: 5s", "`lost` goes with `cut` and `reset`"),
        ("pause: clowd, for: 5s", "no process of the site"),
        ("cut: s3, mode: half_opened, for: 5s", "did you mean `half_open`"),
    ],
)
def test_a_step_that_lacks_something_is_told(
    step: str, says: str, errors: Callable[[str], list[Problem]]
) -> None:
    (problem,) = errors(f"judge: [loss]\nsteps: [{{at: 15s, {step}}}]")
    assert says in problem.text
    assert problem.line == 5


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ("steps: [{at: 15s, cut: all, mode: half_open, for: 5s}]", "steps[0].cut"),
        ("outages: {count: 1, down: 5s, up: 5s, mode: half_open}", "outages[0].mode"),
    ],
)
def test_a_fault_that_an_environment_cannot_do_is_told_with_its_place(
    more: str,
    path: str,
    errors: Callable[[str], list[Problem]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(HalfOpen, "environments", ("local", "containers"))
    (problem,) = errors(f"judge: [loss]\nenvironments: [local, simulated]\n{more}")
    assert (problem.path, problem.line) == (path, 6)
    assert "cannot be done in simulated, only in local, containers" in problem.text
