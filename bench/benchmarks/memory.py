"""Memory."""

from bench.benchmark import Benchmark, Setup
from bench.rounds import Subject
from bench.stores import filled_to
from bench.targets import AtMost
from bench.workbench import Workbench, end_of_stream

STREAM_BYTES = 256 << 20
QUICK_BYTES = 32 << 20
READ = 100


def _prepare(bench: Workbench) -> Setup:
    store = bench.some_folder("store")
    filled_to(store, QUICK_BYTES if bench.quick else STREAM_BYTES)
    full, empty = bench.server(store=store), bench.server()

    def resident() -> float:
        # It overwrites its oldest messages and reads others meanwhile.
        bench.load(full.port, depth=64)
        first = end_of_stream(full.port) - READ
        bench.load(full.port, "read", messages=READ, first=first)
        return full.resident_mb()

    return Setup(
        subjects=[
            Subject("full stream", "MiB", resident),
            Subject("nothing stored", "MiB", empty.resident_mb),
        ]
    )


BENCHMARK = Benchmark(
    name="memory",
    question="How much memory does the server need?",
    method="Resident memory of the process with a full stream of 256 MB, after appends that overwrite "
    "and reads of 100.",
    prepare=_prepare,
    targets=[AtMost(subject="full stream", bound=80)],
)
