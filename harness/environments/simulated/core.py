"""What the core does between the processes of a simulated site: it hands messages on, and starts again what died."""

from collections.abc import Callable

from harness.environments.simulated.pauses import Pauses


class Core:
    """See the module. While it stands still it does nothing, and does all of it afterwards.

    Attributes:
        pauses: that it stands still for.
    """

    def __init__(self) -> None:
        self.pauses = Pauses(self._go_on)
        self._owed: list[Callable[[], None]] = []

    def do(self, action: Callable[[], None]) -> None:
        """Do something, as soon as it does not stand still."""
        if self.pauses:
            self._owed.append(action)
        else:
            action()

    def _go_on(self) -> None:
        owed, self._owed = self._owed, []
        for action in owed:
            action()

    def die(self) -> None:
        """Its process ended, with all that it owed."""
        self.pauses.forget()
        self._owed.clear()
