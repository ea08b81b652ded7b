"""Bases as others publish them, pinned by tag, from the registries they are published in or from a mirror."""

import os
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
from harness.images.engine import Engine, EngineRefused
from harness.images.image import PUBLISHED_PYTHON, Base
from harness.tools import localstack, toxiproxy
from harness.tools.cache import Progress

MIRROR = "STREAM_CHAOS_REGISTRY"

PUBLISHED = {
    PYTHON: f"python:{PUBLISHED_PYTHON}-slim-bookworm",
    DOCKER_CLI: "docker:27.5.1-cli",
    LOCALSTACK: f"localstack/localstack:{localstack.VERSION}",
    TOXIPROXY: f"ghcr.io/shopify/toxiproxy:{toxiproxy.VERSION}",
}


def mirrored(reference: str, mirror: str) -> str:
    """A published reference as a mirror has it.

    The mirror's name takes the place of the registry's. Docker Hub's own images are below `library/`, as there.

    Args:
        reference: with its registry, unless that is Docker Hub.
        mirror: host and port, perhaps with a path; empty: there is none.
    """
    if not mirror:
        return reference
    first, _, rest = reference.partition("/")
    named = "." in first or ":" in first
    path = rest if named else reference
    return f"{mirror.rstrip('/')}/{path if rest else f'library/{reference}'}"


class PublishedBases:
    """Published bases; see `harness.images.bases.Bases`.

    Args:
        engine: that has them.
        mirror: `STREAM_CHAOS_REGISTRY`, by default.

    Attributes:
        mirror: in the place of the registries that they are published in; empty: there is none.
    """

    kind = Base.PUBLISHED

    def __init__(self, engine: Engine, mirror: str | None = None) -> None:
        self._engine = engine
        self.mirror = os.environ.get(MIRROR, "") if mirror is None else mirror
        self._one_at_a_time = {name: Lock() for name in PUBLISHED}

    def told(self, name: str) -> str:
        """What a report says of a base: its tag, as it is published."""
        return PUBLISHED[name]

    def reference(self, name: str) -> str:
        """Where a base is pulled from."""
        return mirrored(PUBLISHED[name], self.mirror)

    def here(self, name: str) -> BaseImage | None:
        """A base, if it was pulled."""
        return look(self._engine, self.reference(name))

    def ensure(self, name: str, progress: Progress) -> BaseImage:
        """A base, pulled where it is not here.

        Raises:
            EnvironmentUnavailable: it cannot be pulled.
        """
        with self._one_at_a_time[name]:
            if (found := self.here(name)) is not None:
                return found
            reference = self.reference(name)
            progress(f"{reference}: pulling (once)")
            try:
                self._engine.pull(reference)
            except EngineRefused as refused:
                raise self._unavailable(reference, refused.reason) from refused
            pulled = self.here(name)
            assert pulled is not None, "it was pulled just now"
            return pulled

    def out_of_reach(self) -> str:
        """Why no base could be pulled now; empty where one could, or all are here."""
        missing = [name for name in PUBLISHED if self.here(name) is None]
        return self._engine.answers_for(self.reference(missing[0])) if missing else ""

    def _unavailable(self, reference: str, reason: str) -> EnvironmentUnavailable:
        mirror = (
            f"Look whether {self.mirror} ({MIRROR}) has it"
            if self.mirror
            else f"Name a registry that has it with {MIRROR}=HOST:PORT"
        )
        return EnvironmentUnavailable(
            f"The image {reference} cannot be pulled: {reason}",
            f"{mirror}, or build on Debian packages with --base debian",
        )
