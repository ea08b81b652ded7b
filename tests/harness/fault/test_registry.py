import pytest

from harness.environments.site.site import SERVICES
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
from harness.fault.link_down import LinkDown
from harness.fault.link_silent import LinkSilent
from harness.fault.noop import Noop
from harness.fault.one_way import OneWay
from harness.fault.packet_loss import PacketLoss
from harness.fault.packet_reorder import PacketReorder
from harness.fault.power_cut import PowerCut
from harness.fault.process_kill import ProcessKill
from harness.fault.process_pause import ProcessPause
from harness.fault.process_restart import ProcessRestart
from harness.fault.registry import (
    CUTS,
    HOLDS,
    KINDS,
    REFUSES,
    Fault,
    from_json,
    parameters_of,
    services_of,
    to_json,
)
from harness.fault.service import ALL_SERVICES, Service
from harness.fault.shared_bandwidth import SharedBandwidth
from harness.fault.slicer import Slicer
from harness.fault.slow_disk import SlowDisk
from harness.fault.target import Target

SOME = (Service.KINESIS, Service.S3)
ONE_OF_EACH: tuple[Fault, ...] = (
    LinkDown(services=SOME),
    LinkSilent(services=SOME),
    HalfOpen(services=SOME),
    OneWay(services=SOME, lost=Lost.ANSWERS),
    ConnectionReset(services=SOME, lost=Lost.REQUESTS),
    LimitData(services=SOME, answer_bytes=100),
    Slicer(services=SOME, slice_bytes=64, gap_ms=1),
    Latency(services=SOME, latency_ms=300),
    Bandwidth(services=SOME, bytes_per_second=10_000),
    ProcessKill(target=Target.CORE),
    ProcessRestart(target=Target.CORE),
    ProcessPause(target="my_function"),
    CloudPause(),
    PacketLoss(services=SOME, share=0.02, burst=4.0),
    PacketReorder(services=SOME, share=0.05, latency_ms=50),
    SharedBandwidth(services=SOME, bytes_per_second=10_000),
    CloudThrottle(services=SOME, rate_hz=100.0),
    CloudPartialFailure(services=SOME, share=0.2),
    CloudError(services=SOME, share=0.2),
    CloudSlow(services=SOME, latency_ms=3_000),
    PowerCut(),
    DiskFull(),
    SlowDisk(sync_ms=200),
    DiskErrors(fails=DiskOperation.SYNC),
    ClockJump(by_ms=-3_600_000),
    Noop(),
)


def test_the_registry_has_every_kind() -> None:
    assert list(KINDS) == [fault.kind for fault in ONE_OF_EACH]


@pytest.mark.parametrize("fault", ONE_OF_EACH, ids=lambda fault: str(fault.kind))
def test_a_fault_survives_json(fault: Fault) -> None:
    assert from_json(to_json(fault)) == fault


@pytest.mark.parametrize(
    "plain",
    [{}, {"kind": "flood"}, {"kind": "link_down"}, {"kind": "noop", "services": ["s3"]}],
)
def test_what_is_no_fault_is_refused(plain: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"no fault is called|takes"):
        from_json(plain)


@pytest.mark.parametrize(
    ("fault", "parameters"),
    [
        (Latency(services=SOME, latency_ms=300), {"latency_ms": 300}),
        (OneWay(services=SOME, lost=Lost.ANSWERS), {"lost": "answers"}),
        (ProcessPause(target=Target.CORE), {"target": "core"}),
        (CloudPause(), {}),
        (PacketLoss(services=SOME, share=0.02, burst=4.0), {"share": 0.02, "burst": 4.0}),
        (DiskErrors(fails=DiskOperation.READ), {"fails": "read"}),
    ],
)
def test_parameters_are_what_is_special_about_a_fault(
    fault: Fault, parameters: dict[str, object]
) -> None:
    assert parameters_of(fault) == parameters
    assert all(type(value) in (str, int, float) for value in parameters_of(fault).values())


def test_a_fault_on_the_way_to_services_names_them() -> None:
    assert services_of(HalfOpen(services=SOME)) == SOME
    assert services_of(CloudPause()) == ALL_SERVICES
    assert services_of(ProcessPause(target=Target.CORE)) == services_of(Noop()) == ()
    assert services_of(PowerCut()) == services_of(DiskFull()) == ()


@pytest.mark.parametrize(
    ("by_ms", "services"),
    [(300_000, ()), (-300_000, ()), (300_001, ALL_SERVICES), (-300_001, ALL_SERVICES)],
)
def test_a_jump_is_on_the_way_to_services_when_they_refuse_its_date(
    by_ms: int, services: tuple[Service, ...]
) -> None:
    jump = ClockJump(by_ms=by_ms)
    assert services_of(jump) == services
    assert from_json(to_json(jump)) == jump


def test_what_is_held_is_told_apart_from_what_is_dropped() -> None:
    """The judges rely on it: what was held may arrive after its sender has given it up."""
    assert {"link_down", "link_silent", "half_open", "one_way", "cloud_pause"} == CUTS
    slow = {"latency", "bandwidth", "slicer", "packet_loss", "packet_reorder", "shared_bandwidth"}
    assert {"half_open", "cloud_pause", "cloud_slow", *slow} == HOLDS


def test_what_is_refused_is_told_apart_from_what_is_lost() -> None:
    """The judges rely on it: a refusal explains no second copy of what was kept."""
    refusing = {"cloud_throttle", "cloud_partial_failure", "cloud_error", "clock_jump"}
    assert refusing == REFUSES


def test_faults_and_sites_know_the_same_services() -> None:
    assert tuple(map(str, ALL_SERVICES)) == SERVICES
