"""What every kind of fault says of itself, besides its parameters."""

from typing import ClassVar

EVERYWHERE = ("local", "containers", "simulated")
SIMULATED = ("simulated",)
"""The edition that has a disk, clocks, packets and a cloud of its own."""


class Kind:
    """The base of all kinds.

    Attributes:
        kind: as plans and histories call it.
        summary: what it does, for reports.
        cuts: whether no request is answered while it is in force.
        holds: whether it may let go later of what it held meanwhile, also of what its sender has given up.
        refuses: whether requests are answered all the same, some of them by a refusal.
        environments: the editions in which it can be done.
    """

    __slots__ = ()

    kind: ClassVar[str]
    summary: ClassVar[str]
    cuts: ClassVar[bool] = False
    holds: ClassVar[bool] = False
    refuses: ClassVar[bool] = False
    environments: ClassVar[tuple[str, ...]] = EVERYWHERE
