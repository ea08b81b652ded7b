"""Waiting until a part of a site does what it is for, as long as it lives."""

from collections.abc import Callable, Sequence

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.parts import RunningPart, tail
from harness.waiting import POLL_S, WaitedInVain, wait_until

READY = "ready "


def wait_for(
    condition: Callable[[], object],
    what: str,
    *,
    parts: Sequence[RunningPart],
    seconds: float,
    poll_s: float = POLL_S,
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
        wait_until(settled, seconds=seconds, what=what, poll_s=poll_s)
    except WaitedInVain as vain:
        told = "\n".join(f"The end of {part.told_in}:\n{tail(part)}" for part in parts)
        raise EnvironmentUnavailable(
            f"The site does not stand: {vain}", f"Is the machine very busy? {told}"
        ) from vain
    for part in parts:
        if not part.alive():
            raise part.died()


def said_ready(part: RunningPart) -> bool:
    """Whether a tap has told where it listens. It is not asked: whoever connects to it is a client and recorded."""
    return any(line.startswith(READY) for line in part.printed().splitlines())
