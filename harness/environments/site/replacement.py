"""The command that a user puts in the place of our stream manager, looked at before anything is stood up."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.environments.errors import EnvironmentUnavailable

PYTHON = re.compile(r"python[\d.]*")
LOOK_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """What a command runs.

    Attributes:
        command: the whole of it.
        program: its first word.
        module: that the program, which is a Python then, is to run with `-m`; empty where there is none.
    """

    command: str
    program: str
    module: str

    def looks_for_module(self) -> list[str]:
        """What follows the program where it is only asked whether it finds the module: status 0 then."""
        asked = "import sys, importlib.util; sys.exit(not importlib.util.find_spec(sys.argv[1]))"
        # Where it is asked may be a folder of somebody else.
        return ["-B", "-c", asked, self.module]

    def refused(self, why: str, mend: str) -> EnvironmentUnavailable:
        """The error to raise where it cannot be run."""
        return EnvironmentUnavailable(
            f"The stream manager {self.command!r} cannot be run: {why}", mend
        )


def replacement(command: str) -> Replacement:
    """What a command runs."""
    program, *arguments = shlex.split(command)
    return Replacement(command=command, program=program, module=_module(program, arguments))


def _module(program: str, arguments: Sequence[str]) -> str:
    if PYTHON.fullmatch(Path(program).name) and len(arguments) > 1 and arguments[0] == "-m":
        return arguments[1]
    return ""


def check_command(command: str) -> None:
    """See whether a command can be run at all on this machine, in our folder.

    Raises:
        EnvironmentUnavailable: there is no such program, or it finds no such module.
    """
    wanted = replacement(command)
    if shutil.which(wanted.program) is None:
        raise wanted.refused(
            f"there is no program {wanted.program}",
            "Name one that is on PATH, or its file, with --stream-manager",
        )
    if wanted.module and not _finds_module(wanted):
        raise wanted.refused(
            f"{wanted.program} finds no module {wanted.module}",
            f"Name one that it has, or start in the folder that has it; this is {Path.cwd()}",
        )


def _finds_module(wanted: Replacement) -> bool:
    # One that does not answer is told of when it does not listen.
    with suppress(subprocess.TimeoutExpired):
        looked = subprocess.run(
            [wanted.program, *wanted.looks_for_module()],
            capture_output=True,
            check=False,
            timeout=LOOK_S,
        )
        return looked.returncode == 0
    return True
