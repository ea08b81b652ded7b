"""`python -I -S launch.py PARENT COMMAND…`: becomes COMMAND, which the kernel kills when the harness dies.

An installer that outlives a killed harness would go on writing into a folder that the next run builds again. The signal
has to be asked for in the child itself; between fork and exec no Python may run in a process that has threads, so this
program asks first and then becomes the command. It needs nothing but the standard library.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
CANNOT_RUN_STATUS = 127


def die_with(parent: int) -> None:
    """Have the kernel kill this process when the thread of its parent ends that began it; end now if that is over."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        # It died before the signal was asked for: the signal would never come.
        sys.exit(CANNOT_RUN_STATUS)


def main(parent: int, command: list[str]) -> None:
    """Ask for the signal and become the command."""
    die_with(parent)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"{command[0]} cannot be run: {error.strerror}", file=sys.stderr)
        sys.exit(CANNOT_RUN_STATUS)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
