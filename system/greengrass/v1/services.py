"""What runs the services of a compose file: as containers, or as processes where there is no Docker."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from system.greengrass.supervision.process import Launch
from system.greengrass.supervision.supervisor import Running, Supervisor
from system.greengrass.v1.background import in_thread
from system.greengrass.v1.compose import Service, parse_services
from system.greengrass.v1.compose_project import ComposeFailed, ComposeProject, ContainerState

Say = Callable[[str], None]


class Services(Protocol):
    """Runs the services of one compose file."""

    async def start(self, file: Path, *, pull: bool) -> Sequence[str]:
        """Start them, after whatever an earlier life of the core has left.

        Args:
            file: the compose file.
            pull: whether images are brought anew.

        Returns:
            Their names.

        Raises:
            ComposeRefused: the file cannot be run so.
            ComposeFailed: they cannot be started.
        """

    def running(self) -> Mapping[str, Running]:
        """Those that run, by name, as far as is known."""

    async def states(self) -> Sequence[str]:
        """How each of them is, a line each."""

    async def stop(self, grace_s: float, *, leave: bool) -> None:
        """End them, unless they are to be left."""


class ProcessServices:
    """Services as processes of the core.

    Args:
        directory: where they run.
        on_line: takes the name of a service and a line of its output.
        on_change: is called when one started or ended.
    """

    def __init__(
        self,
        directory: Path,
        *,
        on_line: Callable[[str, bytes], None],
        on_change: Callable[[], None],
    ) -> None:
        self._directory = directory
        self._on_line = on_line
        self._on_change = on_change
        self._supervisors: list[Supervisor] = []

    async def start(self, file: Path, *, pull: bool) -> Sequence[str]:
        """Start them."""
        services = parse_services(_text(file))
        self._supervisors = [self._supervise(service) for service in services]
        for supervisor in self._supervisors:
            supervisor.start()
        return [service.name for service in services]

    def running(self) -> Mapping[str, Running]:
        """Those that run, by name."""
        found = {each.name: each.running() for each in self._supervisors}
        return {name: running for name, running in found.items() if running is not None}

    async def states(self) -> Sequence[str]:
        """How each of them is, a line each."""
        running = self.running()
        return [
            f"{each.name} runs as process {running[each.name].pid}"
            if each.name in running
            else f"{each.name} does not run"
            for each in self._supervisors
        ]

    async def stop(self, grace_s: float, *, leave: bool) -> None:
        """End them: a process does not outlive the core."""
        for each in self._supervisors:
            await each.stop(grace_s)

    def _supervise(self, service: Service) -> Supervisor:
        launch = Launch(
            command=service.command,
            environment={**os.environ, "PYTHONUNBUFFERED": "1", **service.environment},
            directory=self._directory,
        )
        return Supervisor(
            service.name,
            launch,
            on_line=partial(self._service_line, service.name),
            on_change=self._on_change,
        )

    def _service_line(self, name: str, _channel: str, line: bytes) -> None:
        self._on_line(name, line)


def _text(file: Path) -> str:
    return file.read_text()


class ContainerServices:
    """Services as containers.

    Args:
        say: takes a line for the connector's log.
        on_change: is called when one started or ended.
    """

    def __init__(self, *, say: Say, on_change: Callable[[], None]) -> None:
        self._say = say
        self._on_change = on_change
        self._project: ComposeProject | None = None
        self._states: Sequence[ContainerState] = ()

    async def start(self, file: Path, *, pull: bool) -> Sequence[str]:
        """Pull, take down what is left of an earlier life, and start."""
        project = self._project = ComposeProject(file)
        await in_thread(project.prepare, name="compose prepare")
        if pull:
            try:
                await in_thread(project.pull, name="compose pull")
            except ComposeFailed as failed:
                self._say(f"Images cannot be brought, local ones are used: {failed}")
        await in_thread(lambda: project.down(grace_s=1), name="compose down")
        await in_thread(project.up, name="compose up")
        await self._look()
        return sorted({state.service for state in self._states})

    def running(self) -> Mapping[str, Running]:
        """Those that ran when they were looked at last."""
        return {each.service: each.running for each in self._states if each.running is not None}

    async def states(self) -> Sequence[str]:
        """How each of them is, a line each."""
        try:
            await self._look()
        except ComposeFailed as failed:
            return [f"The containers cannot be asked for: {failed}"]
        return [f"{each.service} is {each.status}" for each in self._states]

    async def stop(self, grace_s: float, *, leave: bool) -> None:
        """End them, unless they are to be left."""
        project, self._project = self._project, None
        if project is None:
            return
        project.cancel()
        if leave:
            return
        try:
            await in_thread(lambda: project.down(grace_s), name="compose down")
        except ComposeFailed as failed:
            self._say(f"The containers cannot be taken down: {failed}")
        self._states = ()
        self._on_change()

    async def _look(self) -> None:
        assert self._project is not None, "it was started"
        self._states = await in_thread(self._project.states, name="compose ps")
        self._on_change()
