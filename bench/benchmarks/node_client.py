"""Appends by the vendor's client for Node."""

from pathlib import Path

from bench import clients
from bench.benchmark import Benchmark, Setup
from bench.rounds import Subject
from bench.targets import AtLeast
from bench.tools import ensure_node_client
from bench.workbench import PAYLOAD_BYTES, Workbench, create_stream, rate

PROGRAM = Path(clients.__file__).with_name("node_client.js")


def _prepare(bench: Workbench) -> Setup:
    client = ensure_node_client(bench.progress)
    server = bench.server()
    create_stream(server.port)
    program = PROGRAM
    arguments = map(str, (program, server.port, bench.seconds, PAYLOAD_BYTES))
    command = [str(client.node.program), *arguments]
    return Setup(
        subjects=[
            Subject(
                "Node", "appends/s", lambda: rate(bench.output_of(command, directory=client.folder))
            ),
        ]
    )


BENCHMARK = Benchmark(
    name="node-client",
    question="Does the client that writes a frame in two pieces wait for acknowledgements?",
    method="The vendor's client for Node, aws-greengrass-core-sdk 1.7.0, one append of 256 bytes after the other.",
    prepare=_prepare,
    targets=[AtLeast(subject="Node", bound=1000)],
)
