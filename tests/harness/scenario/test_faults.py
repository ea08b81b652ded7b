"""What steps ask for, and where it cannot be done."""

from collections.abc import Callable

import pytest

from harness.fault.bandwidth import Bandwidth
from harness.fault.clock_jump import ClockJump
from harness.fault.cloud_error import CloudError
from harness.fault.cloud_partial_failure import CloudPartialFailure
from harness.fault.cloud_pause import CloudPause
from harness.fault.cloud_slow import CloudSlow
from harness.fault.cloud_throttle import CloudThrottle
from harness.fault.connection_reset import ConnectionReset
from harness.fault.direction import Lost
from harness.fault.disk_errors import DiskErrors
from harness.fault.disk_full import DiskFull
from harness.fault.disk_operation import DiskOperation
from harness.fault.half_open import HalfOpen
from harness.fault.latency import Latency
from harness.fault.limit_data import LimitData
from harness.fault.noop import Noop
from harness.fault.one_way import OneWay
from harness.fault.packet_loss import PacketLoss
from harness.fault.packet_reorder import PacketReorder
from harness.fault.power_cut import PowerCut
from harness.fault.process_kill import ProcessKill
from harness.fault.process_pause import ProcessPause
from harness.fault.process_restart import ProcessRestart
from harness.fault.registry import Fault
from harness.fault.service import Service
from harness.fault.shared_bandwidth import SharedBandwidth
from harness.fault.slicer import Slicer
from harness.fault.slow_disk import SlowDisk
from harness.plan.compiling import compile_plan
from harness.scenario.loader import Loaded
from harness.scenario.problems import Problem
from harness.scenario.steps import ACTIONS

S3 = (Service.S3,)
ASKED: list[tuple[str, Fault]] = [
    ("cut: s3, mode: half_open, for: 5s", HalfOpen(services=S3)),
    ("cut: s3, mode: one_way, for: 5s", OneWay(services=S3, lost=Lost.REQUESTS)),
    ("cut: s3, mode: one_way, lost: answers, for: 5s", OneWay(services=S3, lost=Lost.ANSWERS)),
    ("slow: s3, latency: 1s, for: 5s", Latency(services=S3, latency_ms=1_000)),
    ("throttle: s3, bandwidth: 9kB/s, for: 5s", Bandwidth(services=S3, bytes_per_second=9_000)),
    ("kill: core", ProcessKill(target="core")),
    ("reset: s3, for: 5s", ConnectionReset(services=S3, lost=Lost.REQUESTS)),
    ("reset: s3, lost: answers, for: 5s", ConnectionReset(services=S3, lost=Lost.ANSWERS)),
    ("truncate: s3, bytes: 60B, for: 5s", LimitData(services=S3, answer_bytes=60)),
    ("slice: s3, size: 100B, gap: 5ms, for: 5s", Slicer(services=S3, slice_bytes=100, gap_ms=5)),
    ("pause: stream_manager, for: 5s", ProcessPause(target="stream_manager")),
    ("restart: core", ProcessRestart(target="core")),
    ("pause: cloud, for: 5s", CloudPause()),
    ("packet_loss: s3, share: 2%, for: 5s", PacketLoss(services=S3, share=0.02, burst=1)),
    (
        "packet_loss: s3, share: 2%, burst: 4, for: 5s",
        PacketLoss(services=S3, share=0.02, burst=4),
    ),
    (
        "packet_loss: s3, share: 80%, burst: 4, for: 5s",
        PacketLoss(services=S3, share=0.8, burst=4),
    ),
    ("packet_loss: s3, share: 100%, for: 5s", PacketLoss(services=S3, share=1.0, burst=1)),
    (
        "packet_reorder: s3, share: 5%, latency: 50ms, for: 5s",
        PacketReorder(services=S3, share=0.05, latency_ms=50),
    ),
    (
        "shared_bandwidth: s3, bandwidth: 9kB/s, for: 5s",
        SharedBandwidth(services=S3, bytes_per_second=9_000),
    ),
    ("cloud_throttle: s3, rate: 30/min, for: 5s", CloudThrottle(services=S3, rate_hz=0.5)),
    ("cloud_partial_failure: s3, share: 20%, for: 5s", CloudPartialFailure(services=S3, share=0.2)),
    ("cloud_error: s3, share: 20%, for: 5s", CloudError(services=S3, share=0.2)),
    ("cloud_slow: s3, latency: 3s, for: 5s", CloudSlow(services=S3, latency_ms=3_000)),
    ("power_cut: true, for: 5s", PowerCut()),
    ("disk_full: true, for: 5s", DiskFull()),
    ("noop: true", Noop()),
    ("slow_disk: 200ms, for: 5s", SlowDisk(sync_ms=200)),
    ("disk_errors: sync, for: 5s", DiskErrors(fails=DiskOperation.SYNC)),
    ("clock_jump: 1h, for: 5s", ClockJump(by_ms=3_600_000)),
    ("clock_jump: -30s, for: 5s", ClockJump(by_ms=-30_000)),
]


