"""A stream manager whose exporters begin behind the newest message when it is started again."""

import sys
from typing import Any

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.export.exporter import Exporter

SCENARIOS = ("short_kill",)
CAUGHT_BY = "loss"


class Forward(Exporter):
    """Looks ahead."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.progress.position = self.stream.newest_sequence_number + 1


PARTS = Parts(exporter=Forward)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
