"""Appends to streams that hold little or much."""

from collections.abc import Iterator

from bench.benchmark import Benchmark, Setup
from bench.costs import cost_per_append
from bench.rounds import Subject
from bench.stores import filled
from bench.targets import Flat
from bench.workbench import Workbench

COUNTS = (10_000, 100_000, 1_000_000, 10_000_000)
QUICK_COUNTS = (1_000, 10_000)
PAYLOAD_BYTES = 16


def _subjects(bench: Workbench) -> Iterator[Subject]:
    for count in QUICK_COUNTS if bench.quick else COUNTS:
        store = bench.some_folder("store")
        filled(store, messages=count, payload_bytes=PAYLOAD_BYTES)
        yield cost_per_append(bench, f"{count:,} stored", bench.server(store=store))


BENCHMARK = Benchmark(
    name="stored",
    question="Does an append cost more when much is stored?",
    method=f"Processor time of the server for one append, 64 under way; the stream held so many messages of "
    f"{PAYLOAD_BYTES} bytes before.",
    prepare=lambda bench: Setup(subjects=list(_subjects(bench))),
    targets=[Flat(tolerance=0.2)],
)
