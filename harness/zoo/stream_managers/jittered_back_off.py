"""Sound: a stream manager that waits a random part of its back-off."""

import sys
from dataclasses import dataclass, field
from random import Random
from typing import Any

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.export.backoff import Backoff
from system.stream_manager.export.exporters import Exporters

SCENARIOS = ("short_resets",)
CAUGHT_BY = None


@dataclass(frozen=True, kw_only=True)
class Jittered(Backoff):
    """Between nothing and all of it."""

    dice: Random = field(default_factory=lambda: Random(7))

    @property
    def wait_ms(self) -> int:
        return int(super().wait_ms * self.dice.random())


class Jittering(Exporters):
    """Gives each exporter such a back-off."""

    def __init__(self, *arguments: Any, backoff_cap_ms: int, **keywords: Any) -> None:
        super().__init__(*arguments, backoff_cap_ms=backoff_cap_ms, **keywords)
        self._backoff = Jittered(cap_ms=backoff_cap_ms)


PARTS = Parts(exporters=Jittering)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
