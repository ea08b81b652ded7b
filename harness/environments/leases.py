"""Faults as leases, in the editions that do them by themselves."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

F = TypeVar("F")


@contextmanager
def at_once(do: Callable[[], None]) -> Iterator[None]:
    """A fault that is over as soon as it is done: nothing has to be healed."""
    do()
    yield


@contextmanager
def in_force(faults: dict[object, F], fault: F) -> Iterator[None]:
    """Have a fault among those that are in force; leaving the block takes it out, if it is still there.

    Args:
        faults: by the lease of each, so that two that are alike are told apart.
    """
    lease = object()
    faults[lease] = fault
    try:
        yield
    finally:
        faults.pop(lease, None)
