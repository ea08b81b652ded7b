"""A cloud that stands still for a while: the engine freezes its container."""

from collections.abc import Iterator
from contextlib import contextmanager

from docker.errors import APIError

from harness.environments.containers.engine import ContainerPart
from harness.environments.errors import InjectionFailed

PAUSE_ATTEMPTS = 10


@contextmanager
def paused(part: ContainerPart) -> Iterator[None]:
    """The cloud stands still; leaving the block lets it go on.

    Args:
        part: its container.

    Raises:
        InjectionFailed: it has ended, or the engine refuses.
    """
    if not part.alive():
        raise InjectionFailed("the cloud cannot be paused: it has just ended")
    try:
        _pause(part)
        yield
    finally:
        if part.state().get("Status") == "paused":
            part.container.unpause()


def _pause(part: ContainerPart) -> None:
    """Freeze a container; a kernel with the first version of control groups sometimes needs to be asked again."""
    for attempt in range(PAUSE_ATTEMPTS):
        try:
            part.container.pause()
            return
        except APIError as error:
            if attempt == PAUSE_ATTEMPTS - 1:
                raise InjectionFailed(f"the cloud cannot be paused: {error.explanation}") from error
