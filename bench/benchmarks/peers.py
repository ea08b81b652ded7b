"""Appends one after the other, to the stream manager and to its peers."""

from collections.abc import Iterator
from functools import partial

from bench.benchmark import Benchmark, Setup
from bench.rounds import Subject
from bench.targets import AtLeastTimes
from bench.tools import REDIS, ensure_nats
from bench.workbench import PAYLOAD_BYTES, Workbench, create_stream, rate
from harness.environments.errors import EnvironmentUnavailable
from harness.tools.commands import on_path

APPENDS = "appends/s"
OURS, NATS_PY = "stream manager, pre-encoded", "NATS JetStream, nats-py"
REDIS_PY = "Redis, no fsync, redis-py"
FSYNC = {"no": "no fsync", "everysec": "fsync each second", "always": "fsync always"}


def _redis_command(fsync: str) -> list[str]:
    places = ["--port", "PORT", "--dir", "FOLDER", "--bind", "127.0.0.1"]
    return [REDIS, *places, "--save", "", "--appendonly", "yes", "--appendfsync", fsync]


def _ours(bench: Workbench) -> Iterator[Subject]:
    cached, flushed = bench.server(), bench.server()
    create_stream(cached.port)
    create_stream(flushed.port, flush_on_write=True)
    yield Subject(OURS, APPENDS, lambda: bench.load(cached.port))
    yield Subject("stream manager, flush on write", APPENDS, lambda: bench.load(flushed.port))


def _own_client(bench: Workbench, name: str, client: str, port: int) -> Subject:
    arguments = [str(each) for each in (port, bench.seconds, PAYLOAD_BYTES)]
    return Subject(name, APPENDS, lambda: rate(bench.program(client, *arguments)))


def _redis(bench: Workbench) -> Iterator[Subject]:
    ports = {fsync: bench.peer("Redis", _redis_command(fsync)) for fsync in FSYNC}
    yield _own_client(bench, REDIS_PY, "bench.clients.redis_client", ports["no"])
    for fsync, name in FSYNC.items():
        yield Subject(f"Redis, {name}", APPENDS, partial(bench.load, ports[fsync], "redis"))


def _nats(bench: Workbench) -> Iterator[Subject]:
    program = str(ensure_nats(bench.progress))
    port = bench.peer("NATS", [program, "-js", "-sd", "FOLDER", "-a", "127.0.0.1", "-p", "PORT"])
    yield _own_client(bench, NATS_PY, "bench.clients.nats_client", port)
    yield Subject("NATS JetStream", APPENDS, lambda: bench.load(port, "nats"))


def _prepare(bench: Workbench) -> Setup:
    subjects, missing = [*_ours(bench)], []
    if on_path(REDIS) is None:
        missing.append(f"there is no {REDIS} on PATH (Debian: apt-get install redis-server)")
    else:
        subjects += _redis(bench)
    try:
        subjects += _nats(bench)
    except EnvironmentUnavailable as error:
        missing.append(str(error))
    return Setup(subjects=subjects, missing="; ".join(missing))


BENCHMARK = Benchmark(
    name="peers",
    question="How fast is one client after the other beside other local stores?",
    method="One append of 256 bytes after the other, all stores on the same disk. Where no client is named it is the "
    "one with pre-encoded requests; the targets hold that against Redis and NATS by their own clients for Python. "
    "Redis: XADD, append-only file. NATS: file storage, published with acknowledgement.",
    prepare=_prepare,
    targets=[
        AtLeastTimes(subject=OURS, times=1, other=REDIS_PY),
        AtLeastTimes(subject=OURS, times=1.5, other=NATS_PY),
    ],
)
