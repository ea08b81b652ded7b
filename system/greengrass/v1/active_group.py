"""A deployment that runs: its functions, its connectors, and the routes between them."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from system.greengrass.logs.journal import Journal, LogBook, Policy
from system.greengrass.logs.level import Level
from system.greengrass.router.router import Publication, Router, Target
from system.greengrass.supervision.supervisor import Running
from system.greengrass.v1.arns import CLOUD, ConnectorArn, FunctionArn, parse_function_arn
from system.greengrass.v1.cloud_group import Connect
from system.greengrass.v1.configuration import CoreConfiguration
from system.greengrass.v1.devices import Devices
from system.greengrass.v1.docker_application import Containers, DockerApplication
from system.greengrass.v1.environment import FunctionSurroundings, worker_launch
from system.greengrass.v1.group import Connector, Function, Group
from system.greengrass.v1.host import FunctionHost
from system.greengrass.v1.layout import (
    Layout,
    connector_log,
    connector_log_group,
    function_log,
    function_log_group,
)
from system.greengrass.v1.scaling import PINNED, on_demand
from system.greengrass.v1.spool import CloudSpool
from system.greengrass.v1.tokens import Tokens
from system.greengrass.v1.work import WorkBudget

log = logging.getLogger(__name__)

STOP_GRACE_S = 1.0
CONNECTOR_S = 75.0
DEVICES_SHARE = 0.5
"""Of all invocations that may wait, so many may come from devices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """What a deployment is run with.

    Attributes:
        containers: what stands for a container.
        connect: makes a boto3 client.
        devices: those of the group, by the broker.
        on_change: is called when a process started or ended.
    """

    configuration: CoreConfiguration
    layout: Layout
    logs: LogBook
    surroundings: FunctionSurroundings
    containers: Containers
    connect: Connect
    devices: Devices
    tokens: Tokens
    on_change: Callable[[], None]


