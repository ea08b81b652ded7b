"""A site as a value: where its parts are and how they are reached."""

from dataclasses import asdict, dataclass
from pathlib import Path

from harness.environments.site.links import Toxic, latency
from harness.environments.site.surface import REFERENCE, Surface

SERVICES = (
    "kinesis",
    "iotanalytics",
    "iot",
    "greengrass",
    "s3",
    "logs",
    "lambda",
    "iotsitewise",
)
"""The cloud services that the edge speaks to, each with a link of its own."""

REGION = "us-east-1"
LOOPBACK = "127.0.0.1"
DEVICE_TOPIC = "sensor_data"
"""On which the device on the site publishes readings."""


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
        ports: of functions and page: `sensor_api`, `aggregate_api`, `dashboard`, or those of a site file.
        latency_ms: round trip that is held on every link.
        environment: name of the edition that it stands in.
        surface: what runs on it.
        mqtt_port: where devices connect to; 0: nobody listens for them.
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
    environment: str = "local"
    surface: Surface = REFERENCE
    mqtt_port: int = 0

    @property
    def cloud_url(self) -> str:
        """LocalStack itself, past every link: for whoever reads what arrived."""
        return f"http://127.0.0.1:{self.cloud}"

    @property
    def root(self) -> Path:
        """The core's root folder."""
        return self.directory / "greengrass"

    @property
    def core_logs(self) -> Path:
        """The folder of the core's own logs."""
        return self.root / "ggc" / "var" / "log"

    @property
    def held(self) -> list[Toxic]:
        """What is held on every link as long as the site stands."""
        return latency(self.latency_ms, owner="scenario")

    def url(self, port: str) -> str:
        """The address of a port by its name."""
        return f"http://127.0.0.1:{self.ports[port]}"

    @property
    def urls(self) -> dict[str, str]:
        """The addresses of all pages by name; `page` is the one for people, which a site need not have."""
        pages = self.surface.pages.items()
        return {name: f"{self.url(port)}{path}" for name, (port, path) in pages}

    @property
    def mqtt(self) -> dict[str, object] | None:
        """What the device on the site needs to connect; None: there is no such device."""
        if not (self.surface.device and self.mqtt_port):
            return None
        files = self.root / "certs" / "devices" / self.surface.device
        return {
            "host": LOOPBACK,
            "port": self.mqtt_port,
            "ca": str(files / "group.ca.pem"),
            "certificate": str(files / "certificate.pem"),
            "key": str(files / "private.key"),
            "client_id": self.surface.device,
            "topic": DEVICE_TOPIC,
        }

    def to_json(self) -> dict[str, object]:
        """The form of `up --json FILE`."""
        plain = {
            key: str(value) if isinstance(value, Path) else value
            for key, value in asdict(self).items()
        }
        return {
            "format": 1,
            **plain,
            "cloud_url": self.cloud_url,
            "region": REGION,
            "urls": self.urls,
            "mqtt": self.mqtt,
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
        if "surface" in own:
            own["surface"] = Surface.from_json(own["surface"])  # type: ignore[arg-type]
        return cls(**own)  # type: ignore[arg-type]
