"""Each event is seen when it happens, and not before."""

from collections import Counter
from typing import Any

import pytest

from harness.fault.service import Service
from harness.run.observer import Observer
from harness.run.triggers import arm
from harness.scenario.events import (
    BacklogAtLeast,
    FirstDelivery,
    LinkWentDown,
    LinkWentUp,
    RequestInFlight,
    SegmentEvicted,
)

KIB = 1024


class Site:
    """Tells an observer what happens."""

    def __init__(self) -> None:
        self.observer = Observer()
        self._numbers: Counter[str] = Counter()
        self._create("S")
        self._create("other")

    def _line(self, witness: str, kind: str, type: str, **fields: Any) -> None:
        self.observer.take({"at": 0.0, "witness": witness, "kind": kind, "type": type, **fields})

    def _create(self, stream: str) -> None:
        exports = {
            "kinesis": [{"identifier": "K", "kinesisStreamName": stream}],
            "iotAnalytics": [{"identifier": "A", "iotChannel": stream}],
        }
        sizes = {"maxSize": 4 * KIB, "streamSegmentSize": KIB, "strategyOnFull": 1}
        definition = {"name": stream, "exportDefinition": exports, **sizes}
        self._line("edge-tap", "create", "invoked", id=stream, stream=stream, definition=definition)
        self._line("edge-tap", "create", "ok", id=stream)

    def append(self, stream: str = "S", *, size: int = 10) -> str:
        number = self._numbers[stream]
        self._numbers[stream] += 1
        message = f"{stream} {number}"
        asked = {"stream": stream, "hash": message, "size": size}
        self._line("edge-tap", "append", "invoked", id=message, **asked)
        self._line("edge-tap", "append", "ok", id=message, sequence_number=number)
        return message

    def deliver(self, message: str, service: str = "kinesis", stream: str = "S") -> None:
        asked = {"service": service, "target": stream, "hashes": [message]}
        self._line("cloud-tap", "put", "invoked", id=message, **asked)
        self._line("cloud-tap", "put", "ok", id=message, rejected=[])

    def fault(self, phase: str, service: str = "kinesis", type: str = "ok") -> None:
        self._line("nemesis", "fault", type, id=service, phase=phase, services=[service])

    def request(self, type: str) -> None:
        self._line("uplink-tap", "request", type, id="r", service="kinesis")


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.mark.parametrize("service", [None, Service.KINESIS])
def test_a_link_is_down_from_the_injection_to_the_heal(site: Site, service: Service | None) -> None:
    fired = arm(LinkWentDown(event="link_down", service=service), site.observer)
    assert not fired(site.observer)
    site.fault("inject", type="failed")
    assert not fired(site.observer)
    site.fault("inject")
    assert fired(site.observer)
    site.fault("heal")
    assert not fired(site.observer)


def test_a_link_that_is_down_already_counts_for_whoever_begins_to_wait(site: Site) -> None:
    site.fault("inject")
    assert arm(LinkWentDown(event="link_down"), site.observer)(site.observer)


def test_another_service_s_link_does_not_count(site: Site) -> None:
    down = arm(LinkWentDown(event="link_down", service=Service.S3), site.observer)
    up = arm(LinkWentUp(event="link_up", service=Service.S3), site.observer)
    site.fault("inject")
    assert not down(site.observer)
    site.fault("heal")
    assert not up(site.observer)


def test_only_a_heal_that_comes_later_brings_a_link_up(site: Site) -> None:
    site.fault("inject")
    site.fault("heal")
    fired = arm(LinkWentUp(event="link_up"), site.observer)
    assert not fired(site.observer)
    site.fault("inject", "s3")
    assert not fired(site.observer)
    site.fault("heal", "s3")
    assert fired(site.observer)


@pytest.mark.parametrize("ending", ["ok", "failed", "unknown"])
def test_a_request_is_in_flight_until_it_ends(site: Site, ending: str) -> None:
    fired = arm(RequestInFlight(event="request_in_flight", service=Service.KINESIS), site.observer)
    other = arm(RequestInFlight(event="request_in_flight", service=Service.S3), site.observer)
    assert not fired(site.observer)
    site.request("invoked")
    assert fired(site.observer)
    assert not other(site.observer)
    site.request(ending)
    assert not fired(site.observer)


def test_a_backlog_is_that_of_any_exporter_unless_one_is_named(site: Site) -> None:
    def waits_for(exporter: str | None) -> bool:
        event = BacklogAtLeast(event="backlog_at_least", stream="S", exporter=exporter, messages=2)
        return arm(event, site.observer)(site.observer)

    first = site.append()
    site.append("other")
    site.append("other")
    assert not waits_for(None)
    site.append()
    assert waits_for(None)
    site.deliver(first)
    assert (waits_for("K"), waits_for("A"), waits_for(None)) == (False, True, True)


def test_the_first_delivery_is_the_first_since_the_waiting_began(site: Site) -> None:
    before, after = site.append(), site.append()
    site.deliver(before)
    any_, kinesis = (
        arm(
            FirstDelivery(event="first_delivery", stream="S", exporter=exporter),
            site.observer,
        )
        for exporter in (None, "K")
    )
    site.deliver(site.append("other"), stream="other")
    assert not any_(site.observer)
    site.deliver(before, "iotanalytics")
    assert any_(site.observer)
    assert not kinesis(site.observer)
    site.deliver(after)
    assert kinesis(site.observer)


def test_segments_are_counted_from_the_beginning_of_the_run(site: Site) -> None:
    for _ in range(9):
        site.append(size=512)
    events = (SegmentEvicted(event="segment_evicted", stream="S", segments=n) for n in (1, 2))
    one, two = (arm(event, site.observer) for event in events)
    assert one(site.observer)
    assert not two(site.observer)
    site.append(size=512)
    site.append(size=512)
    assert two(site.observer)


def test_a_stream_that_does_not_exist_evicts_and_owes_nothing(site: Site) -> None:
    evicted = SegmentEvicted(event="segment_evicted", stream="none")
    owed = BacklogAtLeast(event="backlog_at_least", stream="none", messages=1)
    for event in (evicted, owed):
        assert not arm(event, site.observer)(site.observer)