class ActiveGroup:
    """Runs one group until it is stopped."""

    def __init__(self, group: Group, equipment: Equipment) -> None:
        self.group = group
        self._equipment = equipment
        self._budget = WorkBudget(equipment.configuration.work_items_max)
        self._tokens: dict[str, FunctionHost] = {}
        self._hosts = {function.arn: self._host(function) for function in group.functions}
        self._spool = CloudSpool(
            lambda: equipment.connect("iot-data"), bytes_max=group.spool_bytes_max
        )
        targets: dict[str, Target] = {
            **self._hosts,
            **equipment.devices.targets(group),
            CLOUD: self._spool,
        }
        self.router = Router(group.subscriptions, targets)
        self._connectors = {each.arn.arn: self._connector(each) for each in group.connectors}

    def start(self) -> None:
        """Start everything."""
        self._spool.start()
        for host in self._hosts.values():
            host.start()
        for connector in self._connectors.values():
            connector.start()

    async def started(self, seconds: float) -> list[str]:
        """Wait until everything that is always there is ready.

        Args:
            seconds: that functions have; a connector has longer, for it may have to bring images.

        Returns:
            What went wrong.
        """
        functions = {host.function.name: host.started for host in self._hosts.values()}
        connectors = {arn: connector.started for arn, connector in self._connectors.items()}
        longer = max(seconds, CONNECTOR_S)
        both = await asyncio.gather(_problems(functions, seconds), _problems(connectors, longer))
        return [problem for problems in both for problem in problems]

    async def stop(self) -> None:
        """Stop everything, all at once."""
        self._spool.stop()
        await asyncio.gather(
            *(host.stop(STOP_GRACE_S) for host in self._hosts.values()),
            *(connector.stop(STOP_GRACE_S) for connector in self._connectors.values()),
        )

    def has_room(self) -> bool:
        """Whether functions take more messages of devices, which can wait: what functions publish finds the rest."""
        return self._budget.waiting < self._budget.limit * DEVICES_SHARE

    def hosts(self) -> Mapping[str, FunctionHost]:
        """The functions by ARN."""
        return self._hosts

    def owner_of(self, token: str) -> FunctionHost | None:
        """The function that a token was given to."""
        return self._tokens.get(token)

    def host_of(self, arn: str) -> FunctionHost | None:
        """The function that is meant by an ARN; one without version means the one that is deployed."""
        if arn in self._hosts:
            return self._hosts[arn]
        fields = parse_function_arn(arn)
        if fields is None or fields.qualifier:
            return None
        found = [
            host
            for host in self._hosts.values()
            if host.function.fields.unqualified == fields.unqualified
        ]
        return found[0] if len(found) == 1 else None

    def processes(self) -> dict[str, Any]:
        """The processes of this moment, for `processes.json`."""
        containers: dict[str, Running] = {}
        for connector in self._connectors.values():
            containers |= connector.running()
        return {
            "functions": {
                arn: _function_processes(host)
                for arn, host in self._hosts.items()
                if host.workers()
            },
            "containers": {
                name: {"pid": each.pid, "started": each.started, "restarts": each.restarts}
                for name, each in containers.items()
            },
        }

    def _host(self, function: Function) -> FunctionHost:
        token = self._equipment.tokens.of(function.arn)
        limits = self._equipment.configuration
        host = FunctionHost(
            function,
            scaling=PINNED
            if function.pinned
            else on_demand(limits.workers_max, limits.idle_workers_max),
            budget=self._budget,
            launch=lambda worker: worker_launch(
                function,
                self._equipment.surroundings,
                token=token,
                worker=worker,
                work=self._equipment.layout.function_work(function.fields),
            ),
            journal=self._function_journal(function.fields),
            on_change=self._equipment.on_change,
        )
        self._tokens[token] = host
        return host

    def _function_journal(self, fields: FunctionArn) -> Journal:
        return self._equipment.logs.journal(
            function_log(fields),
            group=function_log_group(fields),
            policy=self.group.loggers.functions,
        )

    def _connector_journal(self, arn: ConnectorArn) -> Journal:
        return self._equipment.logs.journal(
            connector_log(arn.region, arn.name),
            group=connector_log_group(arn.region, arn.name),
            policy=self.group.loggers.functions,
        )

    def _connector(self, connector: Connector) -> DockerApplication:
        return DockerApplication(
            connector,
            containers=self._equipment.containers,
            connect=self._equipment.connect,
            directory=self._equipment.layout.work / "connectors" / connector.arn.name,
            publish=partial(self._publish_as, connector.arn.arn),
            journal=self._connector_journal(connector.arn),
            on_change=self._equipment.on_change,
        )

    def _publish_as(self, source: str, topic: str, payload: bytes) -> None:
        # That nobody subscribed to a connector's status is usual, and not worth a warning.
        if self.router.targets_of(source, topic):
            self.router.publish(Publication(source=source, topic=topic, payload=payload))


async def _problems(waits: Mapping[str, "asyncio.Future[str]"], seconds: float) -> list[str]:
    """What went wrong with those that are waited for, so many seconds at most."""
    if waits:
        await asyncio.wait(waits.values(), timeout=seconds)
    found = [_problem(name, outcome, seconds) for name, outcome in waits.items()]
    return [problem for problem in found if problem]


def _problem(name: str, outcome: "asyncio.Future[str]", seconds: float) -> str:
    if outcome.done():
        return outcome.result()
    return f"{name} was not ready within {seconds:g} s"


def _function_processes(host: FunctionHost) -> dict[str, Any]:
    workers = host.workers()
    return {
        "pid": workers[0].pid,
        "name": host.function.name,
        "started": workers[0].started,
        "restarts": host.restarts,
        "pinned": host.function.pinned,
        "pids": [worker.pid for worker in workers],
    }


def least_level(policies: Iterable[Policy]) -> Level:
    """The least level that any of them keeps: what a process has to tell at all."""
    levels = [
        level
        for policy in policies
        for level in (policy.file_level, policy.cloud_level)
        if level is not None
    ]
    return min(levels, default=Level.INFO)
