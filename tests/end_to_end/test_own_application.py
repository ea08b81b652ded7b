"""Somebody's own application on a site: it shares nothing with ours, and every verb works on it."""

import hashlib
import json
import shutil
import sys
from pathlib import Path

import pytest
import requests
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from harness.environments.site.ports import Ports, listening
from harness.environments.site.site import Site
from harness.waiting import wait_until

from .conftest import ZOO, Ended, User

HERE = Path(__file__).parent
LINE = HERE / "press_line" / "line.yaml"
OUTAGE = HERE / "press_line" / "press_outage.yaml"


def report_of(user: User) -> dict:
    return json.loads((user.folder / "reports/press_outage/latest/report.json").read_text())


def run(user: User, *more: str) -> Ended:
    return user.chaos("run", OUTAGE, "--reports", user.folder / "reports", *more)


@pytest.mark.parametrize(
    "environment",
    [
        pytest.param("local", marks=pytest.mark.localstack),
        pytest.param("containers", marks=pytest.mark.docker),
    ],
)
def test_an_outage_is_judged_by_what_its_streams_kept(user: User, environment: str) -> None:
    ended = run(user, "--environment", environment)
    assert ended.status == 0, ended.said
    report = report_of(user)
    assert report["verdict"] == "valid"
    assert set(report["streams"]) == {
        "Vibration Frames/frames-out",
        "wear/wear-out",
        "properties/sitewise",
    }
    for stream in report["streams"].values():
        assert stream["delivered"] > 30
        assert stream["lost"] == 0
    folder = user.folder / "reports/press_outage/latest"
    assert (folder / "site.yaml").read_bytes() == LINE.read_bytes()
    logs = [each.name for each in (folder / "logs/greengrass/user").rglob("*.log")]
    assert {"press-line-Recorder.log", "press-line-Clerk.log"} <= set(logs)


@pytest.mark.localstack
def test_a_server_that_loses_what_it_acknowledged_is_found_out(user: User) -> None:
    ended = run(user, "--stream-manager", f"{sys.executable} -m {ZOO}.drops_a_batch")
    assert ended.status == 1, ended.said
    loss = next(each for each in report_of(user)["checkers"] if each["name"] == "loss")
    assert loss["verdict"] == "invalid"
    assert "Vibration Frames/frames-out" in loss["reason"] or "wear/wear-out" in loss["reason"]


def with_a_page(user: User) -> tuple[Path, int]:
    """A copy of the site with a container, and the port of its page."""
    shutil.copytree(HERE / "press_line", user.folder, dirs_exist_ok=True)
    with Ports() as ports:
        port = ports.free()
    user.write(
        "page.yaml",
        f"services: {{page: {{image: page, x-process: '{{python}} -m http.server {port}'}}}}\n",
    )
    line = LINE.read_text().replace("ready:\n", "ready:\n  - {port: page, path: /}\n")
    container = f"\ncontainer: {{compose: page.yaml, port: {port}}}\n"
    return user.write("line.yaml", line + container), port


@pytest.mark.localstack
def test_it_stands_is_cut_and_healed_by_hand_like_ours(user: User) -> None:
    described = user.folder / "site.json"
    line, page = with_a_page(user)
    ended = user.chaos("up", "--site", line, "--json", described, "--port", "control=0")
    assert ended.status == 0, ended.said
    site = Site.from_json(json.loads(described.read_text()))
    assert f"control         {site.urls['control']}" in ended.output
    assert requests.get(f"{site.url('control')}/health", timeout=5).ok
    status = json.loads(user.chaos("status", "--json").output)
    assert status["page"] == f"http://127.0.0.1:{page}/"
    assert set(status["streams"]) == {"Vibration Frames", "wear", "properties"}
    publish(site, "plant/gauge/alarm", '{"alarm": -1}')
    written = hashlib.sha256(b'{"press": "gauge", "alarm": -1}').hexdigest()[:32]
    tapped = site.witness / "edge-tap.jsonl"
    wait_until(lambda: written in tapped.read_text(), seconds=60, what="the device's alarm")
    assert user.chaos("cut", "kinesis").status == 0
    assert not json.loads(user.chaos("status", "--json").output)["links"]["kinesis"]["up"]
    waiting = told_of(user, "backlog")
    wait_until(lambda: told_of(user, "backlog") > waiting, seconds=60, what="a backlog to grow")
    arrived = told_of(user, "delivered")
    assert user.chaos("heal").status == 0
    wait_until(lambda: told_of(user, "delivered") > arrived, seconds=60, what="more to arrive")
    for more in ([], ["--site", line]):
        stack = user.chaos("stack", "diff", *more)
        assert (stack.status, stack.output) == (0, "No differences.\n"), stack.said
    assert user.chaos("down").status == 0
    assert not any(map(listening, site.ports.values()))
    assert user.left() == []


def publish(site: Site, topic: str, message: str) -> None:
    """What the device of the site publishes, over TLS and with its certificate."""
    known = site.mqtt
    assert known is not None
    device = Client(CallbackAPIVersion.VERSION2, client_id=str(known["client_id"]))
    device.tls_set(
        ca_certs=str(known["ca"]), certfile=str(known["certificate"]), keyfile=str(known["key"])
    )
    device.connect(str(known["host"]), site.mqtt_port)
    device.loop_start()
    device.publish(topic, message, qos=1).wait_for_publish(30)
    device.disconnect()
    device.loop_stop()


def told_of(user: User, figure: str) -> int:
    exporters = json.loads(user.chaos("status", "--json").output)["exporters"]
    return sum(each[figure] for each in exporters if each["stream"] == "Vibration Frames")


def test_mistakes_of_its_file_are_told_before_anything_stands(user: User) -> None:
    shutil.copytree(HERE / "press_line", user.folder, dirs_exist_ok=True)
    line = user.folder / "line.yaml"
    text = line.read_text()
    text = text.replace("clerk.Clerk_handler", "clerk.clerk_handler").replace(
        "folder: watchdog", "folder: hound"
    )
    line.write_text(text.replace("target: Clerk}", "target: Clark}"))
    for command in (["run", "press_outage.yaml"], ["check", "."], ["up", "--site", "line.yaml"]):
        ended = user.chaos(*command)
        assert (ended.status, ended.output) == (2, ""), ended.said
        for told in (
            "line.yaml:13:30: functions[1].folder: hound is not there",
            "clerk.py has no `clerk_handler`; did you mean `Clerk_handler`?",
            "line.yaml:20:54: subscriptions[1].target: no function or device is called 'Clark'; did you mean `Clerk`?",
        ):
            assert told in ended.errors, ended.errors
    assert not (user.folder / "state").exists()
