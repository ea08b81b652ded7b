"""Disks that cannot take a site's files, in a sentence."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.environments.errors import EnvironmentUnavailable

NEEDED_MIB = 50
"""A site takes about 10 MiB, and what its streams hold while the link is down."""

_OF_DISKS = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM),
    *(errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EIO, errno.ENAMETOOLONG),
)


def check_room(folder: Path, what: str, mend: str) -> None:
    """See whether there is room, better now than in the middle of a run.

    Args:
        folder: which need not be there yet.
        what: goes there, such as "a run's records".
        mend: what to do besides making room, as the rest of a sentence.

    Raises:
        EnvironmentUnavailable: there is too little.
    """
    there = next(each for each in (folder, *folder.parents) if each.exists())
    free_mib = shutil.disk_usage(there).free // 1024**2
    if free_mib < NEEDED_MIB:
        raise EnvironmentUnavailable(
            f"There is no room for {what} in {folder}: {free_mib} MiB are free, {NEEDED_MIB} are needed",
            f"Free some, or {mend}",
        )


@contextmanager
def disk_told(folder: Path, mend: str) -> Iterator[None]:
    """What a disk refuses in the block is told as the reason why no site stands.

    Args:
        folder: of the site, or of all sites.
        mend: what to do about it, as a sentence.
    """
    try:
        yield
    except OSError as error:
        # Of networks and processes others know more.
        if error.errno not in _OF_DISKS:
            raise
        place = error.filename or folder
        what = f"The site's files cannot be written: {error.strerror}, at {place}"
        raise EnvironmentUnavailable(what, mend) from error
