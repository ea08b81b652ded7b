"""Ports of a local site: free ones by default, asked-for ones only if they are free."""

import errno
import socket
from collections.abc import Mapping

from harness.environments.errors import EnvironmentUnavailable

LOOPBACK = "127.0.0.1"


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


class Ports:
    """Hands out free ports, none of them twice.

    The kernel gives an ephemeral port to whoever asks next, so a port that is closed again could go to an outgoing
    connection of a process that starts meanwhile. Each socket is therefore kept bound until `release`.
    """

    def __init__(self) -> None:
        self._held: dict[int, socket.socket] = {}

    def __enter__(self) -> "Ports":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def free(self) -> int:
        """A free port, held until `release`."""
        held = socket.socket()
        held.bind((LOOPBACK, 0))
        port: int = held.getsockname()[1]
        self._held[port] = held
        return port

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
