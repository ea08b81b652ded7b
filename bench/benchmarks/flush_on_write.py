"""Appends that wait for the disk."""

from pathlib import Path

from bench.benchmark import Benchmark, Setup
from bench.rounds import Subject
from bench.servers import COUNTING
from bench.servers.counting import counted
from bench.targets import AtLeastTimes, AtMost
from bench.workbench import Workbench, create_stream, end_of_stream

CLIENTS = 64


class _Flushing:
    """A server that flushes on write, and how often it waited for the disk."""

    def __init__(self, bench: Workbench, clients: int) -> None:
        self._bench = bench
        self._clients = clients
        self._store: Path = bench.some_folder("store")
        self._server = bench.server(COUNTING, store=self._store)
        self._syncs_per_append = 0.0
        create_stream(self._server.port, flush_on_write=True)

    def subject(self, name: str) -> Subject:
        """Its rate, and its waits beside."""
        waits = Subject(f"fdatasync with {name}", "per append", lambda: self._syncs_per_append)
        return Subject(name, "appends/s", self._load, beside=[waits])

    def _load(self) -> float:
        syncs, end = counted(self._store), end_of_stream(self._server.port)
        rate = self._bench.load(self._server.port, clients=self._clients)
        appends = end_of_stream(self._server.port) - end
        self._syncs_per_append = (counted(self._store) - syncs) / appends
        return rate


def _prepare(bench: Workbench) -> Setup:
    one, many = _Flushing(bench, 1), _Flushing(bench, CLIENTS)
    return Setup(subjects=[one.subject("1 client"), many.subject(f"{CLIENTS} clients")])


BENCHMARK = Benchmark(
    name="flush-on-write",
    question="What does it cost to wait for the disk, and do clients share the wait?",
    method="Clients with pre-encoded frames of 256 bytes, one under way each; a stream with flush on write. The server "
    "counts its calls of fdatasync.",
    prepare=_prepare,
    targets=[
        AtLeastTimes(subject=f"{CLIENTS} clients", times=10, other="1 client"),
        AtMost(subject=f"fdatasync with {CLIENTS} clients", bound=0.1),
    ],
)
