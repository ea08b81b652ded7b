"""`python -m system.greengrass --root DIR`: the Greengrass core; `docs/reference/greengrass.md` describes it."""

import argparse
import asyncio
import logging
import os
import shlex
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from system.aws.clients import Cloud
from system.greengrass.logs.bridge import JournalHandler
from system.greengrass.logs.cloudwatch import CloudWatch
from system.greengrass.logs.journal import LogBook
from system.greengrass.v1.cloud_group import CLIENT_CONFIG, Connect
from system.greengrass.v1.configuration import (
    ConfigurationRefused,
    CoreConfiguration,
    load_configuration,
)
from system.greengrass.v1.core import Core, CoreOptions, runtime_journal
from system.greengrass.v1.devices import MqttOptions
from system.greengrass.v1.docker_application import Containers
from system.greengrass.v1.download import code_endpoint
from system.greengrass.v1.layout import Layout
from system.greengrass.v1.local_api import PortTaken
from system.greengrass.v1.stream_manager import StreamManagerOptions

log = logging.getLogger(__name__)

BAD_INPUT_STATUS = 2
UNAVAILABLE_STATUS = 4
CRASHED_STATUS = 70
LOGS_FLUSH_S = 0.5


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m system.greengrass", description="A Greengrass v1 core."
    )
    parser.add_argument(
        "--root", type=Path, required=True, help="the Greengrass root: config/, certs/, ggc/"
    )
    parser.add_argument("--config", type=Path, help="default: ROOT/config/config.json")
    parser.add_argument(
        "--stream-manager",
        type=_command_line,
        metavar="COMMAND",
        help="run this in the place of ours",
    )
    parser.add_argument(
        "--stream-manager-port",
        type=int,
        metavar="N",
        help="where it listens, whatever the group says",
    )
    parser.add_argument(
        "--stream-manager-client-port",
        type=int,
        metavar="N",
        help="where functions are told to find it (default: where it listens)",
    )
    parser.add_argument(
        "--mqtt-port",
        type=int,
        metavar="N",
        help="where devices connect to, whatever config.json says",
    )
    parser.add_argument(
        "--mqtt-address",
        default=MqttOptions().address,
        metavar="ADDRESS",
        help="of this machine, for devices; 0.0.0.0: all (default: 127.0.0.1)",
    )
    parser.add_argument(
        "--containers",
        type=Containers,
        choices=list(Containers),
        default=Containers.DOCKER,
        help="what stands for a container of a connector (default: docker)",
    )
    parser.add_argument(
        "--poll-interval",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="how often the cloud is asked for a newer deployment (default: 5)",
    )
    return parser.parse_args(arguments)


def _command_line(text: str) -> str:
    """A command that can be taken apart into words."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no command line: {error}") from error
    if not words:
        raise argparse.ArgumentTypeError("it is empty; leave the option out to run ours")
    return text


def options_of(arguments: argparse.Namespace) -> CoreOptions:
    """What the command line says about the core."""
    return CoreOptions(
        containers=arguments.containers,
        stream_manager=StreamManagerOptions(
            command=arguments.stream_manager,
            port=arguments.stream_manager_port,
            client_port=arguments.stream_manager_client_port,
        ),
        mqtt=MqttOptions(address=arguments.mqtt_address, port=arguments.mqtt_port),
        poll_s=arguments.poll_interval,
        code_endpoint=code_endpoint(),
    )


def connector(region: str) -> Connect:
    """What makes boto3 clients: endpoints come from AWS_ENDPOINT_URL_*, so everything goes over the site's links."""
    # The broker is the thing's cloud; a site names one address for both.
    if "AWS_ENDPOINT_URL_IOT" in os.environ:
        os.environ.setdefault("AWS_ENDPOINT_URL_IOT_DATA_PLANE", os.environ["AWS_ENDPOINT_URL_IOT"])
    cloud = Cloud(None, region)
    # Several threads ask for clients, and boto3 does not make them in two threads at once.
    one_at_a_time = threading.Lock()

    def connect(service: str) -> Any:
        with one_at_a_time:
            return cloud.client(service, config=CLIENT_CONFIG)

    return connect


async def run(core: Core) -> None:
    """Run a core until SIGTERM or SIGINT, then stop it in order.

    Raises:
        PortTaken: the local interface's port cannot be had.
    """
    await core.open()
    running = asyncio.create_task(core.run(), name="core")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    try:
        with suppress(asyncio.CancelledError):
            await running
    finally:
        await core.close()


def start(configuration: CoreConfiguration, layout: Layout, options: CoreOptions) -> None:
    """Put the core together and run it."""
    connect = connector(configuration.thing.region)
    core: Core | None = None

    def stream() -> str:
        day = datetime.now(UTC).strftime("%Y/%m/%d")
        group = core.group_id if core else ""
        return f"{day}/{group or 'no-group'}/{configuration.thing.name}"

    cloudwatch = CloudWatch(lambda: connect("logs"), stream)
    logs = LogBook(layout.logs, cloudwatch)
    logging.basicConfig(
        level=logging.INFO, handlers=[JournalHandler(runtime_journal(logs), echo=True)], force=True
    )
    logging.getLogger("botocore").setLevel(logging.WARNING)
    for warning in configuration.warnings:
        log.warning("config.json: %s", warning)
    core = Core(configuration, layout, options=options, logs=logs, connect=connect)
    cloudwatch.start()
    try:
        asyncio.run(run(core))
    finally:
        cloudwatch.stop(LOGS_FLUSH_S)
        logs.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the core. Exit status: 0 stopped, 2 bad input, 4 a port cannot be had, 70 a fault of its own."""
    parsed = parse_arguments(arguments)
    layout = Layout(root=parsed.root.resolve())
    try:
        configuration = load_configuration(parsed.config or layout.configuration)
        start(configuration, layout, options_of(parsed))
    except ConfigurationRefused as refused:
        return _fail(BAD_INPUT_STATUS, str(refused))
    except PortTaken as taken:
        return _fail(UNAVAILABLE_STATUS, str(taken))
    except Exception as error:
        return _fail(CRASHED_STATUS, _crashed(layout, error))
    return 0


def _crashed(layout: Layout, error: Exception) -> str:
    with suppress(OSError):
        layout.crash_log.parent.mkdir(parents=True, exist_ok=True)
        with layout.crash_log.open("a") as crash_log:
            traceback.print_exception(error, file=crash_log)
    return f"the core ended by a fault of its own: {error!r}; {layout.crash_log} has the details"


def _fail(status: int, message: str) -> int:
    print(f"greengrass: {message}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
