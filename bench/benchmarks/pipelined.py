"""Appends, many under way."""

from bench.benchmark import Benchmark, Setup
from bench.rounds import Subject
from bench.servers import ANSWERING
from bench.targets import AtLeastTimes
from bench.workbench import Workbench, create_stream

DEPTH = 64


def _prepare(bench: Workbench) -> Setup:
    ours, answering = bench.server(), bench.server(ANSWERING)
    create_stream(ours.port)
    return Setup(
        subjects=[
            Subject("stream manager", "appends/s", lambda: bench.load(ours.port, depth=DEPTH)),
            Subject("answers only", "appends/s", lambda: bench.load(answering.port, depth=DEPTH)),
        ]
    )


BENCHMARK = Benchmark(
    name="pipelined",
    question="How many appends can the server take?",
    method=f"One client with pre-encoded frames of 256 bytes, {DEPTH} under way; stream with persistence File.",
    prepare=_prepare,
    targets=[AtLeastTimes(subject="stream manager", times=0.6, other="answers only")],
)
