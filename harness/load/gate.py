"""How whoever started a load tells it when to begin and to end, and hears how it goes: a folder with three files.

- `ready`: the load makes it when all users are connected;
- `start`: has the epoch seconds at which the first reading is due;
- `stop`: no more readings after this;
- `status.json`: how far the load is, once a second.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.placing import put


@dataclass(frozen=True, slots=True)
class Gate:
    """See the module.

    Attributes:
        folder: is there already.
    """

    folder: Path

    def say_ready(self) -> None:
        """All users are connected."""
        put(self.folder, "ready", "")

    def ready(self) -> bool:
        """Whether all users are connected."""
        return (self.folder / "ready").exists()

    def start(self, at_s: float) -> None:
        """Have the first reading due at epoch seconds `at_s`."""
        put(self.folder, "start", f"{at_s:.6f}")

    def started(self) -> float | None:
        """The epoch seconds at which the first reading is due, None as long as nobody has said it."""
        with suppress(FileNotFoundError):
            return float((self.folder / "start").read_text())
        return None

    def stop(self) -> None:
        """No more readings."""
        put(self.folder, "stop", "")

    def stopped(self) -> bool:
        """Whether there shall be no more readings."""
        return (self.folder / "stop").exists()

    def tell(self, status: Mapping[str, object]) -> None:
        """Say how far the load is."""
        put(self.folder, "status.json", json.dumps(status))

    def told(self) -> dict[str, int]:
        """How far the load said it was last; empty before it said anything."""
        with suppress(OSError, ValueError):
            return dict(json.loads((self.folder / "status.json").read_text()))
        return {}
