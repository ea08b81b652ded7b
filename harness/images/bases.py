"""Where the bases of our images come from: `Bases` is what the two ways have in common."""

from dataclasses import dataclass
from typing import Protocol

from harness.images.engine import Engine, Found
from harness.images.image import Base
from harness.tools.cache import Progress

PYTHON, DOCKER_CLI, LOCALSTACK, TOXIPROXY = "python", "docker-cli", "localstack", "toxiproxy"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseImage:
    """An image that ours are built on.

    Attributes:
        reference: for the build.
        id: of the engine.
    """

    reference: str
    id: str


class Bases(Protocol):
    """One way to come by bases.

    Attributes:
        kind: which.
    """

    kind: Base

    def told(self, name: str) -> str:
        """What a report says of a base."""

    def here(self, name: str) -> BaseImage | None:
        """A base, if it is here already: asks nobody but the engine."""

    def ensure(self, name: str, progress: Progress) -> BaseImage:
        """A base, brought or made where it is not here; raises EnvironmentUnavailable."""


def base_image(reference: str, found: Found) -> BaseImage:
    """A base that was found under a reference."""
    return BaseImage(reference=reference, id=found.id)


def look(engine: Engine, reference: str) -> BaseImage | None:
    """The base with this reference, if it is here."""
    found = engine.find(reference)
    return None if found is None else base_image(reference, found)
