"""The Docker engine, by way of testcontainers: starts what a recipe says, and tells in a sentence why it cannot."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import psutil
from docker.errors import APIError, DockerException, NotFound
from docker.models.containers import Container
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from harness.environments.containers.topology import ENGINE_SOCKET, LOOPBACK, Recipe, name_of
from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.parts import tail

# Its reaper would be one more image to have, and it removes only what this process started. We go by labels.
testcontainers_config.ryuk_disabled = True

ALIVE = ("running", "paused")
UNIX = "unix://"


class ContainerPart:
    """A container of a site that was started.

    Args:
        name: what it is, to begin a sentence with.
        container: as the Docker library has it.
    """

    def __init__(self, name: str, container: Container) -> None:
        self.name = name
        self.container = container
        self._init: psutil.Process | None = None

    @property
    def told_in(self) -> str:
        """Where its output is."""
        return f"the log of the container {self.container.name}"

    @property
    def id(self) -> str:
        """Of the container."""
        return str(self.container.id)

    def state(self) -> Mapping[str, Any]:
        """What the engine says of it now; empty when there is no such container any more."""
        try:
            self.container.reload()
        except NotFound:
            return {}
        state: Mapping[str, Any] = self.container.attrs["State"]
        return state

    def alive(self) -> bool:
        """Whether it still runs."""
        return self.init() is not None

    def init(self) -> psutil.Process | None:
        """Its first process, as this machine has it; None when it does not run.

        The engine is only asked when the one that was known is gone: this is wanted many times a second.
        """
        if self._init is None or not _runs(self._init):
            state = self.state()
            pid = int(state.get("Pid", 0)) if state.get("Status") in ALIVE else 0
            self._init = None
            with suppress(psutil.NoSuchProcess):
                self._init = psutil.Process(pid) if pid else None
        return self._init

    def printed(self) -> str:
        """All of its output so far."""
        with suppress(APIError):
            return bytes(self.container.logs()).decode(errors="replace")
        return ""

    def died(self) -> EnvironmentUnavailable:
        """The error to raise when it ended although it should not have."""
        status = self.state().get("ExitCode", "unknown")
        return EnvironmentUnavailable(
            f"{self.name} ended with status {status} while the site was being stood up",
            f"The end of {self.told_in}:\n{tail(self)}",
        )

    def run(self, command: list[str]) -> tuple[int, str]:
        """Run a command in it.

        Returns:
            Its exit status and its output.
        """
        status, output = self.container.exec_run(command)
        return int(status), bytes(output).decode(errors="replace")

    def stop(self, seconds: float) -> None:
        """Ask it to stop, and make it when it does not."""
        with suppress(NotFound):
            self.container.stop(timeout=round(seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteEngine:
    """What starts the containers of one site.

    Attributes:
        site: its name.
        labels: that everything of it carries.
    """

    site: str
    labels: Mapping[str, str]

    def network(self, part: str) -> Network:
        """Make a network of the site.

        Raises:
            EnvironmentUnavailable: it cannot be made.
        """
        network = Network(docker_network_kw={"labels": dict(self.labels)})
        network.name = name_of(self.site, part)
        with _told(f"The network {network.name}"):
            return network.create()

    def container(self, recipe: Recipe) -> DockerContainer:
        """The container of a recipe, not yet started."""
        return self.equip(DockerContainer(recipe.image), recipe)

    def equip(self, container: DockerContainer, recipe: Recipe) -> DockerContainer:
        """Give a container all that its recipe says."""
        container.with_name(name_of(self.site, recipe.part))
        if recipe.command:
            container.with_command(list(recipe.command))
        container.with_envs(**recipe.environment)
        if recipe.network:
            network = Network()
            network.name = name_of(self.site, recipe.network)
            container.with_network(network).with_network_aliases(recipe.host)
        for inside, outside in recipe.ports.items():
            container.ports[f"{inside}/tcp"] = cast(Any, (LOOPBACK, outside))
        for here, there in recipe.mounts.items():
            container.with_volume_mapping(here, there, "rw")
        return container.with_kwargs(labels=dict(self.labels), **recipe.settings)

    def start(self, recipe: Recipe, container: DockerContainer | None = None) -> ContainerPart:
        """Start a container.

        Args:
            recipe: what it is.
            container: made of the recipe already.

        Raises:
            EnvironmentUnavailable: it cannot be started, or is not ready in time.
        """
        made = container or self.container(recipe)
        with _told(recipe.title):
            try:
                made.start()
            except TimeoutError as late:
                part = ContainerPart(recipe.title, made.get_wrapped_container())
                raise EnvironmentUnavailable(
                    f"{recipe.title} was not ready in time",
                    f"Is the machine very busy? The end of {part.told_in}:\n{tail(part)}",
                ) from late
        return ContainerPart(recipe.title, made.get_wrapped_container())


def _runs(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except DockerException as error:
        reason = getattr(error, "explanation", None) or str(error)
        raise EnvironmentUnavailable(f"{what} cannot be started: {reason}") from error


def engine_socket() -> Path:
    """The engine's socket on this machine, which the core is given for the managed container."""
    host = os.environ.get("DOCKER_HOST", "")
    return Path(host.removeprefix(UNIX)) if host.startswith(UNIX) else ENGINE_SOCKET
