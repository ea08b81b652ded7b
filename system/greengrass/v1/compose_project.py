"""The services of a compose file as containers: one project of `docker compose`, beside the core.

Environment of the core, besides what the compose file itself asks for:
    COMPOSE_PROJECT_NAME: of the project (default `greengrassdockerapplicationdeployment`, as AWS's connector has it).
    GREENGRASS_CONTAINER_LABELS: `name=value,...`, put on everything that is made for the compose file.
"""

import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from system.greengrass.supervision.supervisor import Running

PROJECT = "greengrassdockerapplicationdeployment"
LABELS = "GREENGRASS_CONTAINER_LABELS"
OVERRIDE = "docker-compose.labels.yml"
COMMAND_S = 600.0
OTHERWISE = "install it, or start the core with --containers process"
MESSAGE_LETTERS_MAX = 500


@dataclass(eq=False)
class ComposeFailed(Exception):
    """`docker compose` did not do what it was asked for.

    Attributes:
        reason: as it says it.
        by_file: whether the compose file is the reason.
    """

    reason: str
    by_file: bool = False

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerState:
    """A container of the project.

    Attributes:
        service: that it belongs to.
        status: as Docker calls it: `running`, `exited`, `restarting`.
        running: what others may see of it; None where it does not run.
    """

    service: str
    status: str
    running: Running | None


def labels_override(text: str, written: str) -> str:
    """A second compose file that puts labels on everything the first one makes; empty where there is nothing to add.

    Args:
        text: of the first one.
        written: the labels, as `name=value,...`.
    """
    labels = dict(each.split("=", 1) for each in written.split(",") if "=" in each)
    if not labels:
        return ""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        # Compose will say better what is wrong with it.
        return ""
    if not isinstance(document, dict):
        return ""
    made = {
        "services": _each(_parts(document, "services"), labels),
        "networks": _each(["default", *_own(document, "networks")], labels),
        "volumes": _each(_own(document, "volumes"), labels),
    }
    # JSON is YAML, without anchors for what stands there twice.
    return json.dumps({key: value for key, value in made.items() if value}, indent=1)


def _each(names: Iterable[str], labels: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"labels": labels} for name in names}


def _parts(document: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    written = document.get(kind)
    return written if isinstance(written, dict) else {}


def _own(document: Mapping[str, Any], kind: str) -> Iterator[str]:
    """What the file makes itself; what is there already belongs to somebody else."""
    for name, settings in _parts(document, kind).items():
        if not (isinstance(settings, dict) and settings.get("external")):
            yield name


class ComposeProject:
    """Runs one compose file; every method blocks, and `cancel` ends the one that is under way.

    Args:
        file: the compose file.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._cancelled = False
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def prepare(self) -> None:
        """Write down which labels are to be put on what the file makes.

        Raises:
            ComposeFailed: there is no Docker to make anything.
        """
        if shutil.which("docker") is None:
            raise ComposeFailed(f"There is no program docker; {OTHERWISE}")
        self._label()

    def _label(self) -> None:
        override = labels_override(self._file.read_text(), os.environ.get(LABELS, ""))
        place = self._file.with_name(OVERRIDE)
        place.unlink(missing_ok=True)
        if override:
            place.write_text(override)

    def pull(self) -> None:
        """Bring the images.

        Raises:
            ComposeFailed: not all can be had; they may be there all the same.
        """
        self._compose("pull", "--quiet")

    def up(self) -> None:
        """Start the services.

        Raises:
            ComposeFailed: they do not start.
        """
        try:
            self._compose("up", "--detach", "--remove-orphans")
        except ComposeFailed as failed:
            raise self._blamed(failed) from failed

    def _blamed(self, failed: ComposeFailed) -> ComposeFailed:
        """Why something failed: there is no compose, it does not understand the file, or else what it says."""
        try:
            self._docker("compose", "version")
        except ComposeFailed:
            return ComposeFailed(f"There is no `docker compose` here; {OTHERWISE}")
        try:
            self._compose("config", "--quiet")
        except ComposeFailed as refused:
            return ComposeFailed(f"The compose file cannot be used: {refused}", by_file=True)
        return failed

    def down(self, grace_s: float) -> None:
        """End the services, those of an earlier file with the same project, too, and of an earlier life of the core.

        Raises:
            ComposeFailed: they do not end.
        """
        # To ask is quicker than to take nothing down.
        if self._ids():
            self._compose("down", "--remove-orphans", "--timeout", str(round(grace_s)))

    def _ids(self) -> list[str]:
        label = f"label=com.docker.compose.project={self._name}"
        return self._docker("ps", "--all", "--quiet", "--filter", label).split()

    @property
    def _name(self) -> str:
        return os.environ.get("COMPOSE_PROJECT_NAME") or PROJECT

    def states(self) -> list[ContainerState]:
        """The containers of this moment.

        Raises:
            ComposeFailed: they cannot be asked for.
        """
        ids = self._ids()
        if not ids:
            return []
        return [_state(each) for each in json.loads(self._docker("container", "inspect", *ids))]

    def cancel(self) -> None:
        """End what is under way; whatever is called now begins anew."""
        with self._lock:
            process = self._process
        if process is not None:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)

    def _compose(self, *arguments: str) -> str:
        override = self._file.with_name(OVERRIDE)
        files = [self._file, *([override] if override.is_file() else [])]
        named = [option for file in files for option in ("--file", str(file))]
        return self._docker("compose", "--project-name", self._name, *named, *arguments)

    def _docker(self, *arguments: str) -> str:
        """The output of a command.

        Raises:
            ComposeFailed: it has another status than 0, or takes too long.
        """
        process = subprocess.Popen(
            ["docker", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self._file.parent,
            start_new_session=True,
        )
        with self._lock:
            self._process = process
        try:
            output, said = process.communicate(timeout=COMMAND_S)
        except subprocess.TimeoutExpired:
            self.cancel()
            process.communicate()
            raise ComposeFailed(
                f"`docker {arguments[0]}` took longer than {COMMAND_S:g} s"
            ) from None
        finally:
            with self._lock:
                self._process = None
        if process.returncode:
            raise ComposeFailed(_last_words(said) or f"it ended with status {process.returncode}")
        return output


def _last_words(said: str) -> str:
    """The end of what a command said: what came before is progress."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling: Sequence[str] = [line for line in lines if "rror" in line] or lines[-1:]
    return " ".join(telling)[:MESSAGE_LETTERS_MAX]


def _state(found: Mapping[str, Any]) -> ContainerState:
    state, labels = found["State"], found["Config"].get("Labels") or {}
    running = None
    if state["Running"]:
        running = Running(
            pid=state["Pid"], started=_epoch_s(state["StartedAt"]), restarts=found["RestartCount"]
        )
    return ContainerState(
        service=labels.get("com.docker.compose.service", found["Name"].lstrip("/")),
        status=state["Status"],
        running=running,
    )


def _epoch_s(moment: str) -> float:
    """Seconds of a time as Docker writes it, with more digits than Python reads."""
    return datetime.fromisoformat(f"{moment.partition('.')[0].rstrip('Z')}+00:00").timestamp()
