"""A site file, as a value: somebody's own application on a site. The reference is generated from here."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from harness.fault.target import FUNCTION_NAME
from harness.scenario.events import StreamName
from harness.scenario.part import Part
from harness.scenario.problems import Problem
from harness.scenario.quantities import Duration, Size
from harness.scenario.variables import Port, Variable, Variables

SITE_NAME = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
SITE_LETTERS_MAX = 30
"""Everything in the cloud is called after it."""

FunctionName = Annotated[str, Field(pattern=f"^{FUNCTION_NAME}$")]
PortName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
UrlPath = Annotated[str, Field(pattern=r"^/[^\s]*$")]
CloudName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.-]{1,128}$")]

PAGE = "page"
"""How the port of the container's page is called, beside those of the functions."""


class Encoding(StrEnum):
    """How a handler gets a message."""

    JSON = "json"
    BINARY = "binary"


class Method(StrEnum):
    """How a switch is thrown."""

    GET = "GET"
    POST = "POST"


class FunctionPort(Part):
    """A port that a function listens on: a free one that it is told in a variable, or a fixed number."""

    variable: Variable | None = Field(
        default=None, description="The function's variable that the port is told in."
    )
    number: Port = Field(
        default=0,
        description="The port; 0 takes a free one. Two sites at once cannot have the same.",
    )

    @model_validator(mode="after")
    def _known_to_the_function(self) -> "FunctionPort":
        if self.variable is None and not self.number:
            raise PydanticCustomError(
                "port", "give it a `variable` that tells the function its port, or a `number`"
            )
        return self


class FunctionOnSite(Part):
    """A function for Greengrass v1, as a folder. A `requirements.txt` in it is installed into its bundle."""

    name: FunctionName = Field(
        description="By which subscriptions, `kill` and reports know it. Lambda knows it as `<site>-<name>`."
    )
    folder: str = Field(min_length=1, description="Its code, relative to this file.")
    handler: str = Field(
        pattern=r"^[A-Za-z_]\w*([./][A-Za-z_]\w*)+$",
        description="As Lambda writes it: `module.function`.",
    )
    pinned: bool = Field(
        strict=True,
        default=True,
        description="Long-lived: started with the core and kept. Otherwise started for messages, on demand.",
    )
    encoding: Encoding = Field(
        default=Encoding.JSON, description="How its handler gets a message: parsed, or as bytes."
    )
    timeout_ms: Duration = Field(
        default=3_000, alias="timeout", description="For each invocation; whole seconds."
    )
    memory_bytes: Size | None = Field(
        default=None,
        alias="memory",
        description="Stands in the group; the core does not enforce it, since functions run without a container.",
    )
    environment: Variables = Field(default={}, description="Its variables.")
    ports: dict[PortName, FunctionPort] = Field(
        default={},
        description="Ports that it listens on, each with a name of its own on the site.",
    )

    @model_validator(mode="after")
    def _whole_seconds(self) -> "FunctionOnSite":
        if not self.timeout_ms or self.timeout_ms % 1_000:
            raise PydanticCustomError("timeout", "`timeout` counts whole seconds; write 1s or more")
        return self


class SubscriptionOnSite(Part):
    """Who gets whose messages."""

    source: str = Field(description="The function or device that publishes, or `cloud`.")
    topic: str = Field(min_length=1, description="A topic filter; `+` and `#` as in MQTT.")
    target: str = Field(description="The function or device that gets them, or `cloud`.")


class CloudOfSite(Part):
    """What has to be there in the cloud: what the exporters of your streams name."""

    kinesis_streams: tuple[CloudName, ...] = Field(
        default=(), description="Kinesis data streams, one shard each."
    )
    iot_analytics_channels: tuple[Annotated[str, Field(pattern=r"^\w{1,128}$")], ...] = Field(
        default=(), description="IoT Analytics channels."
    )


class ContainerOnSite(Part):
    """Managed containers, brought by the connector DockerApplicationDeployment."""

    compose: str = Field(min_length=1, description="The compose file, relative to this file.")
    port: Port = Field(
        default=0, description="Port of this machine on which its page is shown; 0: it has none."
    )
    path: UrlPath = Field(default="/", description="Where on that port the page is.")


class Switch(Part):
    """URLs that begin and end the making of data. Not given: the functions make it as long as they run."""

    port: PortName = Field(description="Name of a function's port.")
    start: UrlPath = Field(description="Asked for when the run begins.")
    stop: UrlPath = Field(description="Asked for when everything has arrived.")
    method: Method = Field(default=Method.GET, description="How they are asked for.")


class Ready(Part):
    """One thing to wait for: a port that listens, a URL of it that answers, or a stream that exists."""

    port: PortName | None = Field(default=None, description="Name of a port, which has to listen.")
    path: UrlPath | None = Field(
        default=None, description="With `port`: this URL has to answer without an error."
    )
    stream: StreamName | None = Field(
        default=None, description="Name of a stream, which a function has to have created."
    )

    @model_validator(mode="after")
    def _one_thing(self) -> "Ready":
        if (self.port is None) == (self.stream is None):
            raise PydanticCustomError("ready", "give it one of `port` and `stream`")
        if self.path is not None and self.port is None:
            raise PydanticCustomError("ready", "`path` goes with `port`; name the port too")
        return self


class SiteFile(Part):
    """A site file: your own functions, and what they need."""

    site: str = Field(
        pattern=SITE_NAME,
        max_length=SITE_LETTERS_MAX,
        description="Its name: small letters, digits and single `_`.",
    )
    description: str = Field(default="", description="What it is, for whoever reads this.")
    functions: tuple[FunctionOnSite, ...] = Field(min_length=1, description="What runs on it.")
    subscriptions: tuple[SubscriptionOnSite, ...] = Field(
        default=(), description="Who gets whose messages."
    )
    devices: tuple[FunctionName, ...] = Field(
        default=(),
        description="Local client devices by name: each gets a thing with a certificate, in `certs/devices/` of the "
        "core, and may connect to it over MQTT.",
    )
    streams: tuple[StreamName, ...] = Field(
        default=(),
        description="Streams that the functions make, so that a scenario which names another one is told so. "
        "`up` waits for them.",
    )
    cloud: CloudOfSite = Field(default=CloudOfSite(), description="What has to be in the cloud.")
    stream_manager: Variables = Field(default={}, description="Variables of the stream manager.")
    container: ContainerOnSite | None = Field(default=None, description="Managed containers.")
    source: Switch | None = Field(default=None, description="How data is begun and ended.")
    ready: tuple[Ready, ...] = Field(
        default=(), description="When the site counts as standing, besides its core's deployment."
    )
    ready_within_ms: Duration = Field(
        default=60_000, alias="ready_within", description="How long that may take."
    )

    @property
    def stack(self) -> str:
        """The name of its stack."""
        return self.site.replace("_", "-")

    @property
    def ports(self) -> dict[str, int]:
        """Every port by its name, with the number that is asked for; 0: any."""
        own = {name: port.number for each in self.functions for name, port in each.ports.items()}
        page = self.container is not None and self.container.port
        return {**own, PAGE: int(page)} if page else own

    @property
    def function_names(self) -> tuple[str, ...]:
        """The names of its functions, in their order."""
        return tuple(each.name for each in self.functions)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSite:
    """A sound site file.

    Attributes:
        file: where it was read.
        content: as it stands there, for the artefacts of a run.
        warnings: what is doubtful about it.
    """

    file: Path
    content: bytes
    site: SiteFile
    warnings: tuple[Problem, ...]

    @property
    def base(self) -> Path:
        """The folder that its paths are relative to."""
        return self.file.parent
