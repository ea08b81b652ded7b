"""A site as a value: where its parts are, how they are reached; and the register of the sites of this machine."""

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil

from harness.environments.local.processes import kill_marked
from harness.environments.local.toxiproxy import Toxic, latency
from harness.tools.home import user_folder

SERVICES = ("kinesis", "iotanalytics", "iot", "greengrass", "s3", "logs", "lambda")
"""The cloud services that the edge speaks to, each with a link of its own."""

REGION = "us-east-1"

_PAGES = {
    "page": ("dashboard", "/"),
    "aggregates": ("aggregate_api", "/api/v1/aggregate"),
    "sensor_source": ("sensor_api", "/api/v1/sensor/data/status"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The ports of one service on its way: edge → uplink tap → Toxiproxy → cloud tap → cloud."""

    uplink_tap: int
    toxiproxy: int
    cloud_tap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Everything needed to reach a site that stands, and nothing that is only known to who stood it up.

    Attributes:
        name: of its folder in the register.
        directory: working files of its parts; removed with the site.
        witness: directory of the witnesses' records.
        logs: directory of the parts' logs.
        origin_monotonic_ns: CLOCK_MONOTONIC that all times of its history count from.
        origin_wall_ms: the wall clock at that moment, epoch milliseconds.
        cloud: port of LocalStack.
        toxiproxy: port of Toxiproxy's API.
        client_port: where functions find the stream manager (the edge tap).
        server_port: where the stream manager itself listens.
        links: the ports of each cloud service's link.
        ports: `sensor_api`, `aggregate_api`, `dashboard`.
        latency_ms: round trip that is held on every link.
    """

    name: str
    directory: Path
    witness: Path
    logs: Path
    origin_monotonic_ns: int
    origin_wall_ms: int
    cloud: int
    toxiproxy: int
    client_port: int
    server_port: int
    links: dict[str, Link]
    ports: dict[str, int]
    latency_ms: int = 0

    @property
    def cloud_url(self) -> str:
        """LocalStack itself, past every link: for whoever reads what arrived."""
        return f"http://127.0.0.1:{self.cloud}"

    @property
    def root(self) -> Path:
        """The core's root folder."""
        return self.directory / "greengrass"

    @property
    def held(self) -> list[Toxic]:
        """What is held on every link as long as the site stands."""
        return latency(self.latency_ms, owner="scenario")

    def url(self, port: str) -> str:
        """The address of `sensor_api`, `aggregate_api` or `dashboard`."""
        return f"http://127.0.0.1:{self.ports[port]}"

    def to_json(self) -> dict[str, object]:
        """The form of `up --json FILE`."""
        plain = {
            key: str(value) if isinstance(value, Path) else value
            for key, value in asdict(self).items()
        }
        urls = {name: f"{self.url(port)}{path}" for name, (port, path) in _PAGES.items()}
        return {
            "format": 1,
            **plain,
            "cloud_url": self.cloud_url,
            "region": REGION,
            "urls": urls,
        }

    @classmethod
    def from_json(cls, fields: dict[str, object]) -> "Site":
        """The site that `to_json` described."""
        own = {key: value for key, value in fields.items() if key in cls.__slots__}
        for key in ("directory", "witness", "logs"):
            own[key] = Path(str(own[key]))
        links = fields["links"]
        assert isinstance(links, dict)
        own["links"] = {service: Link(**ports) for service, ports in links.items()}
        return cls(**own)  # type: ignore[arg-type]


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
        _write(folder / "entry.json", asdict(entry))
        return folder

    def describe(self, site: Site) -> None:
        """Write down how the site is reached."""
        _write(self.folder(site.name) / "site.json", site.to_json())

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

    def remove(self, name: str) -> int:
        """Kill what runs of a site and forget it.

        Returns:
            How many processes had to be killed.
        """
        killed = kill_marked(lambda mark: mark == self.mark(name))
        shutil.rmtree(self.folder(name), ignore_errors=True)
        return killed

    def clean(self) -> list[str]:
        """Remove what interrupted runs left: sites whose owner is gone, and processes of no site at all.

        Returns:
            What was removed, a line each.
        """
        removed = []
        for entry in list(self.entries()):
            if entry.abandoned():
                killed = self.remove(entry.name)
                removed.append(f"site {entry.name}: {killed} processes")
        known = {self.mark(entry.name) for entry in self.entries()}
        ours = self.mark("")
        strays = kill_marked(lambda mark: mark.startswith(ours) and mark not in known)
        return [*removed, f"{strays} processes of no site"] if strays else removed


def _write(path: Path, fields: object) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(fields, indent=1))
    fresh.replace(path)
