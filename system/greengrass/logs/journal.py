"""One journal per component: its lines go to a file and, from a level on, to the cloud.

Only the event loop's thread and `logging` calls of other threads write here; a lock keeps their lines whole.
A full disk must stop neither core nor functions, so a line that cannot be written is counted and dropped.
"""

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from system.greengrass.logs.level import Level
from system.greengrass.logs.line import format_line, guessed_level, shaped_level
from system.greengrass.logs.rotation import RotatingFile

MESSAGE_CHARACTERS_MAX = 16_000
"""A longer line would push everything else out of a file of 128 KB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is kept of a component's lines.

    Attributes:
        file_level: least level that is written to its file.
        space_kb: bound of its files.
        cloud_level: least level that is sent to the cloud; None: nothing is.
    """

    file_level: Level = Level.INFO
    space_kb: int = 128
    cloud_level: Level | None = None


class Forward(Protocol):
    """The way to the cloud. Must not block."""

    def offer(self, group: str, epoch_s: float, line: str) -> None:
        """Take a line for a log group."""


class Journal:
    """The lines of one component.

    Args:
        path: its file.
        group: its log group in the cloud.
    """

    def __init__(self, path: Path, group: str, policy: Policy, forward: Forward | None) -> None:
        self.path = path
        self.group = group
        self.policy = policy
        self.dropped = 0
        self._forward = forward
        self._lock = threading.Lock()
        self._file = RotatingFile(path, policy.space_kb * 1024)

    def apply(self, policy: Policy) -> None:
        """From now on keep what `policy` says."""
        self.policy = policy
        self._file.space_bytes = policy.space_kb * 1024

    def write(self, level: Level, origin: str, message: str) -> None:
        """Write one line of our own shape."""
        now = time.time()
        self._keep(level, now, format_line(now, level, origin, message))

    def pass_on(self, line: bytes, *, origin: str, otherwise: Level) -> None:
        """Write a line that a process printed: as it is when it has the shape, else with ours around it."""
        text = line.decode(errors="replace")
        level = shaped_level(text)
        if level is not None:
            self._keep(level, time.time(), text)
        elif text.strip():
            self.write(guessed_level(text) or otherwise, origin, text)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def _keep(self, level: Level, epoch_s: float, whole: str) -> None:
        policy, line = self.policy, whole[:MESSAGE_CHARACTERS_MAX]
        if level >= policy.file_level:
            try:
                with self._lock:
                    self._file.write(line)
            except (OSError, ValueError):
                self.dropped += 1
        if self._forward and policy.cloud_level is not None and level >= policy.cloud_level:
            self._forward.offer(self.group, epoch_s, line)


class LogBook:
    """All journals of a core.

    Args:
        root: directory of the log files.
        forward: the way to the cloud, if there is one.
    """

    def __init__(self, root: Path, forward: Forward | None = None) -> None:
        self.root = root
        self._forward = forward
        self._journals: dict[str, Journal] = {}

    def journal(self, relative: str, *, group: str, policy: Policy) -> Journal:
        """The journal with this file below the root, with `policy` from now on."""
        if relative not in self._journals:
            path = self.root / relative
            self._journals[relative] = Journal(path, group, policy, self._forward)
        journal = self._journals[relative]
        journal.apply(policy)
        return journal

    def close(self) -> None:
        """Close all files."""
        for journal in self._journals.values():
            journal.close()
