"""`python -I -S launch.py PARENT COMMAND…`: becomes COMMAND, which the kernel kills when the core dies.

The parent-death signal has to be asked for in the child itself. Doing that between fork and exec would run Python in
a copy of a process with threads; this program asks first and then becomes the command. It needs nothing but the
standard library.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
CANNOT_RUN_STATUS = 127


def main(parent: int, command: list[str]) -> None:
    """Ask for the signal and become the command."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        # The core died before the signal was asked for: it would never come.
        sys.exit(CANNOT_RUN_STATUS)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"{command[0]} cannot be run: {error.strerror}", file=sys.stderr)
        sys.exit(CANNOT_RUN_STATUS)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
