"""The core's own `logging` calls as lines of a journal, and on standard error for whoever watches."""

import logging
import sys
import traceback

from system.greengrass.logs.journal import Journal
from system.greengrass.logs.level import level_of_number
from system.greengrass.logs.line import format_line


class JournalHandler(logging.Handler):
    """Writes records to a journal."""

    def __init__(self, journal: Journal, *, echo: bool) -> None:
        super().__init__()
        self._journal = journal
        self._echo = echo

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, with its exception if it has one."""
        level = level_of_number(record.levelno)
        origin = f"{record.filename}:{record.lineno}"
        message = record.getMessage()
        if record.exc_info:
            message += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip()
        self._journal.write(level, origin, message)
        if self._echo and level >= self._journal.policy.file_level:
            print(format_line(record.created, level, origin, message), file=sys.stderr, flush=True)
