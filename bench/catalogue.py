"""All benchmarks, in the order of a run and of the document."""

from bench.benchmark import Benchmark
from bench.benchmarks import (
    drain,
    flush_on_write,
    memory,
    node_client,
    peers,
    pipelined,
    reads,
    start_up,
    stock_client,
    stored,
    streams,
)

BENCHMARKS: dict[str, Benchmark] = {
    module.BENCHMARK.name: module.BENCHMARK
    for module in (
        stock_client,
        pipelined,
        flush_on_write,
        peers,
        node_client,
        reads,
        drain,
        stored,
        streams,
        memory,
        start_up,
    )
}
