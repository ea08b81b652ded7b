"""One site that stands, in each edition with real parts: every part answers, every fault is seen, nothing is left.

The same bodies for all of them. What only one edition has is tested beside it.
"""

import hashlib
import json
import select
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
import requests
from paho.mqtt.enums import CallbackAPIVersion

from harness.environments.editions import stand_up_site_in
from harness.environments.protocol import Destination, ProbeFailed, ProbeName, ProcessState
from harness.environments.site.environment import SiteEnvironment
from harness.environments.site.ports import listening
from harness.environments.site.register import Register
from harness.fault.bandwidth import Bandwidth
from harness.fault.cloud_pause import CloudPause
from harness.fault.half_open import HalfOpen
from harness.fault.latency import Latency
from harness.fault.link_down import LinkDown
from harness.fault.link_silent import LinkSilent
from harness.fault.noop import Noop
from harness.fault.process_kill import ProcessKill
from harness.fault.process_pause import ProcessPause
from harness.fault.process_restart import ProcessRestart
from harness.fault.registry import Fault
from harness.fault.service import Service
from harness.fault.target import Target
from harness.run.observer import Observer
from harness.taps.tail import Tail
from harness.waiting import wait_until

from .example_site import LATENCY_MS, plan_of, remains

SEEN_S = 30.0
S3, LOGS = (Service.S3,), (Service.LOGS,)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("local", marks=pytest.mark.localstack),
        pytest.param("containers", marks=pytest.mark.docker),
    ],
)
def environment(request: pytest.FixtureRequest, folder: Path) -> Iterator[SiteEnvironment]:
    """A site whose sensors send."""
    place = folder / request.param
    with stand_up_site_in(request.param)(
        plan_of(folder), directory=place / "run", progress=print, register=Register(place / "sites")
    ) as standing:
        standing.start_source(standing.now_ms() + 500)
        yield standing


def place_of(environment: SiteEnvironment) -> Path:
    """The folder that holds its register and its records."""
    return environment.site.logs.parents[1]


def ask(
    environment: SiteEnvironment, service: Service = Service.S3, timeout_s: float = 10
) -> float:
    """A request on the whole way from the edge to the cloud; returns its seconds."""
    began = time.monotonic()
    port = environment.site.links[service].uplink_tap
    requests.get(f"http://127.0.0.1:{port}/", timeout=timeout_s)
    return time.monotonic() - began


def wait_for(condition: Callable[[], object], what: str) -> None:
    wait_until(condition, seconds=SEEN_S, what=what)


def lines(file: Path) -> list[dict[str, Any]]:
    return Tail(file).lines()


def seen(environment: SiteEnvironment) -> Observer:
    told = [line for witness in environment.witnesses() for line in lines(witness.file)]
    observer = Observer()
    observer.take_all(sorted(told, key=lambda line: float(line["at"])))
    return observer


# -- every part answers ------------------------------------------------------------------------


def test_the_processes_of_the_edge_run(environment: SiteEnvironment) -> None:
    wait_for(lambda: set(environment.processes()) == set(Target), "all processes")
    now_s = time.time()
    assert all(0 <= now_s - each.started < 300 for each in environment.processes().values())


def test_what_is_appended_arrives_in_both_clouds(environment: SiteEnvironment) -> None:
    wait_for(
        lambda: (
            {
                (each.service, each.target)
                for each in seen(environment).exporters.values()
                if each.arrivals
            }
            == {
                ("kinesis", "RawData"),
                ("kinesis", "AggregateData"),
                ("iotanalytics", "greengrass_stream_mgr_accel_sensordata"),
            }
        ),
        "deliveries of all three exporters",
    )


def test_source_aggregates_and_page_can_be_measured(environment: SiteEnvironment) -> None:
    assert environment.source().enabled
    before = environment.probe(ProbeName.SOURCE_NEXT_ORDINAL)
    wait_for(lambda: environment.probe(ProbeName.SOURCE_NEXT_ORDINAL) > before, "the next reading")
    assert environment.probe(ProbeName.SOURCE_PUBLISHED) > 0
    wait_for(lambda: environment.probe(ProbeName.AGGREGATES_SHOWN) == 2, "both sensors' aggregates")
    assert environment.probe(ProbeName.PAGE_STATUS) == 200


