"""The Greengrass core as a container, beside the edge tap and with its address."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path

import psutil
from docker.errors import APIError

from harness.environments.containers.engine import ContainerPart
from harness.environments.containers.topology import SERVER_PORT
from harness.environments.errors import InjectionFailed
from harness.environments.protocol import ProcessState
from harness.environments.site.edge import STOP_S, listed_processes, wait_for_group
from harness.environments.site.edge_processes import EdgeProcesses, Ending, state_of
from harness.environments.site.site import Site
from harness.fault.target import Target
from harness.waiting import wait_until

NOT_RUNNING = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
"""What the engine answers where there is nothing to send a signal to."""

# Nobody from this machine reaches the server itself: its port is not published.
LISTENS = "import socket; socket.create_connection(('127.0.0.1', {port}), 1).close()"


class Core(EdgeProcesses):
    """The core of a site, and what it runs.

    Processes are known by the ids that this machine gives them: so a signal reaches them at once, without a way through
    the engine.

    Args:
        site: where it is.
        part: its container.
    """

    def __init__(self, site: Site, part: ContainerPart) -> None:
        self._site = site
        self.part = part
        self._known: Mapping[tuple[int, int], psutil.Process] = {}

    def wait(self) -> None:
        """Return when its deployment is carried out and the stream manager listens.

        Raises:
            EnvironmentUnavailable: it ended, did not get there in time, or could not run all of its group.
        """
        wait_for_group(self._site, [self.part], self._server_listens)

    def _server_listens(self) -> bool:
        status, _ = self.part.run(["python", "-c", LISTENS.format(port=SERVER_PORT)])
        return status == 0

    def stop(self) -> None:
        """Let it end in order: functions first, then the stream manager."""
        self.part.stop(STOP_S)

    # -- its processes -------------------------------------------------------------------------

    def processes(self) -> dict[str, ProcessState]:
        """What runs now."""
        init = self.part.init()
        own = _own_process(init) if init is not None else None
        if init is None or own is None:
            return {}
        found = {str(Target.CORE): state_of(own)}
        if self._listed_since(init.create_time()):
            for target, listed in listed_processes(self._site).items():
                process = self._by_inner_id(own, int(listed.get("pid", 0)))
                if process is not None:
                    found[target] = state_of(process)
        return {target: state for target, state in found.items() if state is not None}

    def _listed_since(self, started_s: float) -> bool:
        """Whether what the core says of its processes is of this life of it: the ids are used again."""
        with suppress(OSError):
            file: Path = self._site.root / "ggc/var/state/processes.json"
            return file.stat().st_mtime >= started_s
        return False

    def _by_inner_id(self, core: psutil.Process, inner: int) -> psutil.Process | None:
        """What the core has started, by the process id that it knows; looked for once, since that takes a while."""
        known = self._known.get((core.pid, inner))
        if known is None or not known.is_running():
            self._known = {(core.pid, each): process for each, process in _started_by(core).items()}
            known = self._known.get((core.pid, inner))
        return known

    def end_core(self, pid: int, ending: Ending) -> None:
        """See EdgeProcesses."""
        with _told(pid, ending.what):
            # Docker's init hands it on, and what does not end is not killed instead: that would be another fault.
            self.part.container.kill(ending.signal.name)
            wait_until(self._ended, seconds=ending.seconds, what="the core's container to end")

    def _ended(self) -> bool:
        return self.part.state().get("Status") == "exited"

    def start_core(self) -> None:
        """See EdgeProcesses."""
        with _told(None, "started again"):
            self.part.container.start()


@contextmanager
def _told(pid: int | None, what: str) -> Iterator[None]:
    """Why the engine does not do something to the core, as whoever deals with processes knows it.

    Args:
        pid: under which it ran; None where it need not run.
        what: cannot be done to it.
    """
    try:
        yield
    except APIError as error:
        if pid is not None and error.status_code in NOT_RUNNING:
            raise psutil.NoSuchProcess(pid) from error
        raise InjectionFailed(f"{Target.CORE} cannot be {what}: {error.explanation}") from error


def _own_process(init: psutil.Process) -> psutil.Process | None:
    """The core itself: what the container's first process, Docker's init, has started."""
    with suppress(psutil.Error, OSError):
        # None yet, in its first moments.
        return next((psutil.Process(pid) for pid in _children_ids(init.pid)), None)
    return None


def _children_ids(pid: int) -> list[int]:
    """Those of its first thread, the oldest first; quicker than to look at every process of the machine."""
    place = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [int(each) for each in place.read_text().split()]
    except FileNotFoundError:
        children = psutil.Process(pid).children()
        return [each.pid for each in sorted(children, key=psutil.Process.create_time)]


def _started_by(core: psutil.Process) -> dict[int, psutil.Process]:
    """Everything that the core has started, by the process ids that it knows."""
    found: dict[int, psutil.Process] = {}
    with suppress(psutil.Error):
        for process in core.children(recursive=True):
            with suppress(OSError, ValueError, StopIteration):
                found[_inner_id(process.pid)] = process
    return found


def _inner_id(pid: int) -> int:
    """The id of a process in the innermost namespace that it is in."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("NSpid:")).split()[-1])
