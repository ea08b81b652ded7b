"""Appends by the client that applications have."""

from bench.benchmark import Benchmark, Setup
from bench.rounds import Subject
from bench.servers import ANSWERING
from bench.targets import AtLeastTimes
from bench.workbench import PAYLOAD_BYTES, Workbench, create_stream, rate


def _prepare(bench: Workbench) -> Setup:
    ours, answering = bench.server(), bench.server(ANSWERING)
    create_stream(ours.port)

    def appends(port: int) -> float:
        arguments = map(str, (port, bench.seconds, PAYLOAD_BYTES))
        return rate(bench.program("bench.clients.stock", *arguments))

    return Setup(
        subjects=[
            Subject("stream manager", "appends/s", lambda: appends(ours.port)),
            Subject("answers only", "appends/s", lambda: appends(answering.port)),
        ]
    )


BENCHMARK = Benchmark(
    name="stock-client",
    question="Does an application feel the server?",
    method="The vendor's client for Python 1.1.2, one append of 256 bytes after the other; persistence File.",
    prepare=_prepare,
    targets=[AtLeastTimes(subject="stream manager", times=0.9, other="answers only")],
)
