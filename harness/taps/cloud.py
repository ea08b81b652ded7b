"""The process of the cloud tap.

`python -m harness.taps.cloud --service NAME=LISTEN ... --target http://HOST:PORT --record FILE --origin NS`
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.taps.process import HOST_HELP, listening, run, say_ready, until_told_to_stop
from harness.taps.proxy import CloudProxy
from harness.taps.record import Record
from harness.taps.relay import LOOPBACK

CLOUD_TAP = "cloud-tap"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePort:
    """Where the requests of one service arrive."""

    service: str
    listen: int


def service_port(text: str) -> ServicePort:
    """The port in `NAME=LISTEN`.

    Raises:
        ValueError: the text has another form.
    """
    service, _, port = text.partition("=")
    return ServicePort(service=service, listen=int(port))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m harness.taps.cloud", description=__doc__)
    parser.add_argument(
        "--service",
        type=service_port,
        action="append",
        required=True,
        metavar="NAME=LISTEN",
        help="port for the requests of a service, 0: any; repeat for each",
    )
    parser.add_argument("--target", required=True, help="URL of the cloud")
    parser.add_argument("--host", default=LOOPBACK, help=HOST_HELP)
    parser.add_argument("--record", type=Path, required=True, help="file to append lines to")
    parser.add_argument("--origin", type=int, required=True, help="CLOCK_MONOTONIC, nanoseconds")
    return parser.parse_args(arguments)


async def witness(options: argparse.Namespace) -> None:
    """Pass on and record until told to stop."""
    record = Record(options.record, witness=CLOUD_TAP, origin_ns=options.origin)
    proxy = CloudProxy(record, options.target, options.host)
    ports = {}
    try:
        for each in options.service:
            listen = partial(proxy.listen, each.service)
            tap = f"{CLOUD_TAP} of {each.service}"
            ports[each.service] = await listening(tap, each.listen, listen)
        say_ready({"cloud": ports})
        await until_told_to_stop()
    finally:
        await proxy.stop()
    record.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tap of the cloud side."""
    return run(witness(parse(arguments)))


if __name__ == "__main__":
    sys.exit(main())
