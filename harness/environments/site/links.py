"""Toxiproxy, the one place that speaks to it.

`toxiproxy-python` keeps the address of the server in a class and knows no time-outs: both are set right here. Only
deterministic commands are sent: `jitter` and `toxicity` draw from a generator of the server that nobody can seed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import requests
import toxiproxy.api
from toxiproxy import Toxiproxy
from toxiproxy.proxy import Proxy

from harness.environments.errors import EnvironmentUnavailable, InjectionFailed
from harness.environments.site.ports import LOOPBACK
from harness.fault.direction import Lost

# Removing a latency toxic may hold the server's answer for as long as 5 s.
CALL_TIMEOUT_S = 10.0
VERSION_TIMEOUT_S = 1.0

UPSTREAM, DOWNSTREAM = "upstream", "downstream"
_STREAMS = {Lost.REQUESTS: UPSTREAM, Lost.ANSWERS: DOWNSTREAM}

HELD_MS = 365 * 24 * 3_600_000
"""Longer than any run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Toxic:
    """One deterministic toxic.

    Attributes:
        kind: Toxiproxy's type name.
        stream: `upstream` (towards the cloud) or `downstream`.
        attributes: of the type, in Toxiproxy's own units.
        owner: what put it there, so that a fault does not remove what the scenario holds on its links.
    """

    kind: str
    stream: str
    attributes: Mapping[str, int]
    owner: str = "fault"

    @property
    def name(self) -> str:
        """The name it has on a proxy."""
        return f"{self.owner}_{self.kind}_{self.stream}"


def latency(milliseconds: int, owner: str = "fault") -> list[Toxic]:
    """Half of `milliseconds` each way, so that a round trip takes them all."""
    up = milliseconds // 2
    halves = ((UPSTREAM, up), (DOWNSTREAM, milliseconds - up))
    return [
        Toxic(kind="latency", stream=stream, attributes={"latency": half}, owner=owner)
        for stream, half in halves
        if half
    ]


def silence() -> list[Toxic]:
    """Nothing gets through either way and nothing is closed, until it is removed: then the connections are."""
    return [
        Toxic(kind="timeout", stream=stream, attributes={"timeout": 0})
        for stream in (UPSTREAM, DOWNSTREAM)
    ]


def one_way(lost: Lost) -> list[Toxic]:
    """Nothing gets through in one direction and nothing is closed, until it is removed: then the connections are."""
    return [Toxic(kind="timeout", stream=_STREAMS[lost], attributes={"timeout": 0})]


def hold() -> list[Toxic]:
    """Nothing gets through either way; when it is removed everything goes on its way, and nothing is closed.

    That is latency without end: a toxic that is removed lets go of what it holds.
    """
    return [
        Toxic(kind="latency", stream=stream, attributes={"latency": HELD_MS}, owner="hold")
        for stream in (UPSTREAM, DOWNSTREAM)
    ]


def reset(lost: Lost) -> list[Toxic]:
    """Connections are reset by the first bytes in one direction; those that were open before are closed by them."""
    return [Toxic(kind="reset_peer", stream=_STREAMS[lost], attributes={"timeout": 0})]


def limit(answer_bytes: int) -> list[Toxic]:
    """Connections are closed when so many bytes of answers have come over them."""
    return [Toxic(kind="limit_data", stream=DOWNSTREAM, attributes={"bytes": answer_bytes})]


def slices(slice_bytes: int, gap_ms: int) -> list[Toxic]:
    """Bytes are let through in slices that are no larger than this, with a gap after each."""
    sizes = {"average_size": slice_bytes, "size_variation": 0, "delay": gap_ms * 1000}
    return [
        Toxic(kind="slicer", stream=stream, attributes=sizes) for stream in (UPSTREAM, DOWNSTREAM)
    ]


def bandwidth(kilobytes_per_second: int) -> list[Toxic]:
    """At most this much each way; Toxiproxy counts per connection, not per link."""
    return [
        Toxic(kind="bandwidth", stream=stream, attributes={"rate": kilobytes_per_second})
        for stream in (UPSTREAM, DOWNSTREAM)
    ]


def _checked(call: Callable[..., requests.Response]) -> Callable[..., requests.Response]:
    """A call that ends in time, and that does not take the server's own failures for success as the library does."""

    def checked(*arguments: Any, **options: Any) -> requests.Response:
        answer = call(*arguments, **{"timeout": CALL_TIMEOUT_S, **options})
        if not answer.ok:
            raise InjectionFailed(f"Toxiproxy answers {answer.status_code}: {_error_of(answer)}")
        return answer

    return checked


