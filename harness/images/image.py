"""What an image is to those who run containers of it."""

from dataclasses import dataclass
from enum import StrEnum

PREFIX = "stream-chaos"
LABEL = f"{PREFIX}.image"
"""Every image of ours carries it, with the image's name as its value."""

DEBIAN_TOLD = "debian:bookworm (debootstrap)"
DEBIAN_PYTHON, PUBLISHED_PYTHON = "3.11", "3.12"


class Base(StrEnum):
    """What images are built on.

    `auto` is `published` where a registry answers, else `debian`.
    """

    PUBLISHED = "published"
    DEBIAN = "debian"
    AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image that the engine has.

    Attributes:
        name: ours, such as `core`.
        reference: `name:tag`; the tag changes whenever the content should.
        id: of the engine, `sha256:...`.
        base: tag of the published image it is built on, or how its base was made.
    """

    name: str
    reference: str
    id: str
    base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """All that a site of containers is made of."""

    core: Image
    dashboard: Image
    localstack: Image
    toxiproxy: Image
    harness: Image

    @property
    def python(self) -> str:
        """Version of the Python in `core`, such as `3.11`: functions with compiled parts have to be packed for it."""
        return DEBIAN_PYTHON if self.core.base == DEBIAN_TOLD else PUBLISHED_PYTHON
