"""A locust user's hold on the process that appends for it."""

import sys
from collections.abc import Sequence
from contextlib import suppress

import gevent
from gevent import subprocess

from harness.load.answer import Answer
from harness.load.options import LoadOptions
from harness.load.site_file import LoadSite

BEYOND_S = 20.0
"""What the process may need besides the SDK's own time-out, before it is taken for hung: to start, to connect."""


class AppenderDied(Exception):
    """The process does not answer any more."""


class Appender:
    """Appends through a process of its own, see `harness.load.appending`; only this greenlet waits meanwhile.

    Args:
        site: whose stream manager.
        options: of the load.

    Raises:
        AppenderDied: the process does not say that it is there.
    """

    def __init__(self, site: LoadSite, options: LoadOptions) -> None:
        self._limit_s = options.timeout_s + BEYOND_S
        self._process = subprocess.Popen(
            _command(site, options), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.first = self._answer()

    def append(self, payload: bytes) -> Answer:
        """Append once.

        Raises:
            AppenderDied: it is not known what came of it.
        """
        try:
            self._process.stdin.write(payload + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise AppenderDied("the appending process is gone") from error
        return self._answer()

    def _answer(self) -> Answer:
        line = b""
        with gevent.Timeout(self._limit_s, False):
            line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise AppenderDied("the appending process does not answer")
        return Answer.from_line(line)

    def close(self) -> None:
        """End the process."""
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def _command(site: LoadSite, options: LoadOptions) -> Sequence[str]:
    export = ["--export", str(options.export)] if options.export else []
    return [
        sys.executable,
        "-m",
        "harness.load.appending",
        f"--port={site.stream_manager}",
        f"--stream={options.stream}",
        f"--batch-size={options.batch_size}",
        f"--timeout={options.timeout_s}",
        *export,
    ]
