"""When a site with somebody else's functions stands: what its site file asks for, looked at from outside."""

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.parts import LOG_TAIL_LINES, RunningPart
from harness.environments.site.ports import LOOPBACK
from harness.environments.site.site import Site
from harness.environments.site.source import answers
from harness.environments.site.waiting_for_parts import wait_for
from harness.scenario.site_file import Ready, SiteFile
from harness.taps.tail import Tail

HOLDS_S = 0.3
"""A connection that is still open after this time has somebody at its other end."""


def wait_until_ready(site: Site, application: SiteFile, parts: Sequence[RunningPart]) -> None:
    """Return when everything is there that the site file waits for.

    Args:
        site: whose.
        application: what runs on it.
        parts: without which that will never be.

    Raises:
        EnvironmentUnavailable: something is not there in time, or a part ended.
    """
    streams = SeenStreams(site)
    seconds = application.ready_within_ms / 1000
    for ready in application.ready:
        condition, what = _asked(site, streams, ready)
        try:
            wait_for(condition, what, parts=parts, seconds=seconds)
        except EnvironmentUnavailable as error:
            # Why a function does not do its work stands in its own log.
            told = "\n".join(each for each in (error.mend, told_by_functions(site)) if each)
            raise EnvironmentUnavailable(error.what, told) from error


def told_by_functions(site: Site) -> str:
    """The end of each function's log; empty where there is none."""
    files = sorted((site.core_logs / "user").rglob("*.log"))
    own = [each for each in files if each.stem.endswith(tuple(site.surface.functions.values()))]
    return "\n".join(f"The end of {each}:\n{_end(each)}" for each in own)


def _end(log: Path) -> str:
    with suppress(OSError):
        lines = log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        return "\n".join(lines) or "(it printed nothing)"
    return "(it cannot be read)"


def _asked(site: Site, streams: "SeenStreams", ready: Ready) -> tuple[Callable[[], bool], str]:
    if ready.stream is not None:
        name = ready.stream
        return lambda: name in streams.names(), f"a function to create the stream {name}"
    assert ready.port is not None, "it is one of the two"
    port = site.ports[ready.port]
    if ready.path is None:
        return lambda: serves(port), f"port {port} ({ready.port}) to listen"
    url = f"{site.url(ready.port)}{ready.path}"
    return lambda: answers(url), f"{url} to answer"


def serves(port: int) -> bool:
    """Whether somebody listens on a port, and not only whoever publishes it for a container.

    A publisher accepts every connection, and closes it at once where nobody listens behind it.
    """
    with suppress(OSError), socket.create_connection((LOOPBACK, port), HOLDS_S) as connection:
        connection.settimeout(HOLDS_S)
        try:
            return connection.recv(1) != b""
        except TimeoutError:
            return True
    return False


class SeenStreams:
    """The streams that the edge tap has seen being created.

    Args:
        site: whose.
    """

    def __init__(self, site: Site) -> None:
        self._tail = Tail(site.witness / "edge-tap.jsonl")
        self._asked: dict[str, str] = {}
        self._names: set[str] = set()

    def names(self) -> set[str]:
        """Those until now."""
        while lines := self._tail.lines():
            for line in lines:
                self._take(line)
        return self._names

    def _take(self, line: dict[str, object]) -> None:
        if line.get("kind") != "create":
            return
        definition, identity = line.get("definition"), str(line["id"])
        if line["type"] == "invoked" and isinstance(definition, dict):
            self._asked[identity] = str(definition["name"])
        elif line["type"] == "ok" and identity in self._asked:
            self._names.add(self._asked[identity])
