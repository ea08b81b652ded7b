"""Load on a site that is up: `STREAM_CHAOS_SITE=FILE locust -f harness/load/locustfile.py --headless StreamAppender`.

See docs/how-to/load.md. Options of its own are those of `harness.load.options`.
"""

import math
import sys
from argparse import Namespace
from dataclasses import dataclass
from typing import Any

import gevent
import locust
from locust.runners import LocalRunner, WorkerRunner

from harness.commands.outcome import CommandFailed, ExitStatus
from harness.environments.site.loopback import reach_loopback_directly
from harness.load.cloud import provide
from harness.load.leader import Leader
from harness.load.options import OPTIONS, LoadOptions, parse
from harness.load.reporting import report_into
from harness.load.site_file import LoadSite, check_standing, read_site
from harness.load.users import SensorApi, SensorDevice, StreamAppender
from harness.load.worker import DONE, READY, REFUSED, SHARES, STOP, Worker

__all__ = ["SensorApi", "SensorDevice", "StreamAppender"]

READINGS_PER_USER_HZ = 50
"""How many users there are, unless somebody says it: one of a kind for so many readings per second."""


@dataclass(slots=True)
class _Load:
    """What the users of this process find in `environment.stream_chaos`."""

    site: LoadSite
    options: LoadOptions
    worker: Worker
    leader: Leader | None


def _declare(parser: Any) -> None:
    group = parser.add_argument_group("Load of stream-chaos")
    for option in OPTIONS:
        group.add_argument(
            f"--{option.name}",
            default=option.default,
            env_var=option.variable,
            help=f"{option.help} (default: {option.default})" if option.default else option.help,
        )


def _prepare(environment: Any, runner: Any, **_: Any) -> None:
    given = environment.parsed_options
    reach_loopback_directly()
    try:
        options = parse(given)
        site = read_site(given.site)
        _choose_users(environment, site)
        check_standing(site)
        if not isinstance(runner, WorkerRunner):
            _spawn_enough(given, options, environment.user_classes)
            if StreamAppender in environment.user_classes:
                _provide(site, options)
    except CommandFailed as failed:
        print(f"Error: {failed}", file=sys.stderr)
        sys.exit(failed.status)
    report_into(environment)
    environment.stream_chaos = _fresh(site, options, runner)
    _listen(environment, runner)


def _choose_users(environment: Any, site: LoadSite) -> None:
    """Everybody, unless users are named; who cannot do anything here is left out, or told so when named."""
    lacking: dict[type, str] = {}
    if site.broker is None:
        lacking[SensorDevice] = "has no MQTT: SensorDevice cannot publish there"
    if not (site.sensor_api and site.aggregate_api):
        lacking[SensorApi] = "has not our functions: SensorApi has nothing to ask there"
    idle = [each for each in environment.user_classes if each in lacking]
    able = [each for each in environment.user_classes if each not in lacking]
    if idle and (environment.parsed_options.user_classes or not able):
        raise CommandFailed(f"The site {site.name} {lacking[idle[0]]}; name other users.")
    environment.user_classes = able


def _spawn_enough(given: Namespace, options: LoadOptions, users: list[type]) -> None:
    """All at once: readings are due by the clock, not by the number of users."""
    # One user carries one reading at a time: too few of them would be what is measured.
    highest_hz = options.sensors * options.shape.highest_hz(options.rate_hz)
    each = math.ceil(highest_hz / READINGS_PER_USER_HZ)
    each = max(each, given.expect_workers if given.master else 1)
    enough = sum(getattr(user, "fixed_count", 0) or each for user in users)
    given.num_users = max(given.num_users or enough, len(users))
    given.spawn_rate = given.spawn_rate or min(100, given.num_users)


def _provide(site: LoadSite, options: LoadOptions) -> None:
    try:
        provide(site, options.export)
    except Exception as error:
        raise CommandFailed(
            f"The cloud of the site {site.name} gives no {options.export}: {error}.",
            ExitStatus.NO_ENVIRONMENT,
        ) from error


def _fresh(site: LoadSite, options: LoadOptions, runner: Any) -> _Load:
    worker = Worker(runner.send_message)
    if isinstance(runner, WorkerRunner):
        return _Load(site, options, worker, None)
    own = worker.report if isinstance(runner, LocalRunner) else None
    return _Load(site, options, worker, Leader(runner, options, own))


def _listen(environment: Any, runner: Any) -> None:
    """Have the messages between the processes heard, and locust's own events."""
    heard = environment.stream_chaos

    def on_test_start(**_: Any) -> None:
        # A web page may start several loads, one after the other, with options of their own.
        fresh = _fresh(heard.site, parse(environment.parsed_options), runner)
        heard.options, heard.worker, heard.leader = fresh.options, fresh.worker, fresh.leader

    environment.events.test_start.add_listener(on_test_start)
    if isinstance(runner, WorkerRunner | LocalRunner):
        runner.register_message(
            SHARES, lambda environment, msg: heard.worker.begin(msg.data, heard.options)
        )
        runner.register_message(STOP, lambda environment, msg: heard.worker.stop())
    if heard.leader is None:
        environment.events.report_to_master.add_listener(
            lambda client_id, data: data.update(heard.worker.report())
        )
    else:
        _lead(environment, runner, heard)


def _lead(environment: Any, runner: Any, heard: _Load) -> None:
    def leader() -> Leader:
        assert heard.leader is not None
        return heard.leader

    runner.register_message(
        READY, lambda environment, msg: leader().user_ready(msg.node_id, msg.data)
    )
    runner.register_message(REFUSED, lambda environment, msg: leader().refused(msg.data))
    runner.register_message(DONE, lambda environment, msg: leader().done(msg.node_id, msg.data))
    environment.events.worker_report.add_listener(
        lambda client_id, data: leader().tallied(client_id, data)
    )
    environment.events.spawning_complete.add_listener(
        lambda user_count: gevent.spawn(leader().lead)
    )

    def on_quitting(**_: Any) -> None:
        leader().look()
        for line in leader().summary():
            print(line, flush=True)
        environment.process_exit_code = leader().exit_status()

    environment.events.quitting.add_listener(on_quitting)


_events: Any = locust.events
_events.init_command_line_parser.add_listener(_declare)
_events.init.add_listener(_prepare)
