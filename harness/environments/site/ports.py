"""Ports of a local site: free ones by default, asked-for ones only if they are free."""

import errno
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random

from harness.environments.errors import EnvironmentUnavailable

LOOPBACK = "127.0.0.1"
FIRST = 10_000
TRIES = 100
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def listening(port: int) -> bool:
    """Whether a server accepts connections on the loopback `port`."""
    with socket.socket() as attempt:
        attempt.settimeout(1)
        return attempt.connect_ex((LOOPBACK, port)) == 0


def _refusal(port: int) -> OSError | None:
    """Why a port cannot be had, if it cannot."""
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            # Functions and page listen on every address, so a port is taken when any of them has it.
            attempt.bind(("0.0.0.0", port))
        except OSError as error:
            return error
        return None


def _cannot_be_had(name: str, port: int, refusal: OSError) -> EnvironmentUnavailable:
    taken = refusal.errno == errno.EADDRINUSE
    return EnvironmentUnavailable(
        f"Port {port}, asked for {name}, {'is taken' if taken else f'cannot be had: {refusal.strerror}'}",
        f"{'Free it, name' if taken else 'Name'} another one, or set it to 0 for any free port",
    )


def _of_no_connection() -> range:
    """Ports that the kernel gives to no outgoing connection; none where it may give all of them."""
    with suppress(OSError, ValueError):
        return range(FIRST, int(EPHEMERAL.read_text().split()[0]))
    return range(0)


class Ports:
    """Hands out free ports, none of them twice.

    Nobody listens on the port of a link that is cut, nor on that of a server that is down, and both have to have it
    again: an outgoing connection must not be given it meanwhile. Until `release` each socket is kept bound, so that
    nobody else takes it before its process starts.

    Args:
        random: two sites that are stood up at the same time try different ports.
    """

    def __init__(self, random: Random | None = None) -> None:
        self._random = random or Random()
        self._held: dict[int, socket.socket] = {}

    def __enter__(self) -> "Ports":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def free(self) -> int:
        """A free port, held until `release`."""
        for port in self._tried():
            held = socket.socket()
            try:
                held.bind(("0.0.0.0", port))
            except OSError:
                held.close()
                continue
            got: int = held.getsockname()[1]
            self._held[got] = held
            return got
        raise EnvironmentUnavailable("No port is free", "End what listens on this machine")

    def _tried(self) -> Iterator[int]:
        found = _of_no_connection()
        yield from self._random.sample(found, min(TRIES, len(found)))
        # Whichever the kernel has.
        yield 0

    def release(self, *ports: int) -> None:
        """Let a process have its ports, just before it starts; without any, let go of all."""
        for port in ports or list(self._held):
            if (held := self._held.pop(port, None)) is not None:
                held.close()

    def asked_or_free(self, asked: Mapping[str, int]) -> dict[str, int]:
        """A port for each name; 0 means any.

        Raises:
            EnvironmentUnavailable: an asked-for port is taken.
        """
        for name, port in asked.items():
            if port and (refusal := _refusal(port)):
                raise _cannot_be_had(name, port, refusal)
        return {name: port or self.free() for name, port in asked.items()}
