"""The stack of a site file: what it names, as the stack takes it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.environments.site.site import REGION
from harness.scenario.site_file import FunctionOnSite, SiteFile
from system.stack import StackParameters
from system.stack.application import Application, Function, Subscription

BYTES_IN_KILOBYTE = 1024
"""As Greengrass counts memory."""


def own_parameters(
    site: SiteFile, base: Path, ports: Mapping[str, int], stream_manager: Mapping[str, str]
) -> StackParameters:
    """The parameters of its stack.

    Args:
        site: what runs there.
        base: the folder that its paths are relative to.
        ports: of its functions, by name.
        stream_manager: variables of the stream manager.

    Raises:
        OSError: the compose file cannot be read.
    """
    return StackParameters(
        name=site.stack,
        region=REGION,
        stream_manager=stream_manager,
        application=Application(
            functions=tuple(_function(each, base, ports) for each in site.functions),
            subscriptions=tuple(
                Subscription(source=each.source, topic=each.topic, target=each.target)
                for each in site.subscriptions
            ),
            kinesis_streams=site.cloud.kinesis_streams,
            channels=site.cloud.iot_analytics_channels,
            devices=site.devices,
            compose=(base / site.container.compose).read_text() if site.container else None,
        ),
    )


def _function(function: FunctionOnSite, base: Path, ports: Mapping[str, int]) -> Function:
    return Function(
        name=function.name,
        lambda_name=function.name,
        handler=function.handler,
        pinned=function.pinned,
        encoding=str(function.encoding),
        timeout_s=function.timeout_ms // 1000,
        memory_kb=None
        if function.memory_bytes is None
        else -(-function.memory_bytes // BYTES_IN_KILOBYTE),
        environment={**function.environment, **dict(_told(function, ports))},
        # A stack outlives the command that deployed it, which may have been elsewhere.
        folder=str((base / function.folder).resolve()),
    )


def _told(function: FunctionOnSite, ports: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    for name, port in function.ports.items():
        if port.variable is not None:
            yield port.variable, str(ports[name])
