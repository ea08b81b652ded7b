"""The editions of the world by name; each is imported when it is asked for, since none knows of another."""

from typing import cast

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.protocol import StandUp


def stand_up_in(environment: str) -> StandUp:
    """What stands a site up in an edition.

    Args:
        environment: its name.

    Raises:
        EnvironmentUnavailable: this version has no such edition.
    """
    if environment != "local":
        raise EnvironmentUnavailable(
            f"The environment {environment} is not part of this version yet",
            "Use --environment local",
        )
    # Everything that stands a site up is imported once it is known that there is something to run.
    from harness.environments.local.standing import stand_up

    return cast(StandUp, stand_up)
