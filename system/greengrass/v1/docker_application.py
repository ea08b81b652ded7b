"""The connector DockerApplicationDeployment: brings a compose file from S3 and keeps its services running.

They run as containers, or as processes where there is no Docker (`services.py`). Without a link the file of the last
time is used, and images that are here.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from system.greengrass.logs.journal import Journal
from system.greengrass.logs.level import Level
from system.greengrass.supervision.backoff import Backoff, BackoffRule
from system.greengrass.supervision.supervisor import Running
from system.greengrass.v1.background import in_thread
from system.greengrass.v1.cloud_group import Connect
from system.greengrass.v1.compose import ComposeRefused
from system.greengrass.v1.compose_project import ComposeFailed
from system.greengrass.v1.group import Connector
from system.greengrass.v1.services import ContainerServices, ProcessServices, Services

log = logging.getLogger(__name__)

STATUS_TOPIC = "dockerapplicationdeploymentconnector/message/status"
BUCKET = "DockerComposeFileS3Bucket"
KEY = "DockerComposeFileS3Key"
VERSION = "DockerComposeFileS3Version"
STATUS_FREQUENCY = "DockerContainerStatusLogFrequency"
STATUS_FREQUENCY_S = 300
OFFLINE = "DockerOfflineMode"
PULL = "DockerPullBeforeUp"
STOP_ON_NEW = "StopContainersOnNewDeployment"
COMPOSE_FILE = "docker-compose.yml"
RETRY = BackoffRule(first_s=1.0, cap_s=15.0, stable_s=float("inf"))
ORIGIN = "DockerApplicationDeployment"


class Containers(StrEnum):
    """What stands for a container."""

    PROCESS = "process"
    DOCKER = "docker"


@dataclass(eq=False)
class ConnectorFailed(Exception):
    """The connector gives up.

    Attributes:
        error: `InvalidParameter` or `InternalError`, as its status message has it.
    """

    error: str
    reason: str

    def __str__(self) -> str:
        return self.reason


class DockerApplication:
    """One connector of a deployment.

    Args:
        containers: what stands for a container.
        connect: makes a boto3 client.
        directory: its working directory, kept across restarts.
        publish: takes topic and payload of its messages.
        on_change: is called when a service started or ended.
    """

    def __init__(
        self,
        connector: Connector,
        *,
        containers: Containers,
        connect: Connect,
        directory: Path,
        publish: Callable[[str, bytes], None],
        journal: Journal,
        on_change: Callable[[], None],
    ) -> None:
        self.started: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._parameters = connector.parameters
        self._connect = connect
        self._directory = directory
        self._publish = publish
        self._journal = journal
        self._on_change = on_change
        self._version = ""
        self._services = self._edition(containers)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Bring the file and start the services; `started` is set to what went wrong, or to ''."""
        self._task = asyncio.create_task(self._run(), name=ORIGIN)

    def running(self) -> Mapping[str, Running]:
        """The services that run, by name."""
        return self._services.running()

    async def stop(self, grace_s: float) -> None:
        """Stop the services, unless the connector is told to leave them."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._services.stop(grace_s, leave=not self._flag(STOP_ON_NEW, otherwise=True))

    def _edition(self, containers: Containers) -> Services:
        if containers is Containers.DOCKER:
            return ContainerServices(say=partial(self._say, Level.INFO), on_change=self._on_change)
        return ProcessServices(
            self._directory, on_line=self._service_line, on_change=self._on_change
        )

    def _flag(self, name: str, *, otherwise: bool) -> bool:
        written = self._parameters.get(name, "").lower()
        return written == "true" if written else otherwise

    async def _run(self) -> None:
        try:
            names = await self._deploy()
        except ConnectorFailed as failed:
            self._say(Level.ERROR, str(failed))
            self._tell({"status": "fail", "error_message": str(failed), "error": failed.error})
            self.started.set_result(f"{ORIGIN}: {failed}")
            return
        self._say(Level.INFO, f"Runs {', '.join(names)}")
        self._tell(self._success())
        self.started.set_result("")
        await self._report_status()

    async def _deploy(self) -> Sequence[str]:
        for name in (BUCKET, KEY):
            if not self._parameters.get(name):
                raise ConnectorFailed("InvalidParameter", f"The parameter {name} is missing")
        file = await self._compose_file()
        try:
            return await self._services.start(file, pull=self._flag(PULL, otherwise=True))
        except ComposeRefused as refused:
            raise ConnectorFailed("InvalidParameter", str(refused)) from refused
        except ComposeFailed as failed:
            blamed = "InvalidParameter" if failed.by_file else "InternalError"
            raise ConnectorFailed(blamed, str(failed)) from failed

    async def _compose_file(self) -> Path:
        """The compose file, here: from S3, or the one of the last time when the link is down."""
        local = self._directory / COMPOSE_FILE
        if self._flag(OFFLINE, otherwise=False) and local.is_file():
            return local
        backoff = Backoff(RETRY)
        while True:
            try:
                text = await in_thread(self._download, name="compose file")
            except (BotoCoreError, ClientError) as error:
                self._refuse_what_is_not_there(error)
                self._say(Level.INFO, f"The compose file cannot be had: {error}")
                if local.is_file():
                    self._say(Level.INFO, "The compose file of the last time is used")
                    return local
                await asyncio.sleep(backoff.failed_after(0))
            else:
                self._directory.mkdir(parents=True, exist_ok=True)
                local.write_text(text)
                return local

    def _download(self) -> str:
        where = {"Bucket": self._parameters[BUCKET], "Key": self._parameters[KEY]}
        if self._parameters.get(VERSION):
            where["VersionId"] = self._parameters[VERSION]
        answer = self._connect("s3").get_object(**where)
        self._version = answer.get("VersionId", "")
        content: bytes = answer["Body"].read()
        return content.decode(errors="replace")

    def _refuse_what_is_not_there(self, error: Exception) -> None:
        if isinstance(error, ClientError):
            code = error.response.get("Error", {}).get("Code", "")
            if code in ("NoSuchKey", "NoSuchBucket", "NoSuchVersion", "AccessDenied"):
                raise ConnectorFailed("InvalidParameter", str(error)) from error

    def _service_line(self, name: str, line: bytes) -> None:
        self._journal.pass_on(line, origin=name, otherwise=Level.INFO)

    async def _report_status(self) -> None:
        """Log how the services are, as often as the connector's parameter says."""
        written = self._parameters.get(STATUS_FREQUENCY, "")
        interval_s = int(written) if written.isdecimal() and int(written) else STATUS_FREQUENCY_S
        while True:
            await asyncio.sleep(interval_s)
            for state in await self._services.states():
                self._say(Level.INFO, state)

    def _success(self) -> dict[str, Any]:
        return {
            "status": "success",
            "GreengrassDockerApplicationDeploymentStatus": (
                "Successfully triggered docker-compose up"
            ),
            "S3Bucket": self._parameters[BUCKET],
            "ComposeFileName": self._parameters[KEY],
            "ComposeFileVersion": self._version,
        }

    def _tell(self, message: Mapping[str, Any]) -> None:
        self._publish(STATUS_TOPIC, json.dumps(message).encode())

    def _say(self, level: Level, message: str) -> None:
        self._journal.write(level, ORIGIN, message)
        log.log(level, "%s: %s", ORIGIN, message)
