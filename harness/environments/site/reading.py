"""The cloud reader of a local site: straight to LocalStack, past the links."""

from collections.abc import Sequence
from pathlib import Path

from harness.environments.protocol import Destination
from harness.environments.site.site import Site
from harness.taps.record import Record

CLOUD_READER = "cloud-reader"
READ_S = 120.0


def reader_file(site: Site) -> Path:
    """Where it writes its lines."""
    return site.witness / f"{CLOUD_READER}.jsonl"


def read_all(site: Site, destinations: Sequence[Destination]) -> None:
    """Have it write down what the destinations hold, one after the other, and its last line."""
    # It takes boto3 along, which has no use before.
    from harness.taps.reader import read_destination

    record = Record(reader_file(site), witness=CLOUD_READER, origin_ns=site.origin_monotonic_ns)
    for destination in destinations:
        read_destination(
            site.cloud_url, destination.service, destination.target, record, deadline_s=READ_S
        )
    record.close()
