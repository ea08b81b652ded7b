"""The edge: the Greengrass core, which starts the stream manager, the functions and the page."""

import json
import os
import re
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from harness.environments.errors import EnvironmentUnavailable, InjectionFailed
from harness.environments.protocol import ProcessState
from harness.environments.site.ports import LOOPBACK, listening
from harness.environments.site.processes import LOG_TAIL_LINES, MARK, Part, python, start, stop
from harness.environments.site.site import REGION, Site
from harness.environments.site.waiting_for_parts import wait_for
from harness.fault.target import Target
from harness.waiting import wait_until

READY_S = 90.0
STOP_S = 10.0
"""The core says that it ends within 5 s."""

POLL_S = 5
KILLED_S = 5.0

FUNCTION_SUFFIXES = {
    Target.SENSOR_SOURCE: "SensorSource",
    Target.STREAM_PRODUCER: "StreamProducer",
    Target.STREAM_AGGREGATOR: "StreamAggregator",
}

# How boto3 calls the services whose links are called otherwise.
_ENDPOINT_NAMES = {"logs": "CLOUDWATCH_LOGS"}

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
    endpoints = {
        f"AWS_ENDPOINT_URL_{_ENDPOINT_NAMES.get(service, service.upper())}": (
            f"http://{LOOPBACK}:{link.uplink_tap}"
        )
        for service, link in site.links.items()
    }
    return {
        **kept,
        **endpoints,
        MARK: mark,
        "PYTHONUNBUFFERED": "1",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


class Core:
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
        replaced = ["--stream-manager", stream_manager] if stream_manager else []
        return python(
            "system.greengrass",
            *("--root", str(site.root), "--containers", "process"),
            *("--stream-manager-port", str(site.server_port)),
            *("--stream-manager-client-port", str(site.client_port)),
            *("--poll-interval", str(POLL_S)),
            *replaced,
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
        wait_for(self._status, "the core to run its group", parts=self.parts, seconds=READY_S)
        status = self._status()
        if status.get("status") != "Success":
            raise self._failed(f"The core cannot run its group: {status.get('error')}")

    def _failed(self, what: str) -> EnvironmentUnavailable:
        """Why it does not stand; a stream manager that is not there has the last word."""
        if listening(self._site.server_port):
            return EnvironmentUnavailable(what, f"Its logs are in {self._site.logs}")
        return EnvironmentUnavailable(
            what, f"The end of the stream manager's log:\n{self._stream_manager_tail()}"
        )

    def stop(self) -> None:
        """Let it end in order: functions first, then the stream manager."""
        for part in self.parts:
            stop(part, seconds=STOP_S)

    def processes(self) -> dict[str, ProcessState]:
        """What runs now."""
        own = self._part.process.pid if self._part is not None and self._part.alive() else 0
        listed = self._read("processes.json")
        found: dict[str, ProcessState | None] = {
            Target.CORE: _state(own) if own else None,
            Target.STREAM_MANAGER: self._listed(listed.get("stream_manager")),
        }
        for function in (listed.get("functions") or {}).values():
            for target, suffix in FUNCTION_SUFFIXES.items():
                if str(function.get("name")).endswith(suffix):
                    found[target] = self._listed(function)
        return {target: state for target, state in found.items() if state is not None}

    def _listed(self, listed: Mapping[str, Any] | None) -> ProcessState | None:
        """A process that the core names, if it is there: a core that was killed cannot say that its children are."""
        pid = int((listed or {}).get("pid", 0))
        state = _state(pid) if pid else None
        with suppress(psutil.Error):
            if state and psutil.Process(pid).environ().get(MARK) == self._environment[MARK]:
                return state
        return None

    def kill(self, target: str) -> None:
        """Kill a process without warning. The core starts again what it runs; itself is started again by us.

        Raises:
            InjectionFailed: it does not run now, or does not die.
        """
        state = self.processes().get(target)
        if state is None:
            raise InjectionFailed(f"{target} cannot be killed: it does not run now")
        try:
            process = psutil.Process(state.pid)
            process.send_signal(signal.SIGKILL)
            if target == Target.CORE:
                self._part_of_core().process.wait(KILLED_S)
                self.start()
            else:
                _wait_until_gone(process)
        except psutil.NoSuchProcess:
            raise InjectionFailed(f"{target} cannot be killed: it has just ended") from None

    def _part_of_core(self) -> Part:
        assert self._part is not None, "it runs"
        return self._part

    # -- what the core writes ------------------------------------------------------------------

    def _status(self) -> dict[str, Any]:
        return self._read("deployment.json")

    def _read(self, name: str) -> dict[str, Any]:
        """A file of the core's state, which is replaced whole; empty where there is none yet."""
        with suppress(OSError, ValueError):
            document = json.loads((self._site.root / "ggc/var/state" / name).read_text())
            return document if isinstance(document, dict) else {}
        return {}

    def _stream_manager_tail(self) -> str:
        printed: list[str] = []
        with suppress(OSError):
            log = core_logs(self._site) / "system" / "GGStreamManager.log"
            printed = log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        return "\n".join(printed) or "(it printed nothing)"


def core_logs(site: Site) -> Path:
    """The folder of the core's own logs."""
    return site.root / "ggc" / "var" / "log"


def _state(pid: int) -> ProcessState | None:
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            return ProcessState(pid=pid, started=process.create_time())
    return None


def _wait_until_gone(process: psutil.Process) -> None:
    def gone() -> bool:
        # Its parent reaps it, in its own time.
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE

    with suppress(psutil.NoSuchProcess):
        wait_until(gone, seconds=KILLED_S, what="a killed process to end", poll_s=0.002)
