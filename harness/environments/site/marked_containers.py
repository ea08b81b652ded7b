"""What a Docker engine holds of a site: containers, networks and volumes, found again by their label.

As processes carry the mark of their site in their environment, these carry it as a label. So whoever cleans up needs to
know nothing of the edition that made them.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.waiting import wait_until

LABEL = "stream-chaos.site"
GONE_S = 30.0
AT_ONCE = 8
UNIX = "unix://"
DEFAULT = f"{UNIX}/var/run/docker.sock"

Described = dict[str, Any]
"""A container, network or volume as the engine lists it."""


@dataclass(eq=False)
class EngineUnreachable(Exception):
    """No Docker engine answers."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@contextmanager
def engine() -> Iterator[Any]:
    """A client of the engine.

    Raises:
        EngineUnreachable: none answers.
    """
    place = os.environ.get("DOCKER_HOST") or DEFAULT
    # Most machines without an engine are told apart by this, before a library is loaded for a third of a second.
    if place.startswith(UNIX) and not Path(place.removeprefix(UNIX)).exists():
        raise EngineUnreachable(f"there is no {place.removeprefix(UNIX)}")
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env()
    except DockerException as error:
        raise EngineUnreachable(str(error)) from error
    with closing(client):
        try:
            client.ping()
        except Exception as error:
            raise EngineUnreachable(str(error)) from error
        yield client


def remove_labelled(belongs: Callable[[str], bool]) -> int:
    """Remove everything whose mark satisfies `belongs`, and what comes of it meanwhile.

    Returns:
        How many containers there were.

    Raises:
        EngineUnreachable: no engine answers.
        WaitedInVain: something cannot be removed.
    """
    with engine() as client:
        api = client.api
        removed: set[str] = set()

        def none_left() -> bool:
            containers = _marked(api.containers(all=True, filters=_LABELLED), belongs)
            removed.update(each["Id"] for each in containers)
            _all(containers, lambda each: api.remove_container(each["Id"], force=True, v=True))
            # A network is only free when its containers are gone.
            networks = _marked(api.networks(filters=_LABELLED), belongs)
            _all(networks, lambda each: api.remove_network(each["Id"]))
            volumes = _marked(api.volumes(filters=_LABELLED)["Volumes"], belongs)
            _all(volumes, lambda each: api.remove_volume(each["Name"], force=True))
            return not (containers or networks or volumes)

        wait_until(none_left, seconds=GONE_S, what="the containers of a site to be gone")
        return len(removed)


def labelled(belongs: Callable[[str], bool]) -> list[str]:
    """The names of everything whose mark satisfies `belongs`: containers, networks, volumes.

    Raises:
        EngineUnreachable: no engine answers.
    """
    with engine() as client:
        api = client.api
        containers = _marked(api.containers(all=True, filters=_LABELLED), belongs)
        others = [
            *api.networks(filters=_LABELLED),
            *(api.volumes(filters=_LABELLED)["Volumes"] or ()),
        ]
        return [
            *(str(each["Names"][0]).lstrip("/") for each in containers),
            *(str(each["Name"]) for each in _marked(others, belongs)),
        ]


def keep_logs(belongs: Callable[[str], bool], folder: Path) -> None:
    """Write what the containers printed whose mark satisfies `belongs`, a file each.

    Raises:
        EngineUnreachable: no engine answers.
        OSError: a file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with engine() as client:
        for each in _marked(client.api.containers(all=True, filters=_LABELLED), belongs):
            name = str(each["Names"][0]).lstrip("/")
            with suppress(Exception):
                printed = client.api.logs(each["Id"], timestamps=True)
                (folder / f"{_short(name)}.log").write_bytes(printed)


def _short(name: str) -> str:
    """The part of a container's name that is not its site's."""
    found = _OF_A_SITE.match(name)
    return name[found.end() :] if found else name


_OF_A_SITE = re.compile(r"stream-chaos-\d{8}t\d{6}-[0-9a-f]+-")
_LABELLED = {"label": LABEL}


def _marked(found: Sequence[Described] | None, belongs: Callable[[str], bool]) -> list[Described]:
    return [each for each in found or () if belongs((each.get("Labels") or {}).get(LABEL, ""))]


def _all(found: Sequence[Described], remove: Callable[[Described], object]) -> None:
    def try_to(each: Described) -> None:
        # Somebody else may be quicker, or a container may still be in a network: it is looked at again.
        with suppress(Exception):
            remove(each)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(try_to, found))
