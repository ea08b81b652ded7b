"""What a function writes, as lines of its log: its `logging` with file and line, its prints as they come."""

import json
from pathlib import Path

from system.greengrass.logs.journal import Journal
from system.greengrass.logs.level import Level, level_of_number

LOG_CHANNEL = "log"
LOG_VARIABLE = "_GG_LOG_FD"
_LEVELS = {"stdout": Level.INFO, "stderr": Level.ERROR}


class FunctionOutput:
    """Takes the lines of a function's workers."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def line(self, channel: str, line: bytes) -> None:
        """Log one line of one channel."""
        if channel != LOG_CHANNEL:
            self._journal.pass_on(line, origin=channel, otherwise=_LEVELS[channel])
            return
        try:
            number, origin, message = json.loads(line)
            self._journal.write(level_of_number(int(number)), Path(origin).name, str(message))
        except (ValueError, TypeError):
            # Whoever else writes there is still heard.
            self._journal.pass_on(line, origin=channel, otherwise=Level.INFO)
