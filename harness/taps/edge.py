"""The process of the edge tap and the uplink tap.

`python -m harness.taps.edge --listen PORT --server PORT --uplink SERVICE=LISTEN:TARGET ... --record FILE --origin NS`
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.taps.conversation import Conversation
from harness.taps.process import HOST_HELP, listening, run, say_ready, until_told_to_stop
from harness.taps.record import Record
from harness.taps.relay import LOOPBACK, Relay
from harness.taps.uplink import Uplink

EDGE_TAP, UPLINK_TAP = "edge-tap", "uplink-tap"


@dataclass(frozen=True, slots=True, kw_only=True)
class UplinkPorts:
    """The way of one service: the edge connects to `listen`, and we to `target` of `host`."""

    service: str
    listen: int
    host: str
    target: int


def uplink_ports(text: str) -> UplinkPorts:
    """The ports in `SERVICE=LISTEN:TARGET`, or in `SERVICE=LISTEN:HOST:TARGET` where the link is elsewhere.

    Raises:
        ValueError: the text has another form.
    """
    service, _, way = text.partition("=")
    listen, _, end = way.partition(":")
    host, _, target = end.rpartition(":")
    return UplinkPorts(
        service=service, listen=int(listen), host=host or LOOPBACK, target=int(target)
    )


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m harness.taps.edge", description=__doc__)
    parser.add_argument("--listen", type=int, required=True, help="port for the functions, 0: any")
    parser.add_argument("--server", type=int, required=True, help="port of the stream manager")
    parser.add_argument(
        "--uplink",
        type=uplink_ports,
        action="append",
        default=[],
        metavar="SERVICE=LISTEN:[HOST:]TARGET",
        help="ports of the way to a cloud service; repeat for each",
    )
    parser.add_argument("--host", default=LOOPBACK, help=HOST_HELP)
    parser.add_argument("--record", type=Path, required=True, help="file to append lines to")
    parser.add_argument("--origin", type=int, required=True, help="CLOCK_MONOTONIC, nanoseconds")
    return parser.parse_args(arguments)


async def witness(options: argparse.Namespace) -> None:
    """Relay and record until told to stop."""
    edge, uplink = (
        Record(options.record, witness=name, origin_ns=options.origin)
        for name in (EDGE_TAP, UPLINK_TAP)
    )
    relay = Relay((LOOPBACK, options.server), partial(Conversation, edge), options.host)
    relays = [relay]
    functions = await listening(EDGE_TAP, options.listen, relay.listen)
    services: dict[str, int] = {}
    for way in options.uplink:
        relay = Relay((way.host, way.target), partial(Uplink, uplink, way.service), options.host)
        relays.append(relay)
        tap = f"{UPLINK_TAP} of {way.service}"
        services[way.service] = await listening(tap, way.listen, relay.listen)
    say_ready({"edge": functions, "uplink": services})
    await until_told_to_stop()
    for relay in relays:
        relay.stop()
    uplink.close()
    edge.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the taps of the edge side."""
    return run(witness(parse(arguments)))


if __name__ == "__main__":
    sys.exit(main())
