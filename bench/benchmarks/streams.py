"""Appends to few or many streams."""

from collections.abc import Iterator

from bench.benchmark import Benchmark, Setup
from bench.costs import cost_per_append
from bench.rounds import Subject
from bench.targets import Flat
from bench.workbench import Workbench, create_streams

COUNTS = (1, 10, 100, 1_000)
QUICK_COUNTS = (1, 10)


def _subjects(bench: Workbench) -> Iterator[Subject]:
    for count in QUICK_COUNTS if bench.quick else COUNTS:
        server = bench.server()
        create_streams(server.port, [f"S{number}" for number in range(count)])
        name = f"{count:,} stream{'s' if count > 1 else ''}"
        yield cost_per_append(bench, name, server, streams=count)


BENCHMARK = Benchmark(
    name="streams",
    question="Does an append cost more when there are many streams?",
    method="Processor time of the server for one append, 64 under way, to all streams in turn.",
    prepare=lambda bench: Setup(subjects=list(_subjects(bench))),
    targets=[Flat(tolerance=0.2)],
)
