"""The core: one deployment after the other, from the local copy first, from the cloud when it can be reached.

What runs never depends on the link: the local copy starts at once, and a newer deployment takes its place when it
has been downloaded whole. A deployment that cannot be carried out leaves the running one as it is.
"""

import asyncio
import logging
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from system.greengrass.logs.journal import Journal, LogBook
from system.greengrass.supervision.process import Launch
from system.greengrass.supervision.supervisor import Supervisor
from system.greengrass.v1.active_group import ActiveGroup, Equipment, least_level
from system.greengrass.v1.background import in_thread
from system.greengrass.v1.cloud_group import Announcement, CloudGroup, CloudUnreachable, Connect
from system.greengrass.v1.configuration import CoreConfiguration
from system.greengrass.v1.devices import Devices, MqttOptions
from system.greengrass.v1.docker_application import Containers
from system.greengrass.v1.document import parse_group
from system.greengrass.v1.download import BundleRefused, Downloader
from system.greengrass.v1.environment import FunctionSurroundings
from system.greengrass.v1.group import DeploymentRefused, Group
from system.greengrass.v1.layout import (
    RUNTIME_LOG,
    STREAM_MANAGER_LOG,
    Layout,
    system_log_group,
)
from system.greengrass.v1.local_api import LocalApi
from system.greengrass.v1.state import read_json, write_json
from system.greengrass.v1.stream_manager import (
    StreamManagerOptions,
    listens,
    stream_manager_launch,
    stream_manager_supervisor,
)
from system.greengrass.v1.tokens import Tokens

log = logging.getLogger(__name__)

FIRST_POLL_S = 1.0
STREAM_MANAGER_GRACE_S = 2.5
STREAM_MANAGER_START_S = 20.0
STREAM_MANAGER_ENDS_MAX = 4
"""Who ends so often before it listens is not waited for any longer; it is started again all the same."""

STREAM_MANAGER_LOOK_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreOptions:
    """What the command line says.

    Attributes:
        poll_s: how often the cloud is asked for a newer deployment.
        code_endpoint: the address that code is fetched through.
    """

    containers: Containers = Containers.DOCKER
    stream_manager: StreamManagerOptions = field(default_factory=StreamManagerOptions)
    mqtt: MqttOptions = field(default_factory=MqttOptions)
    poll_s: float = 5.0
    code_endpoint: str | None = None


def runtime_journal(logs: LogBook, group: Group | None = None) -> Journal:
    """The core's own log, as the group wants it."""
    policies = (group or Group(id="", version="", deployment="")).loggers
    return logs.journal(RUNTIME_LOG, group=system_log_group("runtime"), policy=policies.system)


