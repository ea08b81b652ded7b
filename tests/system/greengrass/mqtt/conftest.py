"""The broker as a process, a core that only has its end of the bridge, and devices that speak paho's MQTT."""

import asyncio
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from harness.waiting import wait_until
from system.greengrass.mqtt.bridge import Bridge
from system.greengrass.mqtt.passing import Passing
from system.greengrass.mqtt.settings import BrokerSettings, Device

START_S = 40
SEEN_S = 30
THINGS = "arn:aws:iot:us-east-1:000000000000:thing"


@dataclass(frozen=True)
class Identity:
    """A certificate and its key."""

    certificate: Path
    key: Path

    @property
    def pem(self) -> str:
        return self.certificate.read_text()


class Authority:
    """Issues what a group's authority issues, and what the cloud issues to devices. Needs `openssl`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ca = self.device(
            "ca", subject="/CN=group", extensions=("basicConstraints=critical,CA:TRUE",)
        )

    def device(
        self,
        name: str,
        *,
        subject: str = "/CN=AWS IoT Certificate",
        extensions: tuple[str, ...] = (),
    ) -> Identity:
        """A certificate that nobody but itself vouches for; all devices have the same subject, as the cloud's have."""
        made = Identity(self.directory / f"{name}.pem", self.directory / f"{name}.key")
        added = [word for each in extensions for word in ("-addext", each)]
        self._openssl(
            *(
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
            ),
            *("-subj", subject, "-days", "2", "-out", made.certificate, "-keyout", made.key),
            *added,
        )
        return made

    def server(self, name: str = "server") -> Identity:
        """A certificate of this machine, by the group's authority."""
        made = Identity(self.directory / f"{name}.pem", self.directory / f"{name}.key")
        request, extensions = self.directory / "request.pem", self.directory / "extensions.txt"
        extensions.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        self._openssl(
            *("req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=core"),
            *("-out", request, "-keyout", made.key),
        )
        self._openssl(
            *("x509", "-req", "-in", request, "-CA", self.ca.certificate, "-CAkey", self.ca.key),
            *("-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", made.certificate),
        )
        return made

    def _openssl(self, *arguments: str | Path) -> None:
        program = shutil.which("openssl")
        assert program, "the tests of MQTT need openssl"
        subprocess.run([program, *arguments], check=True, capture_output=True, timeout=60)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def server(authority: Authority) -> Identity:
    return authority.server()


@pytest.fixture(scope="session")
def pump(authority: Authority) -> Identity:
    return authority.device("pump")


@pytest.fixture(scope="session")
def valve(authority: Authority) -> Identity:
    return authority.device("valve")


@pytest.fixture(scope="session")
def stranger(authority: Authority) -> Identity:
    """Its certificate looks like a device's, and the group does not know it."""
    return authority.device("stranger")


class CoreEnd:
    """The core's end of the bridge, in a thread of its own."""

    def __init__(self) -> None:
        self.received: list[Passing] = []
        self.free = threading.Event()
        self.free.set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.bridge = self._call(self._open())

    async def _open(self) -> Bridge:
        bridge = Bridge(self._take)
        await bridge.open()
        return bridge

    async def _take(self, passing: Passing) -> None:
        await asyncio.to_thread(self.free.wait, SEEN_S)
        self.received.append(passing)

    def _call(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    @property
    def where(self) -> str:
        return f"{self.bridge.port}:{self.bridge.token}"

    def send(self, device: str, topic: str, payload: bytes) -> bool:
        async def sent() -> bool:
            return self.bridge.send(Passing(device=device, topic=topic, payload=payload))

        return bool(self._call(sent()))

    def payloads(self) -> list[bytes]:
        return [each.payload for each in self.received]

    def close(self) -> None:
        async def closed() -> None:
            self.bridge.close()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

        self._call(closed())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@dataclass
class Client:
    """A device on the site."""

    paho: mqtt.Client
    messages: list[tuple[str, bytes, int]] = field(default_factory=list)
    connected: list[ReasonCode] = field(default_factory=list)
    ended: list[ReasonCode] = field(default_factory=list)
    granted: list[int] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)

    def publish(self, topic: str, payload: bytes, qos: int = 1) -> None:
        self.paho.publish(topic, payload, qos=qos)

    def subscribe(self, pattern: str, qos: int = 1) -> int:
        """Subscribe; returns what was granted, 128: nothing."""
        before = len(self.granted)
        self.paho.subscribe(pattern, qos)
        wait_until(lambda: len(self.granted) > before, seconds=SEEN_S, what="a SUBACK")
        return self.granted[before]

    def close(self) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()


