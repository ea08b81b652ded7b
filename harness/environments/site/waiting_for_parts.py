"""Waiting until a part of a site does what it is for, as long as it lives."""

from collections.abc import Callable, Sequence

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.processes import Part
from harness.waiting import WaitedInVain, wait_until

READY = "ready "


def wait_for(
    condition: Callable[[], object], what: str, *, parts: Sequence[Part], seconds: float
) -> None:
    """Return when the condition holds.

    Args:
        condition: asked again and again.
        what: to follow "waited for".
        parts: without which it will never hold.

    Raises:
        EnvironmentUnavailable: a part ended, or the condition did not hold in time.
    """

    def settled() -> bool:
        return not all(part.alive() for part in parts) or bool(condition())

    try:
        wait_until(settled, seconds=seconds, what=what)
    except WaitedInVain as vain:
        told = "\n".join(f"The end of {part.log}:\n{part.tail()}" for part in parts)
        raise EnvironmentUnavailable(
            f"The site does not stand: {vain}", f"Is the machine very busy? {told}"
        ) from vain
    for part in parts:
        if not part.alive():
            raise part.died()


def said_ready(part: Part) -> bool:
    """Whether a tap has told where it listens. It is not asked: whoever connects to it is a client and recorded."""
    try:
        lines = part.log.read_text(errors="replace").splitlines()
    except OSError:
        return False
    return any(line.startswith(READY) for line in lines)
