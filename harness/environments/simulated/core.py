"""What the core does between the processes of a simulated site: it hands messages on, and starts again what died."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Core:
    """See the module. While it stands still it does nothing, and does all of it afterwards."""

    def __init__(self) -> None:
        self._pauses: set[object] = set()
        self._owed: list[Callable[[], None]] = []

    def do(self, action: Callable[[], None]) -> None:
        """Do something, as soon as it does not stand still."""
        if self._pauses:
            self._owed.append(action)
        else:
            action()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Have it stand still; leaving the block lets it go on."""
        lease = object()
        self._pauses.add(lease)
        try:
            yield
        finally:
            self._pauses.discard(lease)
            if not self._pauses:
                self._go_on()

    def _go_on(self) -> None:
        owed, self._owed = self._owed, []
        for action in owed:
            action()

    def die(self) -> None:
        """Its process ended, with all that it owed."""
        self._pauses.clear()
        self._owed.clear()
