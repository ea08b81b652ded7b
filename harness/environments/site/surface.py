"""What runs on a site, as it is reached from outside: names of functions, ports and pages, and who makes the data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.fault.target import Target
from harness.scenario.site_file import PAGE, SiteFile


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchUrls:
    """The paths that begin and end the making of data.

    Attributes:
        port: by its name.
        method: of HTTP.
    """

    port: str
    start: str
    stop: str
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """See the module.

    Attributes:
        functions: for each process that is a function, the end of its name in Lambda.
        pages: for each page the name of its port, and its path; `page` is the one for people.
        sensors: the port of our sensor source; None: somebody else's functions make the data.
        device: name of the thing of the first device on the site; None: it has none.
        switch: what begins and ends their making of data; None: they make it as long as they run.
    """

    functions: Mapping[str, str]
    pages: Mapping[str, tuple[str, str]]
    sensors: str | None = None
    switch: SwitchUrls | None = None
    device: str | None = None

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Surface":
        """The surface that `dataclasses.asdict` described."""
        pages = {name: (port, path) for name, (port, path) in plain["pages"].items()}
        switch = SwitchUrls(**plain["switch"]) if plain["switch"] else None
        return cls(**{**plain, "pages": pages, "switch": switch})


REFERENCE = Surface(
    functions={
        Target.SENSOR_SOURCE: "-SensorSource",
        Target.STREAM_PRODUCER: "-StreamProducer",
        Target.STREAM_AGGREGATOR: "-StreamAggregator",
    },
    pages={
        PAGE: ("dashboard", "/"),
        "aggregates": ("aggregate_api", "/api/v1/aggregate"),
        "sensor_source": ("sensor_api", "/api/v1/sensor/data/status"),
    },
    sensors="sensor_api",
    device="greengrass-stream-mgr-accel_device",
)
"""That of our own functions."""


def surface_of(application: SiteFile | None) -> Surface:
    """That of what a site file names; of our functions where there is none."""
    if application is None:
        return REFERENCE
    switch = application.source
    pages = {
        name: (
            name,
            "/" if application.container is None or name != PAGE else application.container.path,
        )
        for name in application.ports
    }
    return Surface(
        functions={name: f"-{name}" for name in application.function_names},
        pages=pages,
        switch=None
        if switch is None
        else SwitchUrls(
            port=switch.port, start=switch.start, stop=switch.stop, method=str(switch.method)
        ),
        device=next((f"{application.stack}_{name}" for name in application.devices), None),
    )
