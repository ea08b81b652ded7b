"""LocalStack's Kinesis for a benchmark."""

from typing import Any

import boto3

from bench.workbench import Workbench
from harness.environments.local.localstack import start_localstack
from harness.environments.site.emulator import warm_up
from harness.environments.site.loopback import reach_loopback_directly
from harness.environments.site.ports import Ports
from harness.tools.localstack import ensure_localstack
from harness.waiting import wait_until

KEY, REGION = "test", "us-east-1"
ACTIVE_S = 60.0


def start_kinesis(bench: Workbench) -> str:
    """Start LocalStack; it ends with the workbench.

    Returns:
        The address of all its services.

    Raises:
        EnvironmentUnavailable: it cannot be had, or does not answer.
    """
    reach_loopback_directly()
    tool = ensure_localstack(bench.progress)
    folder = bench.some_folder("localstack")
    with Ports() as ports:
        port = ports.free()
    process = start_localstack(
        tool, port=port, directory=folder, log=folder / "output", mark=bench.mark
    )
    bench.at_end(process.stop)
    process.wait()
    warm_up(process.endpoint)()
    return process.endpoint


def kinesis_client(endpoint: str) -> Any:
    """A boto3 client."""
    return boto3.client(
        "kinesis",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=KEY,
        aws_secret_access_key=KEY,
    )


def create_data_stream(client: Any, name: str) -> None:
    """Create a data stream of one shard, and return when it can be written to."""
    client.create_stream(StreamName=name, ShardCount=1)
    wait_until(
        lambda: _status(client, name) == "ACTIVE", seconds=ACTIVE_S, what=f"the stream {name}"
    )


def _status(client: Any, name: str) -> str:
    summary = client.describe_stream_summary(StreamName=name)
    return str(summary["StreamDescriptionSummary"]["StreamStatus"])
