"""The function's `logging`, sent to the core: one JSON line per record, so that a traceback stays one entry."""

import json
import logging
import os
import traceback

LOG_DESCRIPTOR = "_GG_LOG_FD"
MESSAGE_CHARACTERS_MAX = 32_000
"""The core cuts lines of 256 KiB, and a cut line is no JSON any more; JSON makes up to six bytes of a character."""

LEVELS = {
    "TRACE": logging.DEBUG,
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARN": logging.WARNING,
    "ERROR": logging.ERROR,
    "FATAL": logging.CRITICAL,
}


class CoreHandler(logging.Handler):
    """Writes records to the pipe that the core reads."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record; the lock that `handle` holds keeps lines whole."""
        try:
            message = record.getMessage()
            if record.exc_info:
                message += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip()
            origin = f"{record.filename}:{record.lineno}"
            fields = (record.levelno, origin, message[:MESSAGE_CHARACTERS_MAX])
            write_all(self._descriptor, json.dumps(fields).encode())
        except Exception:
            self.handleError(record)


def write_all(descriptor: int, line: bytes) -> None:
    """Write a line and its end, whatever it takes."""
    rest = memoryview(line + b"\n")
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def set_up() -> None:
    """Let the root logger write to the core, from the group's level on."""
    descriptor = os.environ.get(LOG_DESCRIPTOR)
    if descriptor is None:
        return
    os.set_inheritable(int(descriptor), False)
    root = logging.getLogger()
    root.addHandler(CoreHandler(int(descriptor)))
    root.setLevel(LEVELS.get(os.environ.get("LOG_LEVEL", ""), logging.INFO))
