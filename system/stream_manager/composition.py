"""How a server is put together. Each class can be exchanged, so that a broken one can be judged in its place."""

import hmac
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import gmtime
from typing import cast

from system.clock import Clock
from system.filesystem import FileSystem
from system.real.clock import RealClock
from system.real.filesystem import RealFileSystem
from system.stream_manager.engine import Engine
from system.stream_manager.export.exporter import Exporter
from system.stream_manager.export.exporters import Exporters
from system.stream_manager.export.schedule import Schedule
from system.stream_manager.log.segmented import SegmentedLog
from system.stream_manager.operator import Log
from system.stream_manager.settings import PRINT, Settings
from system.stream_manager.sinks.elsewhere import Poster, Printer
from system.stream_manager.store import StreamStore
from system.stream_manager.stream import Stream
from system.stream_manager.workers import Sender
from system.wire.definitions import HTTPConfig

UPLOADS = "uploads.json"
"""File in the store: uploads to S3 in parts that are not done."""


def make_sinks(settings: Settings) -> Sender:
    """The adapters of all destinations, or what stands in their place."""
    if settings.sender is not None:
        return settings.sender
    if settings.destination == PRINT:
        return Printer(sys.stdout.fileno())
    if settings.destination:
        return _poster(settings.destination)
    # Late, since the clients of AWS take longer to import than everything else together.
    from system.stream_manager.sinks.registry import Sinks

    return Sinks(
        region=settings.region,
        kinesis_delay_ms=settings.kinesis_delay_ms,
        part_bytes_min=settings.part_bytes_min,
        uploads=settings.store / UPLOADS,
    )


def _poster(address: str) -> Sender:
    from system.stream_manager.sinks.http import HTTPSink
    from system.stream_manager.sinks.service import Timeouts

    sink = HTTPSink(RealClock(), Timeouts())
    return Poster(
        lambda body: sink.post_json(address, body),
        lambda batch: sink.send(cast(HTTPConfig, batch.config), batch.messages),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a server is made of; ours unless told otherwise.

    ```
    class Forgetful(Stream):
        def append(self, payload):
            return 0

    main(parts=Parts(stream=Forgetful))
    ```
    """

    log: type[SegmentedLog] = SegmentedLog
    stream: type[Stream] = Stream
    exporter: type[Exporter] = Exporter
    exporters: type[Exporters] = Exporters
    schedule: type[Schedule] = Schedule
    sinks: Callable[[Settings], Sender] = make_sinks
    disk: Callable[[Path], FileSystem] = RealFileSystem


def make_engine(
    filesystem: FileSystem,
    clock: Clock,
    log: Log,
    *,
    pool_size: int,
    max_backoff_ms: int,
    max_bandwidth_kbit_per_s: int = 0,
    parts: Parts,
) -> Engine:
    """The engine on a disk, with the streams that are there.

    Raises:
        StorageFailed: the store cannot be opened.
    """
    store = StreamStore(
        filesystem, clock, log.warning, make_log=parts.log, make_stream=parts.stream
    )
    exporters = parts.exporters(
        filesystem,
        clock=clock,
        pool_size=pool_size,
        backoff_cap_ms=max_backoff_ms,
        log=log,
        max_bandwidth_kbit_per_s=max_bandwidth_kbit_per_s,
        schedule=parts.schedule(),
        make=parts.exporter,
    )
    return Engine(store, exporters, clock=clock, log=log)


def _is_known(tokens: frozenset[str], token: str) -> bool:
    return any([hmac.compare_digest(token.encode(), known.encode()) for known in tokens])


def make_authenticate(settings: Settings) -> Callable[[str], bool]:
    """Whether a client with this token may connect."""
    if settings.tokens is None:
        return lambda token: True
    return partial(_is_known, settings.tokens)


class _Line(logging.Formatter):
    """One line per record: `[2020-10-09T15:14:52.910Z][ERROR]-file.py:188,message`."""

    converter = staticmethod(gmtime)

    def format(self, record: logging.LogRecord) -> str:
        moment = self.formatTime(record, "%Y-%m-%dT%H:%M:%S")
        level = "WARN" if record.levelname == "WARNING" else record.levelname
        text = record.getMessage().replace("\n", " | ")
        return f"[{moment}.{int(record.msecs):03d}Z][{level}]-GGStreamManager,{text}"


def make_log(settings: Settings, handler: logging.Handler) -> logging.Logger:
    """The lines of the server."""
    handler.setFormatter(_Line())
    log = logging.Logger("GGStreamManager", settings.log_level)
    log.addHandler(handler)
    return log
