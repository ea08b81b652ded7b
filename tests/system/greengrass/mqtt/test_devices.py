"""Devices of a group, through a whole core: what subscriptions let pass both ways, and the broker's life."""

import os
import signal
import socket

import pytest

from harness.waiting import wait_until

from .conftest import SEEN_S, THINGS, free_port

PUMP, VALVE = f"{THINGS}/pump", f"{THINGS}/valve"

RECEIVER = """
    def handler(event, context):
        subject = context.client_context.custom["subject"]
        with open("seen", "a") as seen:
            seen.write(f"{subject} {event.decode()}\\n")
"""
ECHO = """
    import greengrasssdk
    gg = greengrasssdk.client("iot-data")

    def handler(event, context):
        gg.publish(topic=event.decode(), payload=b"answer")
"""


def device(name):
    certificate = f"arn:aws:iot:us-east-1:000000000000:cert/{name}"
    return {"Id": name, "ThingArn": f"{THINGS}/{name}", "CertificateArn": certificate}


def with_devices(edge, server, pump, valve):
    """Two devices in the group of a core that is not started yet."""
    edge.configuration["coreThing"] |= {
        "ggMqttPort": free_port(),
        "certPath": str(server.certificate),
        "keyPath": str(server.key),
    }
    devices = {"pump": pump, "valve": valve}
    edge.devices = {
        "devices": {"Devices": [device(name) for name in devices]},
        "certificates": {
            device(name)["CertificateArn"]: each.pem for name, each in devices.items()
        },
        "broker": {"certificate": server.pem, "authority": ""},
    }
    return edge


def port_of(edge):
    return int(edge.configuration["coreThing"]["ggMqttPort"])


@pytest.fixture
def site(edge, server, pump, valve):
    """A core whose group has two devices, not started yet."""
    return with_devices(edge, server, pump, valve)


@pytest.fixture(scope="module")
def running(tmp_path_factory, new_edge, sdk, server, pump, valve):
    """The same with functions, running: the tests that share it use topics of their own."""
    root = tmp_path_factory.mktemp("core") / "greengrass"
    edge = with_devices(new_edge(root), server, pump, valve)
    receiver = edge.function("receiver", RECEIVER)
    echo = edge.function("echo", ECHO, sdk=sdk)
    edge.subscribe(PUMP, "sensor/+", receiver)
    edge.subscribe(PUMP, "ask", echo)
    edge.subscribe(echo, "answers/#", PUMP)
    edge.subscribe(echo, "others", VALVE)
    edge.subscribe(PUMP, "state", VALVE)
    assert edge.start()["status"] == "Success"
    yield edge
    edge.end()


@pytest.fixture
def devices(running, connect, pump, valve):
    """The two devices, connected."""
    port = port_of(running)
    return connect(port, pump, "pump"), connect(port, valve, "valve")


def test_a_function_gets_what_a_device_publishes_where_a_subscription_says_so(running, devices):
    first, second = devices
    second.publish("sensor/wrong", b"device")
    first.publish("wrong", b"topic")
    wait_until(
        lambda: running.runtime_log().count("Failed to get routes") == 2,
        seconds=SEEN_S,
        what="both discarded messages to be told",
    )
    assert f"Source {VALVE}, topic sensor/wrong" in running.runtime_log()
    for number in range(3):
        first.publish(f"sensor/{number}", str(number).encode())
    lines = running.wait_for_lines("receiver", 3)
    assert lines[:3] == ["sensor/0 0", "sensor/1 1", "sensor/2 2"]


def test_a_device_gets_what_a_function_publishes_where_a_subscription_says_so(running, devices):
    first, second = devices
    assert first.subscribe("answers/1") == 1
    assert second.subscribe("answers/1") == 128
    assert second.subscribe("others", qos=0) == 0
    for topic in (b"answers/2", b"answers/1", b"others"):
        first.publish("ask", topic)
    wait_until(lambda: first.messages and second.messages, seconds=SEEN_S, what="both answers")
    assert first.messages == [("answers/1", b"answer", 1)]
    assert second.messages == [("others", b"answer", 0)]


def test_a_device_gets_what_another_one_publishes_where_a_subscription_says_so(running, devices):
    first, second = devices
    assert second.subscribe("state") == 1
    first.publish("state", b"on")
    wait_until(lambda: second.messages, seconds=SEEN_S, what="the message")
    assert second.messages == [("state", b"on", 1)]


def test_twenty_clients_send_a_thousand_messages_and_none_is_lost(running, connect, pump):
    clients = [connect(port_of(running), pump, f"pump-{number}") for number in range(20)]
    for number in range(50):
        for index, client in enumerate(clients):
            client.publish("sensor/many", f"{index} {number}".encode(), qos=index % 2)

    def many():
        return [each for each in running.lines("receiver") if each.startswith("sensor/many")]

    wait_until(lambda: len(many()) >= 1000, seconds=60, what="all messages")
    assert sorted(many()) == sorted(
        f"sensor/many {index} {number}" for index in range(20) for number in range(50)
    )


def test_a_broker_that_is_killed_is_started_again_and_devices_come_back(running, devices):
    client = devices[0]
    before = running.processes()["mqtt_broker"]
    os.kill(before["pid"], signal.SIGKILL)
    wait_until(lambda: client.ended, seconds=SEEN_S, what="the device to notice")
    client.publish("sensor/after", b"it")
    wait_until(
        lambda: "sensor/after it" in running.lines("receiver"),
        seconds=SEEN_S,
        what="the message that was published meanwhile",
    )
    after = running.processes()["mqtt_broker"]
    assert after["restarts"] == before["restarts"] + 1
    assert after["pid"] != before["pid"]


def test_the_port_of_the_command_line_wins_and_the_broker_ends_with_the_core(site, connect, pump):
    port = free_port()
    site.start("--mqtt-port", str(port), "--mqtt-address", "0.0.0.0")
    client = connect(port, pump, "pump")
    pid = site.processes()["mqtt_broker"]["pid"]
    assert site.stop() < 10
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    wait_until(lambda: client.ended, seconds=SEEN_S, what="the device to notice")


def test_a_group_without_devices_has_no_broker(site):
    site.devices = {}
    assert site.start()["status"] == "Success"
    assert site.processes()["mqtt_broker"] is None
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port_of(site))) != 0


def test_a_port_that_somebody_has_is_told_and_the_rest_runs(site):
    site.function("receiver", RECEIVER, Pinned=True)
    with socket.create_server(("127.0.0.1", port_of(site))):
        status = site.start()
        assert status["status"] == "Failure"
        assert f"never listened on 127.0.0.1:{port_of(site)}" in status["error"]
        assert "Address already in use" in site.log("system/MQTTBroker.log")
        assert site.processes()["functions"]


def test_without_the_key_of_its_certificate_there_is_no_broker(site, tmp_path):
    site.configuration["coreThing"]["keyPath"] = str(tmp_path / "nowhere.key")
    status = site.start()
    assert status["status"] == "Failure"
    assert f"the core's private key {tmp_path}/nowhere.key is not there" in status["error"]
