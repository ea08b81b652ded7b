"""The command that a user puts in the place of our stream manager, looked at where it will run: in the core's image."""

from pathlib import Path

from harness.environments.containers.engine import SiteEngine
from harness.environments.containers.topology import Recipe
from harness.environments.site.replacement import Replacement, replacement

NO_MODULE = 2
FOUND = f'command -v -- "$0" >/dev/null || exit 1; [ $# = 0 ] || "$0" "$@" || exit {NO_MODULE}'


def recipe(wanted: Replacement, image: str, place: Path) -> Recipe:
    """The container that looks for a command's program, and its module.

    Args:
        wanted: what the command runs.
        image: of the core.
        place: the folder where it is run, in the container as here.
    """
    looks = wanted.looks_for_module() if wanted.module else []
    return Recipe(
        title="What looks for the stream manager's program",
        part="program",
        image=image,
        command=[wanted.program, *looks],
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
        EnvironmentUnavailable: in the core's container there is no such program, or it finds no such module.
    """
    wanted = replacement(command)
    status = engine.start(recipe(wanted, image, place)).container.wait()["StatusCode"]
    mounted = f"Only {place} is mounted there, besides what the image has, such as python"
    if status == NO_MODULE:
        raise wanted.refused(
            f"in the core's container {wanted.program} finds no module {wanted.module}",
            f"{mounted} and our package system; start in the folder that has the module",
        )
    if status:
        raise wanted.refused(
            f"in the core's container there is no program {wanted.program}",
            f"{mounted}; name a program of these",
        )
