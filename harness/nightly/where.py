"""Where a night runs: in containers, or in local where there is no engine for them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.environments.errors import EnvironmentUnavailable

AUTO, CONTAINERS, LOCAL, SIMULATED = "auto", "containers", "local", "simulated"
CHOICES = (AUTO, CONTAINERS, LOCAL, SIMULATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The edition that a night runs in.

    Attributes:
        asked: what the user asked for.
        environment: that it is.
        why: why it is not in containers, where nobody asked for anything else; empty otherwise.
    """

    asked: str
    environment: str
    why: str = ""

    def of(self, possible: Sequence[str]) -> "Where":
        """The edition for a scenario that can run in `possible` ones.

        Where nobody asked for a certain one, a scenario that is not for it runs in local, and that is said.
        """
        if self.environment in possible or self.asked != AUTO or LOCAL not in possible:
            return self
        why = f"the scenario is not for {self.environment}"
        return Where(asked=self.asked, environment=LOCAL, why=why)


def choose(asked: str, missing: Callable[[], str]) -> Where:
    """The edition that a night runs in.

    Args:
        asked: one of CHOICES.
        missing: says what is missing for containers; empty if nothing is.
    """
    if asked in (LOCAL, SIMULATED):
        return Where(asked=asked, environment=asked)
    why = missing()
    if asked == CONTAINERS:
        # Each run will say itself what it lacks.
        return Where(asked=asked, environment=asked)
    return Where(asked=asked, environment=LOCAL if why else CONTAINERS, why=why)


def missing_for_containers(progress: Callable[[str], None]) -> str:
    """Why nothing can be run in containers here, as a sentence; empty if it can.

    The images are made here where they are missing: no run of the night should take longer for it.

    Args:
        progress: told what is done.
    """
    from harness.images import ensure_images

    try:
        ensure_images(progress)
    except EnvironmentUnavailable as error:
        return " ".join(error.what.split())
    return ""