@pytest.mark.parametrize(("step", "fault"), ASKED)
def test_a_step_asks_for_a_fault(step: str, fault: Fault, sound: Callable[[str], Loaded]) -> None:
    scenario = sound(
        f"judge: [loss]\nenvironments: [simulated]\nsteps: [{{at: 15s, {step}}}]"
    ).scenario
    (moment,) = compile_plan(scenario, 1).moments
    assert moment.fault == fault
    assert moment.duration_ms == (5_000 if "for:" in step else None)


def test_each_action_is_asked_for() -> None:
    """A step that does something else than it says, or nothing, would prove nothing."""
    assert {step.split(":")[0] for step, _ in ASKED} == set(ACTIONS)


@pytest.mark.parametrize(
    ("step", "says"),
    [
        ("reset: s3", "`reset` needs `for`"),
        ("pause: core", "`pause` needs `for`"),
        ("restart: core, for: 5s", "`for` does not go with `restart`"),
        ("power_cut: true", "`power_cut` needs `for`"),
        ("packet_loss: s3, for: 5s", "`packet_loss` needs `share`, such as 2%"),
        ("packet_loss: s3, share: 101%, for: 5s", "more than all of it"),
        ("packet_loss: s3, share: 80%, for: 5s", "`burst` has to be 4 at least"),
        ("packet_loss: s3, share: 80%, burst: 3.99, for: 5s", "`burst` has to be 4 at least"),
        ("packet_loss: s3, share: 50.1%, for: 5s", "`burst` has to be 1.01 at least"),
        ("packet_loss: s3, share: 99.99%, burst: 1000, for: 5s", "or `share: 100%`"),
        ("slow_disk: 0s, for: 5s", "`slow_disk: 0s` is no slower"),
        ("cloud_slow: s3, for: 5s", "`cloud_slow` needs `latency`"),
        ("cloud_error: s3, share: 2%, burst: 2, for: 5s", "`burst` goes with `packet_loss`"),
        ("clock_jump: 0s, for: 5s", "is no jump"),
        ("disk_errors: erase, for: 5s", "read"),
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
        ("steps: [{at: 15s, power_cut: true, for: 5s}]", "steps[0].power_cut"),
        ("steps: [{at: 15s, cloud_error: all, share: 2%, for: 5s}]", "steps[0].cloud_error"),
    ],
)
def test_a_fault_that_an_environment_cannot_do_is_told_with_its_place(
    more: str, path: str, errors: Callable[[str], list[Problem]]
) -> None:
    (problem,) = errors(f"judge: [loss]\nenvironments: [local, simulated]\n{more}")
    assert (problem.path, problem.line) == (path, 6)
    assert "cannot be done in local, only in simulated" in problem.text


def test_a_mode_of_outages_that_an_environment_cannot_do_is_told_with_its_place(
    errors: Callable[[str], list[Problem]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HalfOpen, "environments", ("local", "containers"))
    more = "outages: {count: 1, down: 5s, up: 5s, mode: half_open}"
    (problem,) = errors(f"judge: [loss]\nenvironments: [local, simulated]\n{more}")
    assert (problem.path, problem.line) == ("outages[0].mode", 6)
