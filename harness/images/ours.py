"""The recipes of our five images."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from harness.images.bases import DOCKER_CLI, LOCALSTACK, PYTHON, TOXIPROXY
from harness.images.places import core_folder, images_folder, package_folder
from harness.images.recipe import File, Recipe, Tool, read_files
from harness.tools import localstack

CORE, DASHBOARD, HARNESS = "core", "dashboard", "harness"
NAMES = (HARNESS, DASHBOARD, CORE, LOCALSTACK, TOXIPROXY)
"""Of all images; those that are quick to build and have the same beginning stand first."""

DOCKERFILE = "Dockerfile"
SHARED_UNTIL = b"# What stands above"

# The plugin runs inside LocalStack only.
NOT_IN_THE_CORE = ("cloud",)

# Only an installed package has them there; they are deployed, and the core gets them from the cloud.
TRAVELLING = "system/stack/lambdas/"


def recipes() -> dict[str, Recipe]:
    """All of them, by name.

    Raises:
        EnvironmentUnavailable: a file of ours is not there.
    """
    made = (_harness(), _dashboard(), core_recipe(), _localstack(), _toxiproxy())
    return {recipe.name: recipe for recipe in made}


def _own_python(name: str, dockerfile: bytes, sources: Mapping[str, Path], **bases: str) -> Recipe:
    locks = {"harness/images/locks": images_folder() / "locks"}
    recipe = File(name=DOCKERFILE, content=dockerfile, executable=False)
    return Recipe(
        name=name,
        dockerfile=DOCKERFILE,
        files=(recipe, *read_files({**locks, **sources})),
        bases={"BASE": PYTHON, **bases},
        authorities="gg_docker/ca",
    )


def _core_dockerfile() -> bytes:
    return (core_folder() / "Dockerfile").read_bytes()


def _on_the_same_packages(name: str) -> bytes:
    """A Dockerfile that begins as the core's does: the engine has those stages already when the core is built."""
    shared, found, _ = _core_dockerfile().partition(SHARED_UNTIL)
    assert found, "the core's Dockerfile says how far it is shared"
    return shared + (images_folder() / "recipes" / f"{name}.Dockerfile").read_bytes()


def _harness() -> Recipe:
    harness = package_folder("harness")
    sources = {
        "harness/__init__.py": harness / "__init__.py",
        "harness/taps": harness / "taps",
    }
    return _own_python(HARNESS, _on_the_same_packages(HARNESS), sources)


def _dashboard() -> Recipe:
    system = package_folder("system")
    sources = {
        "system/__init__.py": system / "__init__.py",
        "system/dashboard": system / "dashboard",
    }
    return _own_python(DASHBOARD, _on_the_same_packages(DASHBOARD), sources)


def core_recipe() -> Recipe:
    """The core's: all of the system but what runs elsewhere."""
    system = package_folder("system")
    sources = {
        f"system/{path.name}": path
        for path in system.iterdir()
        if path.name not in (*NOT_IN_THE_CORE, "__pycache__")
    }
    sources["gg_docker/entry_point.py"] = core_folder() / "entry_point.py"
    recipe = _own_python(CORE, _core_dockerfile(), sources, DOCKER_CLI=DOCKER_CLI)
    return replace(recipe, files=_without(recipe.files, TRAVELLING))


def _without(files: tuple[File, ...], folder: str) -> tuple[File, ...]:
    return tuple(file for file in files if not file.name.startswith(folder))


def _localstack() -> Recipe:
    kinesis = Tool(content=localstack.kinesis_folder(), get=localstack.ensure_kinesis)
    plugin = Tool(content=localstack.plugin_folder(), get=localstack.stage_plugin)
    return Recipe(
        name=LOCALSTACK,
        dockerfile=DOCKERFILE,
        files=_dockerfile(LOCALSTACK),
        tools={"kinesis": kinesis, "plugin": plugin},
        bases={"BASE": LOCALSTACK},
    )


def _toxiproxy() -> Recipe:
    return Recipe(
        name=TOXIPROXY,
        dockerfile=DOCKERFILE,
        files=_dockerfile(TOXIPROXY),
        bases={"BASE": TOXIPROXY},
    )


def _dockerfile(name: str) -> tuple[File, ...]:
    return read_files({DOCKERFILE: images_folder() / "recipes" / f"{name}.Dockerfile"})
