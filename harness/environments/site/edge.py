"""The core of a site, wherever it runs: what it is given, and what it tells of itself."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.parts import LOG_TAIL_LINES, RunningPart
from harness.environments.site.ports import LOOPBACK
from harness.environments.site.site import REGION, Site
from harness.environments.site.waiting_for_parts import wait_for
from harness.fault.target import Target

READY_S = 90.0
STOP_S = 10.0
"""The core says that it ends within 5 s."""

POLL_S = 5

# How boto3 calls the services whose links are called otherwise.
_ENDPOINT_NAMES = {"logs": "CLOUDWATCH_LOGS"}


def cloud_variables(uplinks: Mapping[str, int]) -> dict[str, str]:
    """The variables that make boto3 reach each cloud service over its own link, and no other cloud.

    Args:
        uplinks: for each service the port of the edge's loopback where its way begins.
    """
    endpoints = {
        f"AWS_ENDPOINT_URL_{_ENDPOINT_NAMES.get(service, service.upper())}": (
            f"http://{LOOPBACK}:{port}"
        )
        for service, port in uplinks.items()
    }
    return {
        **endpoints,
        "PYTHONUNBUFFERED": "1",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def options(server_port: int, client_port: int, stream_manager: str | None) -> list[str]:
    """What the core's command line says in every edition.

    Args:
        server_port: where the stream manager listens.
        client_port: where functions find it, the edge tap.
        stream_manager: command that is run in its place.
    """
    replaced = ["--stream-manager", stream_manager] if stream_manager else []
    return [
        *("--stream-manager-port", str(server_port)),
        *("--stream-manager-client-port", str(client_port)),
        *("--poll-interval", str(POLL_S)),
        *replaced,
    ]


def wait_for_group(
    site: Site, parts: Sequence[RunningPart], server_listens: Callable[[], bool]
) -> None:
    """Return when the core's deployment is carried out and the stream manager listens.

    Args:
        site: whose.
        parts: without which that will never be.
        server_listens: whether the stream manager accepts connections.

    Raises:
        EnvironmentUnavailable: it ended, did not get there in time, or could not run all of its group.
    """
    wait_for(
        lambda: state(site, "deployment.json"),
        "the core to run its group",
        parts=parts,
        seconds=READY_S,
    )
    status = state(site, "deployment.json")
    if status.get("status") != "Success":
        what = f"The core cannot run its group: {status.get('error')}"
        if server_listens():
            raise EnvironmentUnavailable(what, f"Its logs are in {site.logs}")
        # A stream manager that is not there has the last word.
        told = f"The end of the stream manager's log:\n{_stream_manager_tail(site)}"
        raise EnvironmentUnavailable(what, told)


def _stream_manager_tail(site: Site) -> str:
    printed: list[str] = []
    with suppress(OSError):
        log = site.core_logs / "system" / "GGStreamManager.log"
        printed = log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
    return "\n".join(printed) or "(it printed nothing)"


def state(site: Site, name: str) -> dict[str, Any]:
    """A file of the core's state, which is replaced whole; empty where there is none yet."""
    return _read(site.root / "ggc/var/state" / name)


def _read(file: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        document = json.loads(file.read_text())
        return document if isinstance(document, dict) else {}
    return {}


def listed_processes(site: Site) -> dict[str, Mapping[str, Any]]:
    """What the core says that it runs: `pid` as it sees it, `started` in epoch seconds, `restarts`."""
    listed = state(site, "processes.json")
    found: dict[str, Mapping[str, Any]] = {}
    if listed.get("stream_manager"):
        found[Target.STREAM_MANAGER] = listed["stream_manager"]
    for function in (listed.get("functions") or {}).values():
        for target, suffix in site.surface.functions.items():
            if str(function.get("name")).endswith(suffix):
                found[target] = function
    return found
