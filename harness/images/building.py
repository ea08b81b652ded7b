"""All images of a site: those that are right already are taken as they are, the others built side by side."""

import os
from functools import partial

from harness.environments.errors import EnvironmentUnavailable
from harness.images.bases import DOCKER_CLI, LOCALSTACK, PYTHON, TOXIPROXY, BaseImage, Bases
from harness.images.build import build
from harness.images.debian import DebianBases, obstacle
from harness.images.engine import Engine, EngineRefused, connect
from harness.images.image import PREFIX, Base, Image, Images
from harness.images.ours import CORE, DASHBOARD, HARNESS, recipes
from harness.images.published import PublishedBases
from harness.images.recipe import Recipe
from harness.tools.cache import Progress, cache_directory, locked
from harness.tools.installing import side_by_side

VARIABLE = "STREAM_CHAOS_IMAGES_BASE"
LOCK = ".images.lock"
WORKERS = 4

Recipes = dict[str, Recipe]


def ensure_images(progress: Progress, *, base: Base | None = None) -> Images:
    """All images, built where they are not here as they should be.

    Args:
        progress: told what is done.
        base: what to build on; `STREAM_CHAOS_IMAGES_BASE` by default, else `auto`.

    Raises:
        EnvironmentUnavailable: there is no engine, it is too old, or an image cannot be had.
    """
    engine = connect()
    wanted = base or base_of_environment()
    try:
        made = recipes()
        return current(engine, wanted, made) or _build_all(engine, wanted, made, progress)
    except EngineRefused as refused:
        raise EnvironmentUnavailable(
            f"The Docker engine does not do what it is asked to: {refused.reason}"
        ) from refused


def base_of_environment() -> Base:
    """What `STREAM_CHAOS_IMAGES_BASE` says.

    Raises:
        EnvironmentUnavailable: it says something else than a base.
    """
    written = os.environ.get(VARIABLE) or Base.AUTO
    try:
        return Base(written)
    except ValueError as error:
        raise EnvironmentUnavailable(
            f"{VARIABLE} is {written!r}, which is no base", f"Use one of {', '.join(Base)}"
        ) from error


def current(engine: Engine, wanted: Base, made: Recipes) -> Images | None:
    """All images, if each is here as it should be; looks at files and asks the engine, nothing else."""
    published = PublishedBases(engine)
    ways: list[Bases] = [published, DebianBases(engine)]
    # Who names a registry wants what is there, whatever was made of packages before.
    wanted = Base.PUBLISHED if wanted is Base.AUTO and published.mirror else wanted
    for bases in ways:
        if wanted in (Base.AUTO, bases.kind):
            found = {name: here(engine, recipe, bases) for name, recipe in made.items()}
            whole = {name: image for name, image in found.items() if image is not None}
            if len(whole) == len(made):
                return _images(engine, whole, bases, made)
    return None


def here(engine: Engine, recipe: Recipe, bases: Bases) -> BaseImage | None:
    """An image, if it is here as its recipe says, on these bases."""
    ids = {}
    for name in recipe.bases.values():
        if (base := bases.here(name)) is None:
            return None
        ids[name] = base.id
    reference = recipe.reference(ids)
    found = engine.find(reference)
    return BaseImage(reference=reference, id=found.id) if found else None


def _build_all(engine: Engine, wanted: Base, made: Recipes, progress: Progress) -> Images:
    cache = cache_directory()
    cache.mkdir(parents=True, exist_ok=True)
    with locked(cache / LOCK, lambda: progress("images: waiting for another process that builds")):
        bases = choose(engine, wanted, progress)
        with side_by_side(WORKERS) as beside:
            # It takes a while of its own, and only the last of our three is built on it.
            client = beside(partial(bases.ensure, DOCKER_CLI, progress))
            cloud = beside(partial(build, engine, made[LOCALSTACK], bases, progress))
            proxy = beside(partial(build, engine, made[TOXIPROXY], bases, progress))
            # One after the other: they have the same first steps, which are done once then.
            built = {
                name: build(engine, made[name], bases, progress) for name in (HARNESS, DASHBOARD)
            }
            client.result()
            built[CORE] = build(engine, made[CORE], bases, progress)
            built |= {LOCALSTACK: cloud.result(), TOXIPROXY: proxy.result()}
    return _images(engine, built, bases, made)


def choose(engine: Engine, wanted: Base, progress: Progress) -> Bases:
    """What to build on: as wanted, else published images where a registry answers, else Debian packages.

    Raises:
        EnvironmentUnavailable: neither can be had.
    """
    published = PublishedBases(engine)
    if wanted is Base.PUBLISHED:
        return published
    if wanted is Base.DEBIAN:
        return DebianBases(engine)
    if not (reason := published.out_of_reach()):
        return published
    debian = DebianBases(engine)
    if debian.here(PYTHON) is None and (found := obstacle()) is not None:
        raise EnvironmentUnavailable(
            f"No registry of images can be reached ({reason}), and bases cannot be made of Debian"
            f" packages: {found[0]}",
            f"{found[1]}; or name a registry with STREAM_CHAOS_REGISTRY=HOST:PORT",
        )
    progress(f"images: no registry can be reached ({reason}), so Debian packages are used")
    return debian


def _images(engine: Engine, built: dict[str, BaseImage], bases: Bases, made: Recipes) -> Images:
    for name, image in built.items():
        _name(engine, f"{PREFIX}-{name}:latest", image)
    return Images(
        **{
            name: Image(
                name=name,
                reference=image.reference,
                id=image.id,
                base=bases.told(made[name].bases["BASE"]),
            )
            for name, image in built.items()
        }
    )


def _name(engine: Engine, alias: str, image: BaseImage) -> None:
    """Give the newest image the short name that compose files use."""
    found = engine.find(alias)
    if found is None or found.id != image.id:
        engine.tag(image.id, alias)
