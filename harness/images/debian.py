"""Bases made of Debian packages, PyPI, npm and Go, for machines that reach those but no registry of images.

Each stands in for a published one: what our recipes use of that one is at the same places, so that the recipes need
not know which they are built on.
"""

import os
from contextlib import suppress
from pathlib import Path
from threading import Lock

from harness.environments.errors import EnvironmentUnavailable
from harness.images.bases import (
    DOCKER_CLI,
    LOCALSTACK,
    PYTHON,
    TOXIPROXY,
    BaseImage,
    look,
)
from harness.images.build import build
from harness.images.engine import Engine, EngineRefused
from harness.images.image import DEBIAN_TOLD, LABEL, PREFIX, Base
from harness.images.places import images_folder, tools_locks
from harness.images.recipe import Recipe, Tool, read_files
from harness.tools import toxiproxy
from harness.tools.cache import Progress, cache_directory, fingerprint, remove
from harness.tools.commands import on_path, run, tool_environment

SUITE = "bookworm"
PACKAGES = ("ca-certificates", "iptables", "python3", "python3-venv")
CHANGES = ("ENV LANG=C.UTF-8", f"LABEL {LABEL}=debian", 'CMD ["bash"]')
SYSTEM = f"{PREFIX}/debian:{fingerprint(SUITE, *PACKAGES, *CHANGES)}"

SCRATCH = "debian.part"

DEBIAN_HINT = (
    "Look whether this machine may reach a Debian mirror, or build on published images with --base"
    " published (STREAM_CHAOS_REGISTRY=HOST:PORT names a registry that has them)"
)


def stand_ins() -> dict[str, Recipe]:
    """The recipes of the bases that are more than the system itself, by base."""
    recipes = images_folder() / "recipes" / "debian"
    system = {"DEBIAN": PYTHON}
    server = Tool(content=toxiproxy.toxiproxy_folder(), get=toxiproxy.build_toxiproxy)

    def recipe(name: str, sources: dict[str, Path], tools: dict[str, Tool]) -> Recipe:
        return Recipe(
            name=f"base-{name}",
            dockerfile="Dockerfile",
            files=read_files({"Dockerfile": recipes / f"{name}.Dockerfile", **sources}),
            tools=tools,
            bases=system,
        )

    locks = {
        "locks/localstack.txt": tools_locks() / "localstack.txt",
        "locks/node.txt": tools_locks() / "node.txt",
        "locks/uv.txt": images_folder() / "locks" / "uv.txt",
    }
    return {
        DOCKER_CLI: recipe(DOCKER_CLI, {}, {}),
        LOCALSTACK: recipe(LOCALSTACK, locks, {}),
        TOXIPROXY: recipe(TOXIPROXY, {}, {toxiproxy.SERVER: server}),
    }


class DebianBases:
    """Bases made of packages; see `harness.images.bases.Bases`.

    Args:
        engine: that has them.
    """

    kind = Base.DEBIAN

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._recipes = stand_ins()
        self._one_at_a_time = {name: Lock() for name in (PYTHON, *self._recipes)}

    @property
    def names(self) -> tuple[str, ...]:
        """The bases that are more than the system itself."""
        return tuple(self._recipes)

    def told(self, name: str) -> str:
        """What a report says of a base."""
        return DEBIAN_TOLD

    def here(self, name: str) -> BaseImage | None:
        """A base, if it was made."""
        system = look(self._engine, SYSTEM)
        if name == PYTHON or system is None:
            return system
        return look(self._engine, self._recipes[name].reference({PYTHON: system.id}))

    def ensure(self, name: str, progress: Progress) -> BaseImage:
        """A base, made where it is not here.

        Raises:
            EnvironmentUnavailable: it cannot be made.
        """
        with self._one_at_a_time[name]:
            if (found := self.here(name)) is not None:
                return found
            if name == PYTHON:
                return make_system(self._engine, progress)
            recipe = self._recipes[name]
            return build(self._engine, recipe, self, progress)


def obstacle() -> tuple[str, str] | None:
    """What keeps this machine from making a system of packages, and what to do about it; None: nothing."""
    if on_path("debootstrap") is None:
        return (
            "debootstrap, which makes a system of Debian packages, is not there",
            "Install it, on Debian with `apt-get install debootstrap`",
        )
    if os.geteuid():
        return (
            "debootstrap has to be run by root",
            "Have root run `stream-chaos images build --base debian` once; the engine keeps the result",
        )
    return None


def make_system(engine: Engine, progress: Progress) -> BaseImage:
    """A bare Debian with Python as an image.

    Raises:
        EnvironmentUnavailable: it cannot be made here.
    """
    what = "The base image cannot be made of Debian packages"
    if (found := obstacle()) is not None:
        raise EnvironmentUnavailable(f"{what}: {found[0]}", found[1])
    progress(f"{SYSTEM}: making a Debian {SUITE} of packages (once, about a minute)")
    scratch = cache_directory() / SCRATCH
    # Of one that was killed.
    remove(scratch)
    scratch.mkdir(parents=True)
    try:
        with _bootstrap(scratch, what).open("rb") as content:
            engine.load(content, SYSTEM, list(CHANGES))
    except EngineRefused as refused:
        raise EnvironmentUnavailable(f"{what}: {refused.reason}") from refused
    finally:
        remove(scratch)
    made = look(engine, SYSTEM)
    assert made is not None, "it was made just now"
    return made


def _bootstrap(scratch: Path, what: str) -> Path:
    root, tar = scratch / "root", scratch / "root.tar"
    packages = ",".join(PACKAGES)
    # What it mounts is seen by itself alone, and is gone with it even if it is killed.
    alone = ["unshare", "--mount"] if on_path("unshare") else []
    run(
        [*alone, "debootstrap", "--variant=minbase", f"--include={packages}", SUITE, root],
        what=what,
        environment=tool_environment(),
        mend=DEBIAN_HINT,
    )
    for downloaded in (root / "var/cache/apt/archives").glob("*.deb"):
        downloaded.unlink()
    for listed in (root / "var/lib/apt/lists").glob("*_*"):
        with suppress(OSError):
            listed.unlink()
    excluded = ["--exclude=./proc/*", "--exclude=./sys/*"]
    run(
        ["tar", "-C", root, *excluded, "-cf", tar, "."],
        what=what,
        environment=tool_environment(),
        mend="Make room in the cache, or name another folder with STREAM_CHAOS_CACHE",
    )
    return tar
