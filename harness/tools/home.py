"""Where the files of this user go, whether or not he has a home."""

import os
from pathlib import Path

from harness.environments.errors import EnvironmentUnavailable


def user_folder(variable: str, below_home: str, *, instead: str) -> Path:
    """`$<variable>`, else a folder of the user's home.

    Args:
        variable: of the XDG specification, which has relative paths ignored.
        below_home: what the specification says where it is not set.
        instead: what else can be set, where there is no home.

    Raises:
        EnvironmentUnavailable: there is no home.
    """
    chosen = Path(os.environ.get(variable, ""))
    if chosen.is_absolute():
        return chosen
    home = _home()
    if home is None:
        raise EnvironmentUnavailable("This user has no home directory", f"Set HOME or {instead}")
    return home / below_home


def _home() -> Path | None:
    # Python takes an empty HOME for the root of the disk.
    if os.environ.get("HOME") == "":
        return None
    try:
        return Path.home()
    except RuntimeError:
        return None