@pytest.mark.browser
@pytest.mark.usefixtures("chromium")
def test_a_browser_sees_live_aggregates_on_the_page(environment: SiteEnvironment) -> None:
    picture = place_of(environment) / "page.png"
    look = environment.look_at_page(picture)
    assert (look.says, look.aggregates, look.renewed) == ("Live: 2 sensors", 2, True)
    assert look.url == environment.site.urls["page"]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_what_a_device_on_the_site_publishes_is_appended(environment: SiteEnvironment) -> None:
    access, payload = environment.site.mqtt, b'{"device": "speaks"}'
    assert access is not None
    device = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=str(access["client_id"]))
    device.tls_set(str(access["ca"]), str(access["certificate"]), str(access["key"]))
    device.connect(str(access["host"]), int(str(access["port"])))
    device.loop_start()
    try:
        device.publish(str(access["topic"]), payload, qos=1).wait_for_publish(SEEN_S)
        digest = hashlib.sha256(payload).hexdigest()[:32]
        tap = environment.site.witness / "edge-tap.jsonl"
        wait_for(
            lambda: any(line.get("hash") == digest for line in lines(tap)),
            "the append of what the device published",
        )
    finally:
        device.disconnect()
        device.loop_stop()


def test_readings_are_due_from_the_moment_that_was_named(environment: SiteEnvironment) -> None:
    status = requests.get(
        f"{environment.site.url('sensor_api')}/api/v1/sensor/data/status", timeout=5
    ).json()
    named_s = status["started"] - environment.origin_wall_ms / 1000
    assert 0 < named_s < environment.now_ms() / 1000


def test_it_is_told_what_the_time_went_to_and_what_the_parts_are(
    environment: SiteEnvironment,
) -> None:
    names = [name for name, _ in environment.stages]
    assert names[0] in ("tools", "images")
    assert names[-4:] == ["LocalStack", "cloud resources", "core and functions", "pages"]
    # The tools come before the site has a beginning.
    assert sum(seconds for _, seconds in environment.stages[1:]) * 1000 < environment.now_ms()
    told = " ".join(environment.versions)
    assert all(part in told for part in ("localstack", "toxiproxy", "python", "stream-manager"))


