"""A producer that appends every fortieth message to a stream that is exported nowhere."""

from itertools import count
from typing import Any

from harness.environments.simulated.functions import StreamProducer
from harness.environments.simulated.replacements import Replacements

SCENARIOS = ("short_throughput",)
CAUGHT_BY = "throughput"


class Straying(StreamProducer):
    """Puts some where nobody looks."""

    def prepare(self) -> None:
        super().prepare()
        module = self.code["stream_producer"]
        ours, taken = module.Producer, count(1)
        definition = module.MessageStreamDefinition(
            name="Elsewhere", strategy_on_full=module.StrategyOnFull.OverwriteOldestData
        )

        class Straying(ours):  # type: ignore[misc, valid-type]
            """Has two streams."""

            def append(self, payload: bytes) -> Any:
                if next(taken) % 40:
                    return super().append(payload)
                client = self.prepare()
                if "Elsewhere" not in client.list_streams():
                    client.create_message_stream(definition)
                return client.append_message("Elsewhere", payload)

        module.Producer = Straying


REPLACEMENTS = Replacements(producer=Straying)
