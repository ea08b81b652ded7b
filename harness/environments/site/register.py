"""The register of the sites of this machine: one folder each, found again by whoever comes after."""

import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.marked_containers import EngineUnreachable, remove_labelled
from harness.environments.site.processes import kill_marked
from harness.environments.site.site import Site
from harness.placing import put
from harness.tools.home import user_folder

CONTAINERS = "containers"
"""The name of the edition whose sites have containers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One site in the register.

    Attributes:
        owner: process id of the harness that stands it up or runs it; None for one that `up` left standing.
        owner_started: start time of that process, since ids are used again.
    """

    name: str
    owner: int | None = None
    owner_started: float | None = None

    def abandoned(self) -> bool:
        """Whether its owner is gone without having taken it down."""
        if self.owner is None:
            return False
        try:
            return psutil.Process(self.owner).create_time() != self.owner_started
        except psutil.NoSuchProcess:
            return True


def owned(name: str) -> Entry:
    """The entry of a site that belongs to this process."""
    process = psutil.Process()
    return Entry(name=name, owner=process.pid, owner_started=process.create_time())


def state_directory() -> Path:
    """Where sites of this user are registered: `$XDG_STATE_HOME/stream-chaos/sites`.

    Raises:
        EnvironmentUnavailable: there is no place for it.
    """
    state = user_folder("XDG_STATE_HOME", ".local/state", instead="XDG_STATE_HOME")
    return state / "stream-chaos" / "sites"


def fresh_name(now: datetime | None = None) -> str:
    """A name for a new site: its time, and something that two at once do not share."""
    moment = now or datetime.now(UTC)
    return f"{moment:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


@dataclass(frozen=True, slots=True)
class Register:
    """The sites of this user on this machine, one folder each."""

    directory: Path = field(default_factory=state_directory)

    def folder(self, name: str) -> Path:
        """The folder of one site."""
        return self.directory / name

    def mark(self, name: str) -> str:
        """What the processes of a site carry: its folder, so that another register's sites are not ours to clean."""
        return f"{self.directory}/{name}"

    def enter(self, entry: Entry) -> Path:
        """Write an entry down, before anything of its site is started."""
        folder = self.folder(entry.name)
        folder.mkdir(parents=True, exist_ok=True)
        put(folder, "entry.json", json.dumps(asdict(entry), indent=1))
        return folder

    def describe(self, site: Site) -> None:
        """Write down how the site is reached."""
        put(self.folder(site.name), "site.json", json.dumps(site.to_json(), indent=1))

    def entries(self) -> Iterator[Entry]:
        """All sites, the oldest first."""
        for folder in sorted(self.directory.glob("*")):
            with suppress(OSError, ValueError, TypeError):
                yield Entry(**json.loads((folder / "entry.json").read_text()))

    def standing(self) -> list[Site]:
        """The sites that `up` left standing, the oldest first."""
        return [site for entry, site in self.described() if entry.owner is None]

    def described(self) -> Iterator[tuple[Entry, Site]]:
        """The sites that it is known of how they are reached, also those on their way up, the oldest first."""
        for entry in self.entries():
            with suppress(OSError, ValueError, TypeError, KeyError):
                text = (self.folder(entry.name) / "site.json").read_text()
                yield entry, Site.from_json(json.loads(text))

    def remove(self, name: str) -> "Removed":
        """End what runs of a site, processes and containers, and forget it.

        Returns:
            How much there was.

        Raises:
            EnvironmentUnavailable: it has containers, and no engine answers.
        """
        removed = self._end(lambda mark: mark == self.mark(name), self._in_containers(name))
        shutil.rmtree(self.folder(name), ignore_errors=True)
        return removed

    def clean(self) -> list[str]:
        """Remove what interrupted runs left: sites whose owner is gone, and what runs of no site at all.

        Returns:
            What was removed, a line each.

        Raises:
            EnvironmentUnavailable: a site has containers, and no engine answers.
        """
        removed = [
            f"site {entry.name}: {self.remove(entry.name)}"
            for entry in list(self.entries())
            if entry.abandoned()
        ]
        known = {self.mark(entry.name) for entry in self.entries()}
        ours = self.mark("")
        strays = self._end(lambda mark: mark.startswith(ours) and mark not in known, needed=False)
        return [*removed, f"{strays} of no site"] if strays else removed

    def _in_containers(self, name: str) -> bool:
        return any(
            entry.name == name and site.environment == CONTAINERS
            for entry, site in self.described()
        )

    @staticmethod
    def _end(belongs: Callable[[str], bool], needed: bool) -> "Removed":
        # Processes first: a harness that is left would start more containers.
        killed = kill_marked(belongs)
        try:
            containers = remove_labelled(belongs)
        except EngineUnreachable as error:
            if needed:
                raise EnvironmentUnavailable(
                    f"The site's containers cannot be removed: no Docker engine answers ({error})",
                    "Start it and repeat this",
                ) from error
            containers = 0
        return Removed(processes=killed, containers=containers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What was ended of a site."""

    processes: int
    containers: int = 0

    def __bool__(self) -> bool:
        return bool(self.processes or self.containers)

    def __str__(self) -> str:
        containers = [f"{self.containers} containers"] if self.containers else []
        processes = [f"{self.processes} processes"] if self.processes or not containers else []
        return " and ".join([*processes, *containers])
