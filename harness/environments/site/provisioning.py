"""Brings the site's cloud resources into its LocalStack, past the links, and the core's files to its root.

Provisioning is neither accused nor judge, so this is the one place of the edition that imports the system. It takes
boto3 along: import it late.
"""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.own_stack import own_parameters
from harness.environments.site.site import REGION
from harness.environments.site.site import Site as StandingSite
from harness.environments.site.stack import StackFiles
from harness.plan.parts import Site as Settings
from harness.tools.bundles import OWN_VERSION, packer_for
from harness.tools.cache import Progress
from system.stack import (
    BadInput,
    BundleUnavailable,
    StackFailed,
    StackParameters,
    write_core_assets,
)

ANY_PORT = 0


def parameters(settings: Settings, ports: dict[str, int]) -> StackParameters:
    """The parameters of a site's stack.

    Args:
        settings: of what runs on it.
        ports: of functions and page, by name.
    """
    if settings.application is not None:
        return own_parameters(
            settings.application, Path(settings.base), ports, settings.stream_manager
        )
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


def provision(
    site: StandingSite,
    settings: Settings,
    progress: Progress,
    *,
    inside: Mapping[str, int] | None = None,
    seen_as: PurePosixPath | None = None,
    version: str = OWN_VERSION,
) -> None:
    """Deploy the stack and write what the core needs.

    Args:
        site: whose.
        settings: of its functions.
        progress: told what is installed.
        inside: ports on which functions listen where the core runs, if others than on this machine.
        seen_as: where the core finds its root, if elsewhere than we do.
        version: of the Python that runs the functions.

    Raises:
        EnvironmentUnavailable: something could not be had.
    """
    files, wanted = (
        StackFiles(site.directory),
        parameters(settings, {**site.ports, **(inside or {})}),
    )
    files.keep(wanted)
    try:
        pack = packer_for(wanted, progress, version)
        deployed = files.stack(wanted, site.cloud_url, pack).deploy()
    except (BadInput, BundleUnavailable, StackFailed) as error:
        raise EnvironmentUnavailable(
            f"The site's cloud resources cannot be had: {error}",
            f"The logs of the cloud are in {site.logs}",
        ) from error
    write_core_assets(deployed.outputs, site.root, daemon_port=ANY_PORT, seen_as=seen_as)
