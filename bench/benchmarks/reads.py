"""Reads."""

from bench.benchmark import Benchmark, Setup
from bench.rounds import Subject
from bench.stores import filled
from bench.workbench import Workbench

MESSAGES = 100
STORED = 100_000
PLACES = 512
"""At which the client's requests begin: its variety."""


def _prepare(bench: Workbench) -> Setup:
    store = bench.some_folder("store")
    filled(store, messages=STORED)
    server = bench.server(store=store)

    def reads(depth: int) -> float:
        options = {"depth": depth, "messages": MESSAGES, "last": STORED - MESSAGES}
        return MESSAGES * bench.load(server.port, "read", **options)

    return Setup(
        subjects=[
            Subject("1 under way", "messages/s", lambda: reads(1)),
            Subject("8 under way", "messages/s", lambda: reads(8)),
        ]
    )


BENCHMARK = Benchmark(
    name="reads",
    question="How fast are messages read?",
    method=f"One client with pre-encoded requests for {MESSAGES} messages of 256 bytes, from {PLACES} places "
    f"spread evenly over a stream of {STORED:,}.",
    prepare=_prepare,
)
