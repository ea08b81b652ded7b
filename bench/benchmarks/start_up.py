"""Starting on a store."""

import time
from pathlib import Path

from bench.benchmark import Benchmark, Setup
from bench.rounds import Subject
from bench.stores import filled_to
from bench.workbench import Workbench

STORE_BYTES = 256 << 20
QUICK_BYTES = 32 << 20


def _prepare(bench: Workbench) -> Setup:
    full, empty = bench.some_folder("full"), bench.some_folder("empty")
    filled_to(full, QUICK_BYTES if bench.quick else STORE_BYTES)

    def start(store: Path) -> float:
        begin = time.perf_counter()
        server = bench.server(store=store)
        elapsed = time.perf_counter() - begin
        bench.end(server.part)
        return elapsed

    return Setup(
        subjects=[
            Subject("empty store", "s", lambda: start(empty)),
            Subject("full store", "s", lambda: start(full)),
        ]
    )


BENCHMARK = Benchmark(
    name="start-up",
    question="How long does a start take?",
    method="From the start of the process until it listens; the full store has a stream with 256 MB of messages of 256 "
    "bytes.",
    prepare=_prepare,
)
