"""A device against a broker that answers as it is told, over real TLS."""

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from harness.load.answer import Outcome
from harness.load.device import Device
from harness.load.site_file import Broker

PUBLISH, PUBACK, CONNECT = 3, b"\x40\x02", 1
ACCEPTED, NOT_AUTHORIZED = b"\x20\x02\x00\x00", b"\x20\x02\x00\x05"


def packet(connection: socket.socket) -> tuple[int, bytes]:
    """The type and the body of the next packet; nothing when the connection ended."""
    head = connection.recv(1)
    if not head:
        return 0, b""
    length, shift = 0, 0
    while (byte := connection.recv(1)[0]) & 0x80:
        length, shift = length + ((byte & 0x7F) << shift), shift + 7
    length += byte << shift
    body = b""
    while len(body) < length:
        body += connection.recv(length - len(body))
    return head[0] >> 4, body


class ScriptedBroker:
    """Takes connections with a client certificate, one after the other.

    Attributes:
        connack: what it answers to CONNECT.
        silent: it acknowledges nothing.
        payloads: what was published.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self.connack = ACCEPTED
        self.silent = False
        self.payloads: list[bytes] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._context.load_verify_locations(certificate)
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                plain, _ = self._listening.accept()
                with suppress(OSError), self._context.wrap_socket(plain, server_side=True) as tls:
                    self._converse(tls)

    def _converse(self, connection: socket.socket) -> None:
        while True:
            kind, body = packet(connection)
            if kind == CONNECT:
                connection.sendall(self.connack)
            elif kind == PUBLISH:
                topic_length = int.from_bytes(body[:2], "big")
                identity, payload = body[2 + topic_length :][:2], body[4 + topic_length :]
                self.payloads.append(payload)
                if not self.silent:
                    connection.sendall(PUBACK + identity)
            else:
                return

    def stop(self) -> None:
        """Nobody is there any more."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(20)


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One certificate for everybody: broker, device, authority."""
    folder = tmp_path_factory.mktemp("certificates")
    certificate, key = folder / "certificate.pem", folder / "private.key"
    program = shutil.which("openssl")
    assert program, "the tests of MQTT need openssl"
    subprocess.run(
        [
            *(program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-out", str(certificate), "-keyout", str(key)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


@pytest.fixture
def broker(identity: tuple[Path, Path]) -> Iterator[ScriptedBroker]:
    """A running broker."""
    running = ScriptedBroker(*identity)
    yield running
    running.stop()


@pytest.fixture
def device(identity: tuple[Path, Path], broker: ScriptedBroker) -> Iterator[Device]:
    """A device that waits half a second for an answer, and has not connected."""
    certificate, key = identity
    described = Broker(
        host="127.0.0.1",
        port=broker.port,
        ca=certificate,
        certificate=certificate,
        key=key,
        client_id="device",
        topic="sensor_data",
    )
    made = Device(described, "device-1", qos=1, timeout_s=0.5)
    yield made
    made.close()


def test_a_reading_counts_as_published_when_the_broker_acknowledged_it(
    broker: ScriptedBroker, device: Device
) -> None:
    device.connect()

    answer = device.publish(b'{"ordinal": 0}')

    assert (answer.outcome, answer.error) == (Outcome.ACKNOWLEDGED, "")
    assert broker.payloads == [b'{"ordinal": 0}']


def test_what_the_broker_does_not_acknowledge_may_have_reached_it_and_is_not_sent_again(
    broker: ScriptedBroker, device: Device
) -> None:
    broker.silent = True
    assert device.publish(b"1").outcome is Outcome.UNKNOWN
    broker.silent = False

    assert device.publish(b"2").outcome is Outcome.ACKNOWLEDGED
    assert broker.payloads == [b"1", b"2"]


def test_a_broker_that_does_not_take_the_device_gets_nothing(
    broker: ScriptedBroker, device: Device
) -> None:
    broker.connack = NOT_AUTHORIZED

    answer = device.publish(b"1")

    assert answer.outcome is Outcome.UNSENT
    assert answer.error == "the broker refuses us: Not authorized"
    assert broker.payloads == []


def test_without_a_broker_nothing_was_sent(broker: ScriptedBroker, device: Device) -> None:
    broker.stop()

    assert device.publish(b"1").outcome is Outcome.UNSENT
