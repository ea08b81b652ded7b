"""The entry point of the core's container: sees that all is there, gives up root, and becomes the core.

It becomes the core instead of starting it, so that SIGTERM reaches the core and the container ends when the core has
ended, with its status. All arguments are the core's.

Environment:
    GG_ROOT: the Greengrass root (default `/greengrass`).
    GG_UID, GG_GID: who runs the core (default: the owner of the mounted log folder).
    DOCKER_SOCKET: the engine's socket, which the core's user is let to (default `/var/run/docker.sock`).
"""

import os
import stat
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

BAD_INPUT_STATUS = 2
UNAVAILABLE_STATUS = 4
OURS = ("ggc", "ggc/deployment", "ggc/var", "ggc/var/log", "ggc/work")
"""Folders below the root that the core writes to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Who runs the core.

    Attributes:
        uid, gid: user and group.
        groups: more groups, such as the one of the Docker socket.
    """

    uid: int
    gid: int
    groups: tuple[int, ...] = ()


@dataclass(eq=False)
class Refused(Exception):
    """The core cannot be run as it was asked for."""

    reason: str

    def __str__(self) -> str:
        return self.reason


def chosen_user(root: Path, socket: Path, variables: Mapping[str, str]) -> User:
    """Who runs the core: as told, else the owner of the log folder, with the group of the Docker socket.

    Raises:
        Refused: a number was told that is none.
    """
    owner = (root / "ggc" / "var" / "log").stat()
    return User(
        uid=_number(variables, "GG_UID", owner.st_uid),
        gid=_number(variables, "GG_GID", owner.st_gid),
        groups=_socket_group(socket),
    )


def _number(variables: Mapping[str, str], name: str, otherwise: int) -> int:
    written = variables.get(name) or str(otherwise)
    if not written.isdecimal():
        raise Refused(f"{name} has to be the number of a user or group, not {written!r}")
    return int(written)


def _socket_group(socket: Path) -> tuple[int, ...]:
    with suppress(OSError):
        found = socket.stat()
        if stat.S_ISSOCK(found.st_mode):
            return (found.st_gid,)
    return ()


def check(root: Path) -> None:
    """See that the core's configuration is mounted.

    Raises:
        Refused: it is not.
    """
    configuration = root / "config" / "config.json"
    if not configuration.is_file():
        raise Refused(
            f"{configuration} is not there; write it with `stream-chaos stack deploy --core-root DIR"
            " --core-seen-as /greengrass` and mount DIR/config and DIR/certs below /greengrass"
        )


def make_folders(root: Path) -> None:
    """The folders that the core writes to.

    Raises:
        Refused: one cannot be made.
    """
    for name in OURS:
        try:
            (root / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refused(f"{root / name} cannot be made: {error.strerror}") from error


def become(user: User, root: Path) -> None:
    """Give up root for this user, for whom the folders are opened that nobody mounted."""
    for name in OURS:
        place = root / name
        if place.stat().st_uid == 0:
            os.chown(place, user.uid, user.gid)
    os.setgroups(user.groups)
    os.setgid(user.gid)
    os.setuid(user.uid)


def main(arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """Become the core; returns only where that cannot be, with the exit status."""
    root = Path(variables.get("GG_ROOT") or "/greengrass")
    socket = Path(variables.get("DOCKER_SOCKET") or "/var/run/docker.sock")
    try:
        check(root)
        make_folders(root)
        if os.getuid() == 0:
            become(chosen_user(root, socket, variables), root)
    except Refused as refused:
        print(f"greengrass: {refused}", file=sys.stderr)
        return BAD_INPUT_STATUS
    return run_core(root, arguments, variables)


def run_core(root: Path, arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """Become the core; returns only where this user may not run Python."""
    # The Docker client keeps its configuration in a home, and this user may have none.
    home = {"HOME": str(root / "ggc" / "work")}
    core = [sys.executable, "-m", "system.greengrass", "--root", str(root), *arguments]
    try:
        os.execve(sys.executable, core, {**variables, **home})
    except OSError as error:
        print(f"greengrass: {sys.executable} cannot be run: {error.strerror}", file=sys.stderr)
    return UNAVAILABLE_STATUS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
