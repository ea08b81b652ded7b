"""What a load needs in the site's cloud: the Kinesis data stream that its own stream is exported to."""

from contextlib import suppress

from harness.load.export import Export
from harness.load.site_file import LoadSite
from system.aws.clients import Cloud

ACTIVE_S = 1
ATTEMPTS = 30


def provide(site: LoadSite, export: Export | None) -> None:
    """Create the data stream, if it is not there yet. A channel has to be there: it needs more than a name."""
    if export is None or export.service != "kinesis":
        return
    kinesis = Cloud(site.cloud_url, site.region).client("kinesis")
    with suppress(kinesis.exceptions.ResourceInUseException):
        kinesis.create_stream(StreamName=export.target, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(
        StreamName=export.target, WaiterConfig={"Delay": ACTIVE_S, "MaxAttempts": ATTEMPTS}
    )
