"""What the benchmarks need besides this package: found on this machine, or installed into the cache on first use."""

from dataclasses import dataclass
from pathlib import Path

from harness.tools import go
from harness.tools.cache import Progress, fingerprint, installed
from harness.tools.commands import on_path, run, tool_environment
from harness.tools.node import Node, ensure_node

CLIENT = Path(__file__).with_name("client")
NODE_CLIENT = "aws-greengrass-core-sdk@1.7.0"
NATS = "nats-server"
NATS_MODULE = "github.com/nats-io/nats-server/v2@v2.15.2"
NATS_GO_MIN = (1, 26)
"""What its `go.mod` asks for."""
REDIS = "redis-server"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeClient:
    """The vendor's client for Node, installed in a folder."""

    node: Node
    folder: Path


def ensure_client(progress: Progress) -> Path:
    """The program of `bench/client`, built when its source has changed.

    Raises:
        ToolUnavailable: there is no Go and none can be had, or the source does not build.
    """
    sources = [path.read_bytes() for path in sorted(CLIENT.iterdir())]
    place = installed(
        f"bench-client-{fingerprint(*sources)}",
        lambda part: go.build(
            part,
            go.ensure_go(progress),
            ["build", "-o", str(part / "client"), "."],
            what="The benchmarks' client cannot be built",
            directory=CLIENT,
        ),
        progress=progress,
        announcement="bench: building its client",
    )
    return place / "client"


def ensure_nats(progress: Progress) -> Path:
    """NATS: of this machine, else of the cache, built on first use.

    Raises:
        ToolUnavailable: it is not there and could not be built.
    """
    if (found := on_path(NATS)) is not None:
        return found
    place = installed(
        f"nats-{fingerprint(NATS_MODULE)}",
        lambda part: go.build(
            part,
            go.ensure_go(progress, least=NATS_GO_MIN),
            ["install", NATS_MODULE],
            what="NATS cannot be built",
        ),
        progress=progress,
        announcement="nats: building it (first run only, about a minute)",
    )
    return place / NATS


def ensure_node_client(progress: Progress) -> NodeClient:
    """Node and the vendor's client for it.

    Raises:
        ToolUnavailable: one of them could not be installed.
    """
    node = ensure_node(progress)

    def build(part: Path) -> None:
        run(
            [*node.npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", NODE_CLIENT],
            what=f"{NODE_CLIENT} cannot be installed",
            environment=tool_environment(),
            directory=part,
        )

    place = installed(f"node-client-{fingerprint(NODE_CLIENT)}", build, progress=progress)
    return NodeClient(node=node, folder=place)
