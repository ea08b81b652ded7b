"""The command that a user puts in the place of our stream manager, looked at before anything is stood up."""

import shlex
import shutil

from harness.environments.errors import EnvironmentUnavailable


def check_command(command: str | None) -> None:
    """See whether a command can be run at all; None is our own.

    Raises:
        EnvironmentUnavailable: there is no such program.
    """
    if command is None:
        return
    program = shlex.split(command)[0]
    if shutil.which(program) is None:
        raise EnvironmentUnavailable(
            f"The stream manager {command!r} cannot be run: there is no program {program}",
            "Name one that is on PATH, or its file, with --stream-manager",
        )
