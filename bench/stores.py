"""Stores that are full already, written by the server's own log without a server."""

from pathlib import Path

from bench.workbench import PAYLOAD_BYTES
from system.real.clock import RealClock
from system.real.filesystem import RealFileSystem
from system.stream_manager.log.format import record_size
from system.stream_manager.store import StreamStore
from system.wire.definitions import MessageStreamDefinition
from system.wire.operations import StrategyOnFull

SIZE_MAX = 1 << 40


def filled(
    store: Path, *, messages: int, payload_bytes: int = PAYLOAD_BYTES, size_max: int = SIZE_MAX
) -> None:
    """Make a store with a stream S of so many messages; of more than `size_max` bytes the oldest are overwritten."""
    streams = StreamStore(RealFileSystem(store), RealClock(), print)
    definition = MessageStreamDefinition(
        name="S", max_size=size_max, strategy_on_full=StrategyOnFull.OVERWRITE_OLDEST_DATA
    )
    stream = streams.create(definition)
    payload = b"r" * payload_bytes
    for _ in range(messages):
        stream.append(payload)
    streams.close()


def filled_to(store: Path, size: int) -> None:
    """Make a store with a full stream S of this size in bytes."""
    filled(store, messages=size // record_size(PAYLOAD_BYTES), size_max=size)
