"""What the engine has of our images: which are as they should be, and which nothing will use again."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.images.bases import PYTHON, Bases
from harness.images.build import BASE_LABEL
from harness.images.building import here
from harness.images.debian import DebianBases
from harness.images.engine import Engine, EngineRefused, Found
from harness.images.image import LABEL
from harness.images.ours import recipes
from harness.images.published import PublishedBases


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An image of ours that the engine has.

    Attributes:
        name: such as `core`; `base-…` and `debian` are what others are built on.
        references: its tags; none for a stage that the builder keeps for its next build.
        id: of the engine.
        base: `published` or `debian`; empty for a stage.
        bytes: with what it shares with others.
        current: whether a site of now would use it.
    """

    name: str
    references: tuple[str, ...]
    id: str
    base: str
    bytes: int
    current: bool

    @property
    def stage(self) -> bool:
        """Whether it only makes the next build quicker."""
        return not self.references


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """What came of removing images.

    Attributes:
        removed: their tags, or ids where they have none.
        left: those that something still uses, with the engine's reason.
    """

    removed: tuple[str, ...]
    left: tuple[str, ...]


def shelf(engine: Engine) -> list[Kept]:
    """All images of ours, by name, those that are current first."""
    current = set(_current_ids(engine))
    kept = [_kept(found, current) for found in engine.ours()]
    return sorted(kept, key=lambda each: (each.stage, each.name, not each.current, each.id))


def _kept(found: Found, current: set[str]) -> Kept:
    return Kept(
        name=found.labels.get(LABEL, ""),
        references=found.references,
        id=found.id,
        base=found.labels.get(BASE_LABEL, ""),
        bytes=found.bytes,
        current=found.id in current,
    )


def _current_ids(engine: Engine) -> Iterator[str]:
    debian = DebianBases(engine)
    ways: list[Bases] = [PublishedBases(engine), debian]
    made = recipes()
    for bases in ways:
        for recipe in made.values():
            if (image := here(engine, recipe, bases)) is not None:
                yield image.id
    for name in (PYTHON, *debian.names):
        if (base := debian.here(name)) is not None:
            yield base.id


def clean(engine: Engine, *, everything: bool) -> Cleaned:
    """Remove the images that are not current any more.

    Args:
        everything: also those that are, and the builder's stages; the next build begins at nothing then.
    """
    removed, left = [], []
    # Those that are built on others go before them.
    for kept in sorted(shelf(engine), key=_built_on_others, reverse=True):
        if not everything and (kept.current or kept.stage):
            continue
        name = ", ".join(kept.references) or kept.id
        try:
            engine.remove(kept.id)
            removed.append(name)
        except EngineRefused as refused:
            left.append(f"{name}: {refused}")
    return Cleaned(removed=tuple(removed), left=tuple(left))


def _built_on_others(kept: Kept) -> int:
    if kept.name == "debian":
        return 0
    return 1 if kept.stage or kept.name.startswith("base-") else 2