Connect = Callable[..., Client]


@pytest.fixture
def connect(authority: Authority) -> Iterator[Connect]:
    """Connects a device; whoever is not let in gives an `OSError`."""
    made: list[Client] = []

    def client(
        port: int,
        identity: Identity,
        client_id: str,
        *,
        keep_alive_s: int = 60,
        ca: Path | None = None,
        **how: Any,
    ) -> Client:
        paho = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, **how)
        paho.tls_set(
            str(ca or authority.ca.certificate), str(identity.certificate), str(identity.key)
        )
        paho.max_inflight_messages_set(0)
        found = Client(paho)
        paho.on_connect = lambda _c, _u, _f, code, _p: found.connected.append(code)
        paho.on_disconnect = lambda _c, _u, _f, code, _p: found.ended.append(code)
        paho.on_subscribe = lambda _c, _u, _m, codes, _p: found.granted.extend(
            c.value for c in codes
        )
        paho.on_publish = lambda _c, _u, number, _r, _p: found.acknowledged.append(number)
        paho.on_message = lambda _c, _u, m: found.messages.append((m.topic, m.payload, m.qos))
        made.append(found)
        paho.connect("127.0.0.1", port, keep_alive_s)
        paho.loop_start()
        wait_until(
            lambda: found.connected or found.ended, seconds=SEEN_S, what="a device to be let in"
        )
        if not found.connected or found.connected[0].is_failure:
            raise ConnectionRefusedError(str(found.connected or found.ended))
        return found

    yield client
    for each in made:
        each.close()


@dataclass
class Running:
    """A broker that listens."""

    process: subprocess.Popen[bytes]
    port: int
    core: CoreEnd
    log: Path

    def raw(self, identity: Identity | None, authority: Authority) -> ssl.SSLSocket:
        """A connection that has TLS and nothing else yet."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(authority.ca.certificate)
        if identity is not None:
            context.load_cert_chain(identity.certificate, identity.key)
        plain = socket.create_connection(("127.0.0.1", self.port), 10)
        try:
            return context.wrap_socket(plain, server_hostname="127.0.0.1")
        except BaseException:
            plain.close()
            raise


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def broker(
    tmp_path_factory: pytest.TempPathFactory, server: Identity, pump: Identity, valve: Identity
) -> Iterator[Running]:
    """Lets in `pump`, which may be sent `orders/#` and `state`, and `valve`, which may be sent `state`."""
    directory, core = tmp_path_factory.mktemp("broker"), CoreEnd()
    settings = BrokerSettings(
        address="127.0.0.1",
        port=free_port(),
        certificate=server.certificate,
        key=server.key,
        devices=(
            Device(
                arn=f"{THINGS}/pump",
                name="pump",
                certificate=pump.pem,
                receives=("orders/#", "state"),
            ),
            Device(arn=f"{THINGS}/valve", name="valve", certificate=valve.pem, receives=("state",)),
        ),
    )
    (directory / "broker.json").write_text(json.dumps(settings.to_json()))
    log = directory / "broker.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "system.greengrass.mqtt", str(directory / "broker.json")],
            env={**os.environ, "_GG_MQTT_BRIDGE": core.where},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        wait_until(
            lambda: core.bridge.connected.is_set() or process.poll() is not None,
            seconds=START_S,
            what="the broker to listen",
        )
        assert process.poll() is None, log.read_text()
        yield Running(process, settings.port, core, log)
    finally:
        process.send_signal(signal.SIGTERM)
        status = process.wait(15)
        core.close()
    assert status == 0, log.read_text()


@pytest.fixture
def core(broker: Running) -> CoreEnd:
    """What the broker speaks to, with nothing in it."""
    broker.core.received.clear()
    return broker.core
