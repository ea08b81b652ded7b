"""The site that a load goes to, as `stream-chaos up --json FILE` describes it."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.commands.outcome import CommandFailed, ExitStatus

LOOPBACK = "127.0.0.1"
ANSWER_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """The MQTT broker of a site, and what a device has to show there.

    Attributes:
        ca, certificate, key: files.
    """

    host: str
    port: int
    ca: Path
    certificate: Path
    key: Path
    client_id: str
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSite:
    """What a load has to know of a site.

    Attributes:
        name: of the site.
        stream_manager: its port on the loopback.
        toxiproxy: port of Toxiproxy's API, which is there as long as the site is.
        cloud_url: of the cloud, past every link.
        sensor_api, aggregate_api: base URLs of our functions' HTTP APIs; empty on a site of somebody's own.
        broker: None where devices cannot publish.
    """

    name: str
    stream_manager: int
    toxiproxy: int
    cloud_url: str
    region: str
    sensor_api: str
    aggregate_api: str
    broker: Broker | None


def read_site(file: str | None) -> LoadSite:
    """The site that a file describes.

    Raises:
        CommandFailed: no file is named, it is not there, or it describes no site.
    """
    if not file:
        raise CommandFailed(
            "Which site? Set STREAM_CHAOS_SITE=FILE, as `stream-chaos up --json FILE` writes it.",
            ExitStatus.BAD_INPUT,
        )
    try:
        fields = json.loads(Path(file).read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandFailed(
            f"There is no site: {file} cannot be read ({error.strerror}); "
            f"`stream-chaos up --json {file}` stands one up.",
            ExitStatus.NO_ENVIRONMENT,
        ) from error
    except ValueError as error:
        raise _no_description(file, "it is no JSON") from error
    try:
        return _site(fields)
    except (KeyError, TypeError, ValueError) as error:
        raise _no_description(file, f"it lacks or garbles {error}") from error


def _no_description(file: str, why: str) -> CommandFailed:
    return CommandFailed(
        f"{file} describes no site: {why}; `stream-chaos up --json {file}` writes such a file.",
        ExitStatus.BAD_INPUT,
    )


def _site(fields: Mapping[str, Any]) -> LoadSite:
    ports = fields["ports"]
    return LoadSite(
        name=str(fields["name"]),
        stream_manager=int(fields["client_port"]),
        toxiproxy=int(fields["toxiproxy"]),
        cloud_url=str(fields["cloud_url"]),
        region=str(fields["region"]),
        sensor_api=_base(ports, "sensor_api"),
        aggregate_api=_base(ports, "aggregate_api"),
        broker=_broker(fields["mqtt"]) if fields.get("mqtt") else None,
    )


def _base(ports: Mapping[str, Any], name: str) -> str:
    return f"http://{LOOPBACK}:{int(ports[name])}" if name in ports else ""


def _broker(fields: Mapping[str, Any]) -> Broker:
    ca, certificate, key = (Path(str(fields[name])) for name in ("ca", "certificate", "key"))
    return Broker(
        host=str(fields["host"]),
        port=int(fields["port"]),
        ca=ca,
        certificate=certificate,
        key=key,
        client_id=str(fields["client_id"]),
        topic=str(fields["topic"]),
    )


def check_standing(site: LoadSite) -> None:
    """Look whether the site is there. Its stream manager is not asked: whoever connects to it is a recorded client.

    Raises:
        CommandFailed: nobody listens where its Toxiproxy should.
    """
    try:
        socket.create_connection((LOOPBACK, site.toxiproxy), ANSWER_S).close()
    except OSError as error:
        raise CommandFailed(
            f"The site {site.name} is not there: nobody listens on port {site.toxiproxy}; "
            "`stream-chaos up` stands one up.",
            ExitStatus.NO_ENVIRONMENT,
        ) from error
