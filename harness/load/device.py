"""A device of the site: publishes to its broker over TLS, with the certificate of the group."""

import ssl
import time
from contextlib import suppress
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from harness.load.answer import Answer, Outcome
from harness.load.site_file import Broker

CONNECT_S = 5.0
KEEP_ALIVE_S = 30
LOOK_S = 0.02


class Device:
    """One connection to the broker, opened again after it broke.

    Args:
        client_id: as which it connects; the broker throws out whoever has the same.
        timeout_s: how long the broker's answer is waited for.
    """

    def __init__(self, broker: Broker, client_id: str, *, qos: int, timeout_s: float) -> None:
        self._broker = broker
        self._client_id = client_id
        self._qos = qos
        self._timeout_s = timeout_s
        self._client: Client | None = None

    def publish(self, payload: bytes) -> Answer:
        """Publish once. With qos 0 nobody answers: what was handed to the connection counts as acknowledged."""
        begun_s = time.monotonic()
        try:
            client = self._connected()
        except (OSError, ValueError) as error:
            self.close()
            return _answer(Outcome.UNSENT, begun_s, str(error) or type(error).__name__)
        sent_s = time.monotonic()
        message = client.publish(self._broker.topic, payload, qos=self._qos)
        if message.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.close()
            return _answer(Outcome.UNKNOWN, sent_s, f"not published: {message.rc.name}")
        with suppress(RuntimeError, ValueError):
            message.wait_for_publish(self._timeout_s)
        if message.is_published():
            return _answer(Outcome.ACKNOWLEDGED, sent_s)
        # It would be sent once more by the same client, when it finds the broker again.
        self.close()
        return _answer(Outcome.UNKNOWN, sent_s, "no answer in time")

    def connect(self) -> None:
        """Find the broker.

        Raises:
            OSError: nobody is there, or it does not take us.
        """
        self._connected()

    def _connected(self) -> Client:
        if self._client is not None and not self._client.is_connected():
            self.close()
        if self._client is None:
            self._client = self._opened()
        return self._client

    def _opened(self) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, client_id=self._client_id)
        refusal: list[str] = []

        def on_connect(_c: Any, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
            if reason.is_failure:
                refusal.append(str(reason))

        client.on_connect = on_connect
        broker = self._broker
        client.tls_set(
            ca_certs=str(broker.ca),
            certfile=str(broker.certificate),
            keyfile=str(broker.key),
            cert_reqs=ssl.CERT_REQUIRED,
        )
        client.connect(broker.host, broker.port, keepalive=KEEP_ALIVE_S)
        client.loop_start()
        self._client = client
        self._await_connection(client, refusal)
        return client

    def _await_connection(self, client: Client, refusal: list[str]) -> None:
        # paho tells by a callback from the loop's own thread; nobody wakes us.
        until_s = time.monotonic() + CONNECT_S
        while not client.is_connected():
            if refusal or time.monotonic() > until_s:
                raise ConnectionError(
                    f"the broker refuses us: {refusal[0]}" if refusal else "the broker is silent"
                )
            time.sleep(LOOK_S)  # noqa: TID251

    def close(self) -> None:
        """End the connection; what was not answered is not sent again."""
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_stop()


def _answer(outcome: Outcome, sent_s: float, error: str = "") -> Answer:
    return Answer(outcome=outcome, sent_s=sent_s, ended_s=time.monotonic(), error=error)
