"""The edge: the Greengrass core, which starts the stream manager, the functions and the page."""

import os
import re
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import psutil

from harness.environments.protocol import ProcessState
from harness.environments.site.edge import (
    STOP_S,
    cloud_variables,
    listed_processes,
    options,
    wait_for_group,
)
from harness.environments.site.edge_processes import EdgeProcesses, Ending, state_of
from harness.environments.site.ports import listening
from harness.environments.site.processes import MARK, Part, python, start, stop
from harness.environments.site.site import Site
from harness.fault.target import Target
from harness.waiting import WaitedInVain

# What a user has set for his own cloud, or a shell for another site, must not reach this one.
NOT_FOR_THE_EDGE = re.compile(
    r"AWS_\w+|GG_\w+|STREAM_MANAGER_\w+|SENSOR_\w+|LOCAL_\w*STREAM\w*|AGGREGATE_\w+|KINESIS_\w+|RAW_\w+"
    r"|LOG_LEVEL|POLL_INTERVAL_S|PORT"
)


def environment(site: Site, mark: str, inherited: Mapping[str, str]) -> dict[str, str]:
    """All variables that the core sees: each cloud service is reached over the site's links."""
    kept = {
        name: value for name, value in inherited.items() if not NOT_FOR_THE_EDGE.fullmatch(name)
    }
    uplinks = {service: link.uplink_tap for service, link in site.links.items()}
    return {**kept, **cloud_variables(uplinks), MARK: mark}


class Core(EdgeProcesses):
    """The core of a site, and what it runs.

    Args:
        site: where it is.
        mark: of the site.
        stream_manager: command that is run in the place of our stream manager.
    """

    def __init__(self, site: Site, mark: str, stream_manager: str | None) -> None:
        self._site = site
        self._environment = environment(site, mark, os.environ)
        self._command = self._command_line(stream_manager)
        self._part: Part | None = None

    def _command_line(self, stream_manager: str | None) -> list[str]:
        site = self._site
        return python(
            "system.greengrass",
            *("--root", str(site.root), "--containers", "process"),
            *("--mqtt-port", str(site.mqtt_port)),
            *options(site.server_port, site.client_port, stream_manager),
        )

    @property
    def parts(self) -> tuple[Part, ...]:
        """Its process, if it was started."""
        return () if self._part is None else (self._part,)

    def start(self) -> None:
        """Start it and return at once; it keeps our working directory, which `--stream-manager` may be relative to.

        Raises:
            EnvironmentUnavailable: it cannot be started at all.
        """
        self._part = start(
            "The Greengrass core",
            self._command,
            environment=self._environment,
            log=self._site.logs / "core.log",
        )

    def wait(self) -> None:
        """Return when its deployment is carried out and the stream manager listens.

        Raises:
            EnvironmentUnavailable: it ended, did not get there in time, or could not run all of its group.
        """
        wait_for_group(self._site, self.parts, lambda: listening(self._site.server_port))

    def stop(self) -> None:
        """Let it end in order: functions first, then the stream manager."""
        for part in self.parts:
            stop(part, seconds=STOP_S)

    def processes(self) -> dict[str, ProcessState]:
        """What runs now."""
        own = self._part.process.pid if self._part is not None and self._part.alive() else 0
        found: dict[str, ProcessState | None] = {
            target: self._listed(listed) for target, listed in listed_processes(self._site).items()
        }
        found[Target.CORE] = _running(own) if own else None
        return {target: state for target, state in found.items() if state is not None}

    def _listed(self, listed: Mapping[str, Any]) -> ProcessState | None:
        """A process that the core names, if it is there: a core that was killed cannot say that its children are."""
        pid = int(listed.get("pid", 0))
        state = _running(pid) if pid else None
        with suppress(psutil.Error):
            if state and psutil.Process(pid).environ().get(MARK) == self._environment[MARK]:
                return state
        return None

    def end_core(self, pid: int, ending: Ending) -> None:
        """See EdgeProcesses."""
        psutil.Process(pid).send_signal(ending.signal)
        assert self._part is not None, "it runs"
        try:
            self._part.process.wait(ending.seconds)
        except subprocess.TimeoutExpired as late:
            raise WaitedInVain("the core to end", ending.seconds) from late

    def start_core(self) -> None:
        """See EdgeProcesses."""
        self.start()


def _running(pid: int) -> ProcessState | None:
    with suppress(psutil.Error):
        return state_of(psutil.Process(pid))
    return None
