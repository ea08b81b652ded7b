"""What may differ between two stacks."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from system.stack.application import Application, Environment
from system.stack.errors import BadInput

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# The longest name that is made from it, of a function, may have 64 letters.
NAME_LETTERS_MAX = 30
REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d")
STREAM_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,128}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
BUCKET_LETTERS_MAX = 63
PORTS = range(1, 65536)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackParameters:
    """The parameters of a stack.

    Attributes:
        name: prefix of everything in the cloud.
        region: where it is.
        sensor_source: environment of that function, merged over the defaults.
        stream_producer: the same.
        stream_aggregator: the same.
        stream_manager: environment of the stream manager.
        dashboard: environment of the managed container.
        sensor_api_port: where the sensor source listens.
        aggregate_api_port: where the stream aggregator listens.
        dashboard_port: port of the host on which the page is shown.
        kinesis_streams: Kinesis data streams besides AggregateData.
        application: what runs on the site in the place of the functions that come with this package; the parameters of
            those have no effect then.
    """

    name: str = "greengrass-stream-mgr-accel"
    region: str = "us-east-1"
    sensor_source: Environment = field(default_factory=dict)
    stream_producer: Environment = field(default_factory=dict)
    stream_aggregator: Environment = field(default_factory=dict)
    stream_manager: Environment = field(default_factory=dict)
    dashboard: Environment = field(default_factory=dict)
    sensor_api_port: int = 8180
    aggregate_api_port: int = 8181
    dashboard_port: int = 8082
    kinesis_streams: tuple[str, ...] = ()
    application: Application | None = None

    def to_json(self) -> dict[str, Any]:
        """As an object of JSON; `from_json` reads it."""
        application = self.application.to_json() if self.application else None
        own = {"kinesis_streams": list(self.kinesis_streams), "application": application}
        return {**asdict(self), **own}

    @classmethod
    def from_json(cls, document: Any, where: str = "parameters") -> "StackParameters":
        """The parameters in a parsed JSON document; what is left out keeps its default.

        Raises:
            BadInput: with everything that is wrong.
        """
        if not isinstance(document, dict):
            raise BadInput(where, ["has to be a JSON object"])
        problems = list(_problems(document))
        if problems:
            raise BadInput(where, problems)
        given = dict(document)
        if "kinesis_streams" in given:
            given["kinesis_streams"] = tuple(given["kinesis_streams"])
        if given.get("application") is not None:
            given["application"] = Application.from_json(given["application"])
        return cls(**given)


ENVIRONMENTS = (
    "sensor_source",
    "stream_producer",
    "stream_aggregator",
    "stream_manager",
    "dashboard",
)
PORT_PARAMETERS = ("sensor_api_port", "aggregate_api_port", "dashboard_port")
AGGREGATE_STREAM = "AggregateData"


def load_parameters(path: Path) -> StackParameters:
    """Read a file of parameters.

    Raises:
        BadInput: it cannot be read, or says what cannot be.
    """
    try:
        document = json.loads(path.read_text())
    except OSError as error:
        raise BadInput(str(path), [f"it cannot be read ({error.strerror})"]) from error
    except ValueError as error:
        raise BadInput(str(path), [f"it is not JSON ({error})"]) from error
    return StackParameters.from_json(document, str(path))


def _problems(document: Mapping[str, Any]) -> Iterator[str]:
    known = [each.name for each in fields(StackParameters)]
    for key in document:
        if key not in known:
            yield f"`{key}` is not known; known are {', '.join(known)}"
    yield from _name_problems(document)
    for key in ENVIRONMENTS:
        yield from _environment_problems(key, document.get(key, {}))
    yield from _port_problems(document)
    yield from _stream_problems(document.get("kinesis_streams", []))
    yield from _application_problems(document.get("application"))


def _name_problems(document: Mapping[str, Any]) -> Iterator[str]:
    name = document.get("name", StackParameters().name)
    region = document.get("region", StackParameters().region)
    named = isinstance(name, str) and NAME.fullmatch(name)
    if not named or len(name) > NAME_LETTERS_MAX:
        yield (
            f"`name` has to be small letters, digits and single hyphens, at most {NAME_LETTERS_MAX},"
            f" not {name!r}"
        )
    if not isinstance(region, str) or not REGION.fullmatch(region):
        yield f"`region` has to be a region such as us-east-1, not {region!r}"
    elif named and len(f"{name}-greengrass-source-{region}") > BUCKET_LETTERS_MAX:
        yield (
            f"`name` is too long for {region}: the bucket {name}-greengrass-source-{region} would"
            f" have more than {BUCKET_LETTERS_MAX} letters"
        )


def _environment_problems(key: str, given: Any) -> Iterator[str]:
    if not isinstance(given, dict):
        yield f"`{key}` has to be an object of strings"
        return
    for name, value in given.items():
        if not VARIABLE.fullmatch(name):
            yield f"`{key}.{name}` is not the name of a variable"
        if not isinstance(value, str):
            yield f'`{key}.{name}` has to be a string, such as "{value}"'


def _port_problems(document: Mapping[str, Any]) -> Iterator[str]:
    ports = {key: document.get(key, getattr(StackParameters(), key)) for key in PORT_PARAMETERS}
    for key, port in ports.items():
        if isinstance(port, bool) or not isinstance(port, int) or port not in PORTS:
            yield f"`{key}` has to be a port, {PORTS[0]} to {PORTS[-1]}, not {port!r}"
    if len({str(port) for port in ports.values()}) < len(ports):
        yield f"{', '.join(f'`{key}`' for key in ports)} have to be three different ports"


def _stream_problems(given: Any) -> Iterator[str]:
    if not isinstance(given, list | tuple):
        yield "`kinesis_streams` has to be a list of names"
        return
    for name in given:
        if not isinstance(name, str) or not STREAM_NAME.fullmatch(name):
            yield f"`kinesis_streams`: {name!r} is not the name of a Kinesis data stream"
        elif name == AGGREGATE_STREAM or given.count(name) > 1:
            yield f"`kinesis_streams`: {name} is there anyway"


def _application_problems(given: Any) -> Iterator[str]:
    if given is None:
        return
    try:
        Application.from_json(given)
    except (KeyError, TypeError) as error:
        yield f"`application` is not as a site file gives it ({error}); deploy with --site FILE instead"
