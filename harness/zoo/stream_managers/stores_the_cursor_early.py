"""A stream manager whose cursor is stored when a batch is sent: what was under way at a kill is never sent again."""

import sys

from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.export.batch import Batch, Failed, SinkResult
from system.stream_manager.export.exporter import Exporter
from system.stream_manager.export.exporters import Exporters

SCENARIOS = ("short_kill",)
CAUGHT_BY = "loss"


class Hasty(Exporter):
    """Keeps what it has to repeat in memory only."""

    def send(self, batch: Batch, order: int) -> None:
        super().send(batch, order)
        self.progress.position = max(self.progress.position, batch.messages[-1].sequence_number + 1)

    def settle(self, result: SinkResult, *, now_ms: int, wall_ms: int) -> None:
        assert self.sending is not None
        numbers = tuple(each.sequence_number for each in self.sending.messages)
        super().settle(result, now_ms=now_ms, wall_ms=wall_ms)
        if isinstance(result, Failed):
            self.refused = tuple(sorted({*self.refused, *numbers}))
            self.batch_limit = None


class StoringEarly(Exporters):
    """Stores the cursors with each batch that leaves."""

    def due(self) -> list[Batch]:
        batches = super().due()
        self._unstored |= {each.exporter[0] for each in batches}
        self.store()
        return batches


PARTS = Parts(exporter=Hasty, exporters=StoringEarly)

if __name__ == "__main__":
    sys.exit(main(parts=PARTS))
