import pytest

from harness.environments.site.site import SERVICES
from harness.fault.bandwidth import Bandwidth
from harness.fault.latency import Latency
from harness.fault.link_down import LinkDown
from harness.fault.link_silent import LinkSilent
from harness.fault.noop import Noop
from harness.fault.process_kill import ProcessKill
from harness.fault.registry import KINDS, Fault, from_json, parameters_of, services_of, to_json
from harness.fault.service import ALL_SERVICES, Service
from harness.fault.target import Target

SOME = (Service.KINESIS, Service.S3)
ONE_OF_EACH = (
    LinkDown(services=SOME),
    LinkSilent(services=SOME),
    Latency(services=SOME, latency_ms=300),
    Bandwidth(services=SOME, bytes_per_second=10_000),
    ProcessKill(target=Target.CORE),
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


def test_parameters_are_what_is_special_about_a_fault() -> None:
    assert parameters_of(ONE_OF_EACH[2]) == {"latency_ms": 300}
    assert parameters_of(ONE_OF_EACH[4]) == {"target": "core"}
    assert services_of(ONE_OF_EACH[5]) == ()


def test_faults_and_sites_know_the_same_services() -> None:
    assert tuple(map(str, ALL_SERVICES)) == SERVICES
