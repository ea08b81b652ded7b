"""Brings the site's cloud resources into its LocalStack, past the links, and the core's files to its root.

Provisioning is neither accused nor judge, so this is the one place of the edition that imports the system. It takes
boto3 along: import it late.
"""

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.local.site import REGION
from harness.environments.local.site import Site as StandingSite
from harness.plan.parts import Site as Settings
from harness.tools.bundles import packer
from harness.tools.cache import Progress
from system.aws.clients import Cloud
from system.stack import BadInput, BundleUnavailable, Stack, StackFailed, StackParameters
from system.stack import write_core_assets as write

ANY_PORT = 0


def parameters(settings: Settings, ports: dict[str, int]) -> StackParameters:
    """The parameters of a site's stack."""
    return StackParameters(
        region=REGION,
        sensor_source=settings.sensor_source,
        stream_producer=settings.stream_producer,
        stream_aggregator=settings.stream_aggregator,
        stream_manager=settings.stream_manager,
        sensor_api_port=ports["sensor_api"],
        aggregate_api_port=ports["aggregate_api"],
        dashboard_port=ports["dashboard"],
        kinesis_streams=settings.kinesis_streams,
    )


def provision(site: StandingSite, settings: Settings, progress: Progress) -> None:
    """Deploy the stack and write what the core needs.

    Raises:
        EnvironmentUnavailable: something could not be had.
    """
    stack = Stack(
        parameters(settings, site.ports),
        Cloud(site.cloud_url, REGION),
        site.directory / "stack.json",
        packer(progress),
    )
    try:
        deployed = stack.deploy()
    except (BadInput, BundleUnavailable, StackFailed) as error:
        raise EnvironmentUnavailable(
            f"The site's cloud resources cannot be had: {error}",
            f"The logs of the cloud are in {site.logs}",
        ) from error
    write(deployed.outputs, site.root, daemon_port=ANY_PORT)
