"""One client, as the engine knows it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A connection that has been opened; the same one is the same object.

    Attributes:
        number: counts the connections of a server.
        protocol_version: what both sides speak.
    """

    number: int
    protocol_version: str
