"""Where a night runs: in containers, or in local where there is no engine for them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.environments.editions import stand_up_in
from harness.environments.errors import EnvironmentUnavailable

AUTO, CONTAINERS, LOCAL = "auto", "containers", "local"
CHOICES = (AUTO, CONTAINERS, LOCAL)

ENGINE_S = 10
"""How long an engine may take to answer."""


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
    if asked != AUTO:
        return Where(asked=asked, environment=asked)
    why = missing()
    return Where(asked=asked, environment=LOCAL if why else CONTAINERS, why=why)


def missing_for_containers() -> str:
    """Why nothing can be run in containers here, as a sentence; empty if it can."""
    try:
        stand_up_in(CONTAINERS)
    except EnvironmentUnavailable as error:
        return error.what
    return _missing_engine()


def _missing_engine() -> str:
    import docker

    try:
        client = docker.from_env(timeout=ENGINE_S)
    except docker.errors.DockerException:
        return "no Docker engine answers on this machine"
    try:
        client.ping()
    except Exception as error:
        return f"the Docker engine does not answer ({type(error).__name__})"
    finally:
        client.close()
    return ""
