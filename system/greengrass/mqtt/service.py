"""The broker as the core runs it: its files, its process, its bridge."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from system.greengrass.mqtt.bridge import Bridge, OnMessage
from system.greengrass.mqtt.passing import Passing
from system.greengrass.mqtt.settings import BrokerSettings
from system.greengrass.supervision.process import Launch, OnLine
from system.greengrass.supervision.supervisor import Running, Supervisor

NAME = "MQTT broker"
START_S = 30.0
ENDS_MAX = 2
"""Who ends so often before it listens is not waited for any longer; it is started again all the same."""

STOP_GRACE_S = 2.5
LOOK_S = 0.05
BRIDGE = "_GG_MQTT_BRIDGE"


class MqttService:
    """Runs the broker.

    Args:
        directory: for its files.
        on_message: takes what devices publish.
        on_line: takes its output.
        on_change: is called when it started or ended.
    """

    def __init__(
        self,
        directory: Path,
        *,
        on_message: OnMessage,
        on_line: OnLine,
        on_change: Callable[[], None],
    ) -> None:
        self._directory = directory
        self._on_line = on_line
        self._on_change = on_change
        self._on_message = on_message
        self._bridge: Bridge | None = None
        self._supervisor: Supervisor | None = None
        self._settings: BrokerSettings | None = None

    async def adjust(self, settings: BrokerSettings | None) -> str:
        """Run it with these settings, or not at all; one that need not change goes on.

        Returns:
            Why nobody listens; empty if somebody does, or nobody has to.
        """
        if settings == self._settings:
            return ""
        await self.stop()
        if settings is None:
            return ""
        self._settings = settings
        self._bridge = bridge = Bridge(self._on_message)
        await bridge.open()
        launch = self._launch(settings, bridge)
        self._supervisor = supervisor = Supervisor(
            NAME, launch, on_line=self._on_line, on_change=self._on_change
        )
        supervisor.start()
        return await self._wait_until_it_listens(settings, bridge, supervisor)

    def has_room(self) -> bool:
        """Whether a message for a device would be taken."""
        return self._bridge is not None and self._bridge.has_room()

    def send(self, passing: Passing) -> bool:
        """Send a message to a device; false when nobody is there to do it."""
        return self._bridge is not None and self._bridge.send(passing)

    def running(self) -> Running | None:
        """The broker's process of this moment."""
        return None if self._supervisor is None else self._supervisor.running()

    async def stop(self) -> None:
        """End the broker."""
        supervisor, self._supervisor = self._supervisor, None
        bridge, self._bridge = self._bridge, None
        self._settings = None
        if supervisor is not None:
            await supervisor.stop(STOP_GRACE_S)
        if bridge is not None:
            bridge.close()

    def _launch(self, settings: BrokerSettings, bridge: Bridge) -> Launch:
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / "broker.json"
        path.write_text(json.dumps(settings.to_json(), indent=1))
        return Launch(
            command=(sys.executable, "-m", "system.greengrass.mqtt", str(path)),
            environment={**os.environ, BRIDGE: f"{bridge.port}:{bridge.token}"},
            directory=self._directory,
        )

    async def _wait_until_it_listens(
        self, settings: BrokerSettings, bridge: Bridge, supervisor: Supervisor
    ) -> str:
        where = f"{settings.address}:{settings.port}"
        try:
            async with asyncio.timeout(START_S):
                while not bridge.connected.is_set():
                    if supervisor.ends >= ENDS_MAX:
                        return (
                            f"the {NAME} {supervisor.ended}, {supervisor.ends} times, and never "
                            f"listened on {where}; its log says why"
                        )
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            return f"the {NAME} does not listen on {where} within {START_S:g} s"
        return ""
