"""The command that a user puts in the place of our stream manager, looked at where it will run: in the core's image."""

import shlex
from pathlib import Path

from harness.environments.containers.engine import SiteEngine
from harness.environments.containers.topology import Recipe
from harness.environments.errors import EnvironmentUnavailable

FOUND = 'command -v -- "$0" >/dev/null'


def recipe(command: str, image: str, place: Path) -> Recipe:
    """The container that looks for a command's program.

    Args:
        command: the whole of it.
        image: of the core.
        place: the folder where it is run, in the container as here.
    """
    return Recipe(
        title="What looks for the stream manager's program",
        part="program",
        image=image,
        command=shlex.split(command)[:1],
        mounts={place: str(place)},
        settings={
            "entrypoint": ["sh", "-c", FOUND],
            "working_dir": str(place),
            "network_mode": "none",
        },
    )


def check_command(engine: SiteEngine, command: str, image: str, place: Path) -> None:
    """See whether a command can be run at all.

    Raises:
        EnvironmentUnavailable: there is no such program in the core's container.
    """
    looking = engine.start(recipe(command, image, place))
    if looking.container.wait()["StatusCode"]:
        program = shlex.split(command)[0]
        raise EnvironmentUnavailable(
            f"The stream manager {command!r} cannot be run: in the core's container there is no program {program}",
            f"Only {place} is mounted there, besides what the image has, such as python; name a program of these",
        )
