"""The devices of a group: what is downloaded for them, the broker that lets them in, their place among the routes."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from system.greengrass.logs.journal import Journal, LogBook, Policy
from system.greengrass.logs.level import Level
from system.greengrass.mqtt.passing import Passing
from system.greengrass.mqtt.service import MqttService
from system.greengrass.mqtt.settings import LOOPBACK, BrokerSettings, Device
from system.greengrass.mqtt.tls import server_context
from system.greengrass.router.router import NoRoute, Publication, Router
from system.greengrass.supervision.supervisor import Running
from system.greengrass.v1.cloud_group import CloudGroup
from system.greengrass.v1.configuration import CoreConfiguration
from system.greengrass.v1.group import DeploymentRefused, Group
from system.greengrass.v1.layout import MQTT_LOG, Layout, system_log_group

log = logging.getLogger(__name__)

ROOM_S = 10.0
"""So long a device's message waits for a function's queue, or for the end of a deployment, until it is discarded."""

ROOM_LOOK_S = 0.005
DISCARDS_LOGGED_EVERY = 1000
COMPONENT = "MQTTBroker"


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttOptions:
    """Where the broker listens.

    Attributes:
        address: of this machine.
        port: whatever the configuration says.
    """

    address: str = LOOPBACK
    port: int | None = None


class Served(Protocol):
    """What is needed of the running deployment."""

    @property
    def router(self) -> Router:
        """Delivers what devices publish."""

    def has_room(self) -> bool:
        """Whether functions take more messages."""


def download_for_devices(
    group: CloudGroup, identity: str, definition: Mapping[str, Any], certificate: Path | None
) -> dict[str, Any]:
    """What a group with devices has in its document besides their definition.

    Args:
        identity: of the group.
        definition: of the devices.
        certificate: file with the core's certificate.

    Raises:
        CloudUnreachable: the cloud could not be asked.
        DeploymentRefused: the core has no certificate, or the cloud gives the broker none.
    """
    devices = definition.get("Devices", [])
    if not devices:
        return {}
    arns = sorted({each["CertificateArn"] for each in devices})
    return {
        "certificates": {arn: group.active_certificate(arn) for arn in arns},
        "broker": group.broker_certificate(identity, _read(certificate), _names_of_this_machine()),
    }


def _read(certificate: Path | None) -> str:
    if certificate is None:
        raise DeploymentRefused(
            ["devices need the core's certificate: set coreThing.certPath in config.json"]
        )
    try:
        return certificate.read_text()
    except (OSError, UnicodeDecodeError) as error:
        problem = f"devices need the core's certificate, and {certificate} cannot be read: {error}"
        raise DeploymentRefused([problem]) from error


def _names_of_this_machine() -> list[str]:
    """By which devices may reach the broker, besides what the cloud was told of the core's connectivity."""
    return sorted({"localhost", LOOPBACK, "::1", socket.gethostname()})


class DeviceTarget:
    """A device as a target of subscriptions.

    Args:
        arn: of its thing.
        service: that runs the broker.
    """

    def __init__(self, arn: str, service: MqttService) -> None:
        self._arn = arn
        self._service = service
        self._discarded = 0

    def has_room(self) -> bool:
        """Whether the broker takes a message."""
        return self._service.has_room()

    def deliver(self, publication: Publication) -> bool:
        """Send a message to the device, under whatever client ids it is connected and has subscribed."""
        passing = Passing(device=self._arn, topic=publication.topic, payload=publication.payload)
        if self._service.send(passing):
            return True
        if self._discarded % DISCARDS_LOGGED_EVERY == 0:
            log.warning(
                "The broker takes no messages for %s: one was discarded (%d before it)",
                self._arn,
                self._discarded,
            )
        self._discarded += 1
        return False


class Devices:
    """The devices of the running group.

    Args:
        served: the running deployment; None while there is none.
        on_change: is called when the broker started or ended.
    """

    def __init__(
        self,
        configuration: CoreConfiguration,
        layout: Layout,
        *,
        options: MqttOptions,
        logs: LogBook,
        served: Callable[[], Served | None],
        on_change: Callable[[], None],
    ) -> None:
        self._configuration = configuration
        self._layout = layout
        self._options = options
        self._logs = logs
        self._served = served
        self._discarded = 0
        self._journal = self._open_journal(Policy())
        self._service = MqttService(
            layout.mqtt, on_message=self._received, on_line=self._line, on_change=on_change
        )

    async def adjust(self, group: Group) -> str:
        """Run the broker as the group wants it; one that need not change goes on.

        Returns:
            Why nobody listens; empty if somebody does, or nobody has to.
        """
        self._journal = self._open_journal(group.loggers.system)
        try:
            settings = self._settings(group)
            if settings is not None:
                # What is wrong with key or certificates is told better here than by a process that ends.
                server_context(settings.certificate, settings.key, settings.devices)
            return await self._service.adjust(settings)
        except OSError as error:
            await self._service.stop()
            return f"the MQTT broker for devices cannot be started: {error}"

    async def stop(self) -> None:
        """End the broker."""
        await self._service.stop()

    def running(self) -> Running | None:
        """The broker's process of this moment."""
        return self._service.running()

    def targets(self, group: Group) -> dict[str, DeviceTarget]:
        """The group's devices by ARN."""
        return {each.arn: DeviceTarget(each.arn, self._service) for each in group.devices}

    def _open_journal(self, policy: Policy) -> Journal:
        return self._logs.journal(MQTT_LOG, group=system_log_group(COMPONENT), policy=policy)

    def _settings(self, group: Group) -> BrokerSettings | None:
        if not group.devices:
            return None
        key = self._layout.certificate_file(self._configuration.private_key)
        if key is None:
            raise OSError("coreThing.keyPath in config.json has to name the core's private key")
        if not key.is_file():
            raise OSError(f"the core's private key {key} is not there")
        return BrokerSettings(
            address=self._options.address,
            port=self._options.port or self._configuration.mqtt_port,
            certificate=self._layout.write_broker_certificate(group.broker_certificate),
            key=key,
            devices=tuple(_with_subscriptions(each, group) for each in group.devices),
        )

    def _line(self, _channel: str, line: bytes) -> None:
        self._journal.pass_on(line, origin=COMPONENT, otherwise=Level.INFO)

    async def _received(self, passing: Passing) -> None:
        """Route a device's message. Until there is room for it no other one is read, which holds the devices back."""
        served = await self._with_room()
        if served is None:
            self._discard(passing)
            return
        publication = Publication(
            source=passing.device, topic=passing.topic, payload=passing.payload
        )
        try:
            served.router.publish(publication)
        except NoRoute:
            # The router has told it, and a publisher of MQTT is not told.
            return

    async def _with_room(self) -> Served | None:
        """The running deployment, when it takes a message; the last one to be asked decides what becomes of it."""
        deadline = time.monotonic() + ROOM_S
        while time.monotonic() < deadline:
            served = self._served()
            if served is not None and served.has_room():
                return served
            await asyncio.sleep(ROOM_LOOK_S)
        return self._served()

    def _discard(self, passing: Passing) -> None:
        if self._discarded % DISCARDS_LOGGED_EVERY == 0:
            log.warning(
                "No deployment runs: a message of %s was discarded (%d before it)",
                passing.device,
                self._discarded,
            )
        self._discarded += 1


def _with_subscriptions(device: Device, group: Group) -> Device:
    """A device with the filters of the topics that it may be sent."""
    receives = tuple(
        dict.fromkeys(each.subject for each in group.subscriptions if each.target == device.arn)
    )
    return Device(
        arn=device.arn, name=device.name, certificate=device.certificate, receives=receives
    )
