"""The port to whoever runs the server."""

from typing import Protocol


class Log(Protocol):
    """Takes lines; `logging.Logger` is one."""

    def info(self, msg: str) -> None:
        """Something happened that is in order."""

    def warning(self, msg: str) -> None:
        """Something happened that an operator should see."""

    def error(self, msg: str) -> None:
        """Something is broken in the server itself."""
