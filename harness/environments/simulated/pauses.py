"""Something that stands still, or is without power, for as long as anybody wants it to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Pauses:
    """See the module; true while there are any.

    Args:
        go_on: called when the last of them is over.
        stop: called when one begins, perhaps beside others.
    """

    def __init__(self, go_on: Callable[[], None], stop: Callable[[], None] = lambda: None) -> None:
        self._leases: set[object] = set()
        self._go_on = go_on
        self._stop = stop

    def __bool__(self) -> bool:
        return bool(self._leases)

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Have it stand still; leaving the block lets it go on, if it is still there and nobody else has it so."""
        lease = self.begin()
        try:
            yield
        finally:
            self.end(lease)

    def begin(self) -> object:
        """Have it stand still until `end` is told what this returns."""
        lease = object()
        self._leases.add(lease)
        self._stop()
        return lease

    def end(self, lease: object) -> None:
        """Let it go on, if it is still there and nobody else has it stand still."""
        if lease in self._leases:
            self._leases.discard(lease)
            if not self._leases:
                self._go_on()

    def forget(self) -> None:
        """What stood still is gone; the guards that come later find nothing to heal."""
        self._leases.clear()

    def heal(self) -> None:
        """Let it go on, whoever has it stand still; the guards that come later find nothing to heal."""
        if self._leases:
            self._leases.clear()
            self._go_on()
