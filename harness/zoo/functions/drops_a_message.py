"""A producer that gives every fortieth message up before it appends it."""

from itertools import count
from typing import Any

from harness.environments.simulated.functions import StreamProducer
from harness.environments.simulated.replacements import Replacements

SCENARIOS = ("short_throughput",)
CAUGHT_BY = "throughput"


class Dropping(StreamProducer):
    """Appends the others."""

    def prepare(self) -> None:
        super().prepare()
        ours, taken = self.code["stream_producer"].Producer, count(1)

        class Losing(ours):  # type: ignore[misc, valid-type]
            """Says nothing of it."""

            def append(self, payload: bytes) -> Any:
                return None if next(taken) % 40 == 0 else super().append(payload)

        self.code["stream_producer"].Producer = Losing


REPLACEMENTS = Replacements(producer=Dropping)
