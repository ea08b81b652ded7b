"""The programs that a look at a page needs: Chromium, and the driver that it is steered by."""

from dataclasses import dataclass
from pathlib import Path

from harness.tools.commands import on_path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
DRIVER = "chromedriver"
MEND = "Debian has both in packages: apt-get install chromium chromium-driver fonts-dejavu-core"


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """A browser that is on this machine.

    Attributes:
        program: Chromium, or Chrome.
        driver: what steers it.
    """

    program: Path
    driver: Path


@dataclass(eq=False)
class NoBrowser(Exception):
    """Programs that are not on PATH.

    Attributes:
        lacking: their names.
    """

    lacking: tuple[str, ...]

    def __str__(self) -> str:
        return f"there is no {' and no '.join(self.lacking)} on PATH. {MEND}"


def find_browser() -> Browser:
    """The browser of this machine.

    Raises:
        NoBrowser: it has none that can be steered.
    """
    program = next((found for name in PROGRAMS if (found := on_path(name))), None)
    driver = on_path(DRIVER)
    if program and driver:
        return Browser(program=program, driver=driver)
    wanted = ((PROGRAMS[0], program), (DRIVER, driver))
    raise NoBrowser(tuple(name for name, place in wanted if place is None))