class Core:
    """A Greengrass core.

    Args:
        logs: its log book.
        connect: makes a boto3 client.
    """

    def __init__(
        self,
        configuration: CoreConfiguration,
        layout: Layout,
        *,
        options: CoreOptions,
        logs: LogBook,
        connect: Connect,
    ) -> None:
        self._configuration = configuration
        self._layout = layout
        self._options = options
        self._logs = logs
        self._connect = connect
        self._cloud = CloudGroup(connect, configuration.thing.arn)
        self._downloader = Downloader(
            group=self._cloud,
            directory=layout.deployment,
            code_endpoint=options.code_endpoint,
            certificate=layout.certificate_file(configuration.certificate),
        )
        self._active: ActiveGroup | None = None
        self._stream_manager: Supervisor | None = None
        self._tokens = Tokens()
        self._api = LocalApi(lambda: self._active)
        self._devices = Devices(
            configuration,
            layout,
            options=options.mqtt,
            logs=logs,
            served=lambda: self._active,
            on_change=self._write_processes,
        )
        self._carried_out = ""
        self._unreachable = ""
        self.group_id = ""

    async def open(self) -> None:
        """Open the local interface.

        Raises:
            PortTaken: its port cannot be had.
        """
        await self._api.open(self._configuration.daemon_port)
        log.info("The local interface listens on port %d", self._api.port)
        self._write_processes()

    async def run(self) -> None:
        """Run deployments until cancelled."""
        await self._run_local_copy()
        while True:
            waiting = self._active is None
            await self._look_for_deployment()
            await asyncio.sleep(
                min(FIRST_POLL_S, self._options.poll_s) if waiting else self._options.poll_s
            )

    async def close(self) -> None:
        """Stop functions and connectors, then the stream manager."""
        began = time.monotonic()
        await asyncio.gather(self._stop_group(), self._devices.stop())
        await self._stop_stream_manager()
        await self._api.close()
        self._write_processes()
        log.info("greengrass core stopped in %.1f s", time.monotonic() - began)

    async def _run_local_copy(self) -> None:
        document = read_json(self._layout.group)
        if document is None:
            log.info("There is no local deployment; waiting for the first one from the cloud")
            return
        try:
            group = self._parse(document)
        except (DeploymentRefused, KeyError, TypeError) as error:
            log.error("The local deployment cannot be carried out: %s", error)
            self._report("", "", [f"the local deployment cannot be carried out: {error}"])
            return
        log.info("Running the local deployment %s", group.deployment)
        await self._switch_to(group)

    async def _look_for_deployment(self) -> None:
        """Ask the cloud, and carry out what is new."""
        try:
            announcement = await in_thread(self._cloud.newest, name="newest deployment")
            self._reached()
            if announcement is None or announcement.deployment == self._carried_out:
                return
            if announcement.reset:
                await self._reset(announcement)
            else:
                await self._carry_out(announcement)
        except CloudUnreachable as error:
            self._not_reached(str(error))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            self._not_reached(f"it gave an answer that makes no sense: {error!r}")

    async def _carry_out(self, announcement: Announcement) -> None:
        log.info(
            "Deployment %s: downloading group version %s",
            announcement.deployment,
            announcement.version,
        )
        try:
            document = await in_thread(
                lambda: self._downloader.bring(announcement), name="download"
            )
            group = self._parse(document)
        except (DeploymentRefused, BundleRefused, OSError) as error:
            self._carried_out = announcement.deployment
            log.error("Deployment %s is refused: %s", announcement.deployment, error)
            self._report(announcement.group, announcement.version, [str(error)])
            return
        write_json(self._layout.group, document)
        await self._switch_to(group)
        self._downloader.forget_all_but(document)

    async def _reset(self, announcement: Announcement) -> None:
        log.info("The group's deployments were reset: everything is stopped")
        self._carried_out = announcement.deployment
        await asyncio.gather(self._stop_group(), self._devices.stop())
        await self._stop_stream_manager()
        self._layout.group.unlink(missing_ok=True)
        shutil.rmtree(self._layout.deployment / "lambda", ignore_errors=True)
        self._report(announcement.group, "", [])

    def _parse(self, document: Mapping[str, Any]) -> Group:
        return parse_group(
            document,
            self._layout.deployment,
            run_as_root_allowed=self._configuration.run_as_root_allowed,
        )

    async def _switch_to(self, group: Group) -> None:
        """Stop what runs and run this group; its status is written when it runs."""
        self._carried_out = group.deployment
        self.group_id = group.id
        self._cloud.remember(group.id)
        runtime_journal(self._logs, group)
        logging.getLogger("system").setLevel(least_level([group.loggers.system]))
        for note in group.notes:
            log.info("%s", note)
        await self._stop_group()
        unheard = await self._adjust_stream_manager(group)
        # The broker takes as long to start as the functions do.
        broker = asyncio.create_task(self._devices.adjust(group), name="broker")
        self._active = ActiveGroup(group, self._equipment(group))
        self._active.start()
        problems = await self._active.started(self._configuration.health_check_timeout_s)
        problems = [*filter(None, [unheard, await broker]), *problems]
        for problem in problems:
            log.error("Deployment %s: %s", group.deployment, problem)
        self._write_processes()
        self._report(group.id, group.version, problems)
        log.info("greengrass core ready")

    def _equipment(self, group: Group) -> Equipment:
        variables = group.stream_manager
        port = None if variables is None else self._options.stream_manager.functions_port(variables)
        surroundings = FunctionSurroundings(
            region=self._configuration.thing.region,
            daemon_port=self._api.port,
            stream_manager_port=port,
            log_level=least_level([group.loggers.functions]).name,
        )
        return Equipment(
            configuration=self._configuration,
            layout=self._layout,
            logs=self._logs,
            surroundings=surroundings,
            containers=self._options.containers,
            connect=self._connect,
            devices=self._devices,
            tokens=self._tokens,
            on_change=self._write_processes,
        )

    async def _adjust_stream_manager(self, group: Group) -> str:
        """Run the stream manager as the group wants it; one that need not change goes on.

        Returns:
            Why nobody listens; empty if somebody does, or nobody has to.
        """
        launch = self._stream_manager_launch(group)
        if self._stream_manager is not None:
            if launch == self._stream_manager.launch:
                self._stream_manager_journal(group)
                return ""
            await self._stop_stream_manager()
        if launch is None:
            return ""
        journal = self._stream_manager_journal(group)
        started = stream_manager_supervisor(launch, journal, self._write_processes)
        self._stream_manager = started
        started.start()
        assert group.stream_manager is not None, "it has a launch"
        port = self._options.stream_manager.server_port(group.stream_manager)
        return await self._wait_for_port(port, started)

    def _stream_manager_journal(self, group: Group) -> Journal:
        return self._logs.journal(
            STREAM_MANAGER_LOG,
            group=system_log_group("GGStreamManager"),
            policy=group.loggers.system,
        )

    def _stream_manager_launch(self, group: Group) -> Launch | None:
        if group.stream_manager is None:
            return None
        return stream_manager_launch(
            self._options.stream_manager,
            group.stream_manager,
            self._layout,
            self._configuration.thing.region,
            # One is there also where no function is.
            tokens=[self._tokens.of(each) for each in ("", *(f.arn for f in group.functions))],
        )

    async def _wait_for_port(self, port: int, stream_manager: Supervisor) -> str:
        """Functions create their streams when they start, so the server has to be there first.

        Returns:
            Why it is not; the functions start nevertheless.
        """
        deadline = time.monotonic() + STREAM_MANAGER_START_S
        while not listens(port):
            if stream_manager.ends >= STREAM_MANAGER_ENDS_MAX:
                return (
                    f"the stream manager {stream_manager.ended}, {stream_manager.ends} times, "
                    f"and never listened on port {port}"
                )
            if time.monotonic() > deadline:
                return f"nobody listens on port {port} within {STREAM_MANAGER_START_S:g} s"
            await asyncio.sleep(STREAM_MANAGER_LOOK_S)
        return ""

    async def _stop_group(self) -> None:
        # Functions are served until they have ended: what they still publish must not fail.
        if self._active is not None:
            await self._active.stop()
            self._active = None

    async def _stop_stream_manager(self) -> None:
        stream_manager, self._stream_manager = self._stream_manager, None
        if stream_manager is not None:
            await stream_manager.stop(STREAM_MANAGER_GRACE_S)

    def _write_processes(self) -> None:
        manager = self._stream_manager.running() if self._stream_manager else None
        broker = self._devices.running()
        none: dict[str, Any] = {"functions": {}, "containers": {}}
        document: dict[str, Any] = {
            "stream_manager": manager and asdict(manager),
            "mqtt_broker": broker and asdict(broker),
            **(self._active.processes() if self._active else none),
        }
        self._write_state("processes.json", document)

    def _report(self, group: str, version: str, problems: list[str]) -> None:
        document: dict[str, Any] = {
            "group_id": group,
            "version": version,
            "deployment_id": self._carried_out,
            "status": "Failure" if problems else "Success",
        }
        if problems:
            document["error"] = "; ".join(problems)
        self._write_state("deployment.json", document)

    def _write_state(self, name: str, document: Mapping[str, Any]) -> None:
        try:
            write_json(self._layout.state / name, document)
        except OSError as error:
            log.error("%s cannot be written: %s", self._layout.state / name, error.strerror)

    def _not_reached(self, reason: str) -> None:
        # An outage is told once, not every few seconds.
        if not self._unreachable:
            log.info("The cloud cannot be asked for a deployment, trying on: %s", reason)
        self._unreachable = reason

    def _reached(self) -> None:
        if self._unreachable:
            log.info("The cloud can be asked for deployments again")
        self._unreachable = ""
