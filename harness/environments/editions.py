"""The editions of the world by name; each is imported when it is asked for, since none knows of another."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.protocol import StandUp
from harness.run.conduct import Conduct, RealConduct

if TYPE_CHECKING:
    from harness.environments.site.stand_up import StandUpSite

WITH_REAL_PARTS = ("local", "containers")
"""The editions whose sites can be left standing."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of the world.

    Attributes:
        stand_up: stands a site up in it.
        conduct: how a run goes on in it.
    """

    stand_up: StandUp
    conduct: Conduct


def edition(environment: str) -> Edition:
    """The edition of that name.

    Raises:
        EnvironmentUnavailable: this version has no such edition.
    """
    # Everything that stands a site up is imported once it is known that there is something to run.
    match environment:
        case "local":
            return Edition(cast(StandUp, stand_up_site_in(environment)), RealConduct())
        case "simulated":
            from harness.environments.simulated.conduct import VirtualConduct
            from harness.environments.simulated.standing import stand_up as simulated

            return Edition(cast(StandUp, simulated), VirtualConduct())
        case "containers":
            return Edition(cast(StandUp, stand_up_site_in(environment)), RealConduct())
    raise EnvironmentUnavailable(
        f"The environment {environment} is not part of this version",
        "Use --environment local, containers or simulated",
    )


def stand_up_site_in(environment: str) -> "StandUpSite[Any, Any]":
    """What stands a site up that can be left standing, in an edition with real parts.

    Raises:
        EnvironmentUnavailable: there is no such edition.
    """
    match environment:
        case "local":
            from harness.environments.local.standing import stand_up as local

            return local
        case "containers":
            from harness.environments.containers.standing import stand_up as containers

            return containers
    raise EnvironmentUnavailable(
        f"No site can be left standing in the environment {environment}",
        f"Use --environment {' or '.join(WITH_REAL_PARTS)}",
    )


def stand_up_in(environment: str) -> StandUp:
    """What stands a site up in the edition of that name.

    Raises:
        EnvironmentUnavailable: this version has no such edition.
    """
    return edition(environment).stand_up
