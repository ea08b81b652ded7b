"""`stream-chaos-server dump STORE`: segments, cursors and damage of a store, also beside a running server."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from system.real.filesystem import RealFileSystem
from system.stream_manager.inspection import (
    SegmentFound,
    StoreFound,
    StreamFound,
    inspect,
    is_store,
)
from system.wire.operations import Persistence, StrategyOnFull

FORMAT = 1
SOUND, DAMAGED, BAD_USAGE = 0, 1, 2


def is_held(lock: Path, table: Path = Path("/proc/locks")) -> bool:
    """Whether a server holds a store by its lock file.

    Read from the kernel's table: to try the lock would keep a server from starting in that moment.
    """
    try:
        inode, lines = lock.stat().st_ino, table.read_text().splitlines()
    except OSError:
        return False
    # 1: FLOCK  ADVISORY  WRITE 4711 08:01:1234567 0 EOF
    held = [fields[5] for line in lines if "FLOCK" in (fields := line.split())[:3]]
    return any(place.rpartition(":")[2] == str(inode) for place in held)


def as_values(store: StoreFound, where: Path) -> dict[str, Any]:
    """The store as `--json` prints it."""
    return {
        "format": FORMAT,
        "store": str(where),
        "running": store.running,
        "damage": list(store.damage),
        "streams": [_stream_values(stream) for stream in store.streams],
    }


def _stream_values(stream: StreamFound) -> dict[str, Any]:
    definition = stream.definition
    return {
        "name": definition.name,
        "folder": stream.folder,
        "persistence": definition.persistence.name,
        "strategyOnFull": definition.strategy_on_full.name,
        "maxSize": definition.max_size,
        "oldestSequenceNumber": stream.oldest,
        "newestSequenceNumber": stream.end - 1,
        "totalBytes": stream.total_bytes,
        "segments": [asdict(segment) for segment in stream.segments],
        "exporters": {name: asdict(cursor) for name, cursor in stream.cursors.items()},
        "damage": list(stream.damage),
    }


def as_text(store: StoreFound, where: Path) -> Iterator[str]:
    """The store in lines for people."""
    count = len(store.streams)
    running = ", a server runs on it" if store.running else ""
    yield f"{where}: {count} stream{'' if count == 1 else 's'}{running}"
    for stream in store.streams:
        yield ""
        yield from _stream_text(stream)
    damage = store.all_damage
    yield ""
    yield f"damage: {len(damage)}" if damage else "no damage"
    yield from (f"  {sentence}" for sentence in damage)


def _stream_text(stream: StreamFound) -> Iterator[str]:
    definition = stream.definition
    if definition.persistence is Persistence.MEMORY:
        yield f"{definition.name}: in memory, nothing is stored"
    else:
        overwrites = definition.strategy_on_full is StrategyOnFull.OVERWRITE_OLDEST_DATA
        yield (
            f"{definition.name}: messages {stream.oldest} to {stream.end - 1}, {stream.total_bytes} of "
            f"{definition.max_size} bytes, {'overwrites' if overwrites else 'rejects'} when full"
        )
    yield from (f"  {_segment_text(segment)}" for segment in stream.segments)
    for identifier, cursor in stream.cursors.items():
        owed = max(0, stream.end - cursor.position)
        yield f"  exporter {identifier}: at {cursor.position}, {owed} to go"


def _segment_text(segment: SegmentFound) -> str:
    if segment.newest_ms is None:
        return f"segment {segment.base}: empty"
    newest = datetime.fromtimestamp(segment.newest_ms / 1000, UTC)
    return (
        f"segment {segment.base}: up to {segment.end - 1}, {segment.bytes} bytes, "
        f"newest {newest:%Y-%m-%dT%H:%M:%SZ}"
    )


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="stream-chaos-server dump",
        description="Segments, cursors and damage of a store. Reads only; a server may run on it.",
        epilog="Exit status: 0 sound, 1 damaged, 2 not a store.",
    )
    made.add_argument("store", type=Path, metavar="STORE", help="folder that a server was given")
    made.add_argument("--json", action="store_true", help="for programs")
    return made


def main(arguments: list[str]) -> int:
    """Print what is in a store; returns the exit status."""
    flags = _parser().parse_args(arguments)
    filesystem = RealFileSystem(flags.store, writable=False)
    try:
        if not is_store(filesystem):
            print(f"stream-chaos-server: ERROR: {flags.store} is no store", file=sys.stderr)
            return BAD_USAGE
        found = inspect(filesystem, running=is_held(flags.store / "lock"))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        print(
            f"stream-chaos-server: ERROR: {flags.store} cannot be read: {reason}", file=sys.stderr
        )
        return BAD_USAGE
    if flags.json:
        print(json.dumps(as_values(found, flags.store), indent=2))
    else:
        print("\n".join(as_text(found, flags.store)))
    return DAMAGED if found.all_damage else SOUND