def _error_of(answer: requests.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return answer.text.strip()


def _connect(port: int) -> Toxiproxy:
    toxiproxy.api.requests = SimpleNamespace(
        get=_checked(requests.get),
        post=_checked(requests.post),
        delete=_checked(requests.delete),
    )
    server = Toxiproxy()
    server.update_api_consumer(LOOPBACK, port)
    return server


def _free_name(proxy: Proxy, toxic: Toxic) -> str:
    """A name for a toxic where one like it may still be on its way out: each is removed by whoever put it there."""
    name, taken = toxic.name, proxy.toxics()
    while name in taken:
        name += "_again"
    return name


class Links:
    """The links of a site, one proxy per cloud service.

    Args:
        port: of Toxiproxy's API on the loopback.
    """

    def __init__(self, port: int) -> None:
        self._server = _connect(port)
        self._version_url = f"http://{LOOPBACK}:{port}/version"

    def running(self) -> bool:
        """Whether the server answers: its library would take anybody who listens there for it."""
        try:
            return requests.get(self._version_url, timeout=VERSION_TIMEOUT_S).ok
        except requests.RequestException:
            return False

    def create(
        self,
        service: str,
        *,
        listen: int,
        upstream: int,
        here: str = LOOPBACK,
        there: str = LOOPBACK,
    ) -> None:
        """Add the link of one service.

        Args:
            service: whose.
            listen: port to listen on.
            upstream: port of the cloud side.
            here: address that the server listens on.
            there: host of the cloud side, as the server sees it.

        Raises:
            EnvironmentUnavailable: the port to listen on is taken.
        """
        name, target = service, f"{there}:{upstream}"
        try:
            self._server.create(name=name, listen=f"{here}:{listen}", upstream=target)
        except Exception as error:
            raise EnvironmentUnavailable(
                f"Toxiproxy cannot listen on port {listen} for {service}: {error}"
            ) from error

    def services(self) -> list[str]:
        """The services that have a link."""
        return sorted(self._server.proxies())

    def _proxies(self, services: Sequence[str]) -> list[Proxy]:
        there = self._server.proxies()
        return [there[service] for service in services]

    def cut(self, services: Sequence[str], toxics: Sequence[Toxic] = ()) -> None:
        """Cut links without a lease, for a site that outlives whoever cuts it; `heal_all` brings them back.

        Args:
            services: whose links.
            toxics: put on them; without any, the links refuse connections.
        """
        for proxy in self._proxies(services):
            if not toxics:
                proxy.disable()
        self.hold(services, toxics)

    def hold(self, services: Sequence[str], toxics: Sequence[Toxic]) -> None:
        """Put toxics on links for good, in the place of what is called the same."""
        for proxy in self._proxies(services):
            for toxic in toxics:
                self._remove(proxy, toxic.name)
                self._add(proxy, toxic, toxic.name)

    @contextmanager
    def down(self, services: Sequence[str]) -> Iterator[None]:
        """The links refuse connections, and those that are open are closed; leaving the block heals."""
        with ExitStack() as healing:
            for proxy in self._proxies(services):
                healing.callback(proxy.enable)
                proxy.disable()
            yield

    @contextmanager
    def poisoned(self, services: Sequence[str], toxics: Sequence[Toxic]) -> Iterator[None]:
        """The toxics are on the links; leaving the block removes them."""
        with ExitStack() as healing:
            for proxy in self._proxies(services):
                for toxic in toxics:
                    name = _free_name(proxy, toxic)
                    healing.callback(self._remove, proxy, name)
                    self._add(proxy, toxic, name)
            yield

    @staticmethod
    def _add(proxy: Proxy, toxic: Toxic, name: str) -> None:
        proxy.add_toxic(
            name=name,
            type=toxic.kind,
            stream=toxic.stream,
            toxicity=1.0,
            attributes=dict(toxic.attributes),
        )

    @staticmethod
    def _remove(proxy: Proxy, name: str) -> None:
        if name in proxy.toxics():
            proxy.destroy_toxic(name)

    def state(self) -> dict[str, dict[str, Any]]:
        """For each service whether its link is up, and the names of the toxics on it."""
        return {
            name: {"up": proxy.enabled, "toxics": sorted(proxy.toxics())}
            for name, proxy in sorted(self._server.proxies().items())
        }

    def unclean(self, held: Sequence[Toxic] = ()) -> list[str]:
        """What is on the links that should not be: nothing, when they are clean but for the toxics `held`."""
        expected = sorted(toxic.name for toxic in held)
        return [
            f"{service}: {'up' if link['up'] else 'down'}, toxics {link['toxics']}"
            for service, link in self.state().items()
            if not link["up"] or link["toxics"] != expected
        ]

    def heal_all(self, held: Sequence[Toxic] = ()) -> None:
        """Enable every link first, then remove every toxic that is not `held`."""
        kept = {toxic.name for toxic in held}
        proxies = list(self._server.proxies().values())
        for proxy in proxies:
            proxy.enable()
        for proxy in proxies:
            for name in proxy.toxics():
                if name not in kept:
                    proxy.destroy_toxic(name)