def test_no_proxy_of_the_machine_is_asked_for_the_loopback(
    environment: SiteEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert environment.unclean() == []
    assert ask(environment) < 5


# -- faults ------------------------------------------------------------------------------------


def test_a_link_that_is_down_refuses_and_works_again(environment: SiteEnvironment) -> None:
    with environment.inject(LinkDown(services=S3)):
        with pytest.raises(requests.ConnectionError):
            ask(environment)
        ask(environment, Service.LOGS)
    ask(environment)


def test_a_silent_link_hangs_and_works_again(environment: SiteEnvironment) -> None:
    with environment.inject(LinkSilent(services=S3)):
        with pytest.raises(requests.ReadTimeout):
            ask(environment, timeout_s=0.5)
        ask(environment, Service.LOGS)
    ask(environment)


def test_latency_is_added_to_what_the_scenario_holds(environment: SiteEnvironment) -> None:
    with environment.inject(Latency(services=S3, latency_ms=600)):
        assert ask(environment) >= (600 + LATENCY_MS) / 1000
    assert LATENCY_MS / 1000 <= ask(environment) < 0.6


def test_a_narrow_link_takes_its_time(environment: SiteEnvironment) -> None:
    port = environment.site.links[Service.IOTANALYTICS].uplink_tap

    def upload() -> float:
        began = time.monotonic()
        requests.post(f"http://127.0.0.1:{port}/nothing", data=b"x" * 30_000, timeout=20)
        return time.monotonic() - began

    with environment.inject(Bandwidth(services=(Service.IOTANALYTICS,), bytes_per_second=20_000)):
        narrow_s = upload()
    assert narrow_s > 1
    assert upload() < narrow_s


def test_nothing_is_done_by_a_noop(environment: SiteEnvironment) -> None:
    with environment.inject(Noop()):
        assert environment.unclean() == []


@pytest.mark.parametrize(
    "fault",
    [
        LinkDown(services=LOGS),
        LinkSilent(services=LOGS),
        HalfOpen(services=LOGS),
        Latency(services=LOGS, latency_ms=100),
        Bandwidth(services=LOGS, bytes_per_second=1000),
    ],
    ids=lambda fault: fault.kind,
)
def test_a_fault_is_healed_whatever_happens(environment: SiteEnvironment, fault: Fault) -> None:
    with pytest.raises(ZeroDivisionError), environment.inject(fault):
        assert [line.partition(":")[0] for line in environment.unclean()] == ["logs"]
        raise ZeroDivisionError
    assert environment.unclean() == []


def test_everything_can_be_healed_at_once(environment: SiteEnvironment) -> None:
    with (
        environment.inject(LinkSilent(services=S3)),
        environment.inject(LinkDown(services=(*S3, *LOGS))),
    ):
        assert len(environment.unclean()) == 2
        environment.heal_all()
        assert environment.unclean() == []
    assert environment.unclean() == []


def running(
    environment: SiteEnvironment, target: Target, but: ProcessState | None = None
) -> ProcessState:
    """A process once it runs, in one look: by the next one it may be gone."""
    found: list[ProcessState] = []

    def there() -> bool:
        state = environment.processes().get(target)
        found[:] = [state] if state is not None and state != but else []
        return bool(found)

    wait_for(there, f"{target} to run")
    return found[0]


@pytest.mark.parametrize("target", Target, ids=str)
def test_a_killed_process_comes_back(environment: SiteEnvironment, target: Target) -> None:
    before = running(environment, target)
    with environment.inject(ProcessKill(target=target)):
        assert environment.processes().get(target) != before
    assert running(environment, target, but=before).started >= before.started


@pytest.mark.parametrize("target", Target, ids=str)
def test_a_restarted_process_comes_back(environment: SiteEnvironment, target: Target) -> None:
    before = running(environment, target)
    with environment.inject(ProcessRestart(target=target)):
        assert environment.processes().get(target) != before
    running(environment, target, but=before)


def source_answers(environment: SiteEnvironment) -> bool:
    try:
        return environment.source().enabled
    except ProbeFailed:
        return False


def test_a_paused_process_does_nothing_and_goes_on(environment: SiteEnvironment) -> None:
    wait_for(lambda: source_answers(environment), "the source")
    with environment.inject(ProcessPause(target=Target.SENSOR_SOURCE)):
        assert not source_answers(environment)
        assert Target.SENSOR_SOURCE in environment.processes()
    wait_for(lambda: source_answers(environment), "the source")


def test_a_paused_cloud_answers_when_it_goes_on(environment: SiteEnvironment) -> None:
    with environment.inject(CloudPause()), pytest.raises(requests.ReadTimeout):
        ask(environment, timeout_s=0.5)
    ask(environment)


REQUEST = b"GET / HTTP/1.1\r\nHost: cloud\r\n\r\n"


def test_a_half_open_link_closes_nothing_when_it_is_healed(environment: SiteEnvironment) -> None:
    port = environment.site.links[Service.S3].uplink_tap
    with socket.create_connection(("127.0.0.1", port), timeout=SEEN_S) as kept:
        kept.sendall(REQUEST)
        assert kept.recv(12) == b"HTTP/1.1 200"
        while select.select([kept], [], [], 0.2)[0]:
            kept.recv(65536)
        with environment.inject(HalfOpen(services=S3)):
            kept.sendall(REQUEST)
            assert not select.select([kept], [], [], 1)[0]
            ask(environment, Service.LOGS)
            assert [line.partition(":")[0] for line in environment.unclean()] == ["s3"]
        assert kept.recv(12) == b"HTTP/1.1 200"
    assert environment.unclean() == []


def test_readings_go_on_after_all_that(environment: SiteEnvironment) -> None:
    wait_for(lambda: source_answers(environment), "the source")
    before = seen(environment)
    wait_for(
        lambda: all(
            seen(environment).exporters[key].arrivals > exporter.arrivals
            for key, exporter in before.exporters.items()
        ),
        "every exporter to deliver again",
    )


# -- the end -----------------------------------------------------------------------------------


def test_it_ends_in_order_so_that_each_witness_writes_its_last_line(
    environment: SiteEnvironment,
) -> None:
    assert all(witness.alive() for witness in environment.witnesses())
    environment.stop_source()
    environment.stop_exporting()
    assert environment.processes() == {}
    last = {
        witness.name: {line["witness"] for line in lines(witness.file) if line["kind"] == "closed"}
        for witness in environment.witnesses()
    }
    assert last == {"edge-tap": {"edge-tap", "uplink-tap"}, "cloud-tap": {"cloud-tap"}}
    assert not any(witness.alive() for witness in environment.witnesses())


def test_what_arrived_can_be_read_back(environment: SiteEnvironment) -> None:
    channel = "greengrass_stream_mgr_accel_sensordata"
    environment.read_back(
        [
            Destination(service="kinesis", target="RawData"),
            Destination(service="iotanalytics", target=channel),
        ]
    )
    told = lines(environment.site.witness / "cloud-reader.jsonl")
    agreed = {line["id"]: line["records"] for line in told if line["type"] == "ok"}
    assert agreed.keys() == {"kinesis/RawData", f"iotanalytics/{channel}"}
    arrived = {
        f"{each.service}/{each.target}": each.arrivals
        for each in seen(environment).exporters.values()
    }
    assert all(records >= arrived[target] > 0 for target, records in agreed.items())
    assert told[-1]["kind"] == "closed"


def test_nothing_is_left_of_it_but_what_it_told(environment: SiteEnvironment) -> None:
    place = place_of(environment)
    sites = Register(place / "sites")
    assert remains(sites)
    environment.close()
    assert remains(sites) == []
    assert list(sites.entries()) == []
    assert not environment.site.directory.exists()
    assert not listening(environment.site.cloud)
    runtime = environment.site.logs / "greengrass" / "system" / "runtime.log"
    assert "greengrass core ready" in runtime.read_text()
    assert (environment.site.logs / "localstack.log").exists()
    assert json.loads((place / "run/witness/edge-tap.jsonl").read_text().splitlines()[0])
