"""One look at the page of a site: what it shows, read through its DOM, and a picture of it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.waiting import WaitedInVain, wait_until

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

LOAD_S = 15.0
POLL_S = 0.2
HEIGHT_MAX = 4_000

# In one step: between two questions the page may have drawn itself anew.
_READ = """
const table = document.getElementById("newest"), state = document.getElementById("state");
if (!table || !state) return null;
return {
  says: state.textContent, live: state.classList.contains("live"),
  rows: [...table.querySelectorAll("tbody tr")].map((row) => row.innerText),
};
"""
_MEASURE = """
return {page: document.documentElement.scrollHeight, frame: window.outerHeight - window.innerHeight};
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a browser saw of a page.

    Attributes:
        url: of the page.
        browser: name and version.
        says: what the page says of itself; empty where it is not one of ours.
        aggregates: sensors that it shows an aggregate of; None: it has no table of them.
        renewed: whether newer ones came while it was looked at.
    """

    url: str
    browser: str
    says: str = ""
    aggregates: int | None = None
    renewed: bool = False

    def to_json(self) -> dict[str, Any]:
        """Its fields as JSON has them."""
        return asdict(self)


def look_at(driver: "Chrome", url: str, picture: Path, *, seconds: float) -> Look:
    """Look at a page until it has shown live aggregates and newer ones after them, then take a picture of all of it.

    Args:
        driver: of an open browser.
        url: of the page; one without a table of aggregates is taken as it is.
        picture: PNG file to write.
        seconds: to look at it at most; the picture is taken then, whatever it shows.

    Raises:
        selenium.common.WebDriverException: the page cannot be loaded.
    """
    _load(driver, url)
    watching = _Watching(driver)
    # If they do not come, what it shows is what there is to see.
    with suppress(WaitedInVain):
        wait_until(watching.satisfied, seconds=seconds, what="live aggregates", poll_s=POLL_S)
    _take(driver, picture)
    named = driver.capabilities
    return Look(
        url=url, browser=f"{named['browserName']} {named['browserVersion']}", **watching.told()
    )


def _load(driver: "Chrome", url: str) -> None:
    driver.set_page_load_timeout(LOAD_S)
    driver.get(url)
    # Some pages that cannot be had are an error to the driver, others a page of the browser's own.
    if driver.execute_script("return location.protocol") == "chrome-error:":
        from selenium.common.exceptions import WebDriverException

        raise WebDriverException(f"{url} cannot be loaded")


class _Watching:
    """Follows what a page shows."""

    def __init__(self, driver: "Chrome") -> None:
        self._driver = driver
        self._first: list[str] = []
        self._now: Mapping[str, Any] | None = None

    def satisfied(self) -> bool:
        """Whether it has been seen live, with newer aggregates than at first; or has none to show."""
        self._now = self._driver.execute_script(_READ)
        if self._now is None:
            return True
        live = bool(self._now["live"] and self._now["rows"])
        if live and not self._first:
            self._first = list(self._now["rows"])
        return live and self._renewed

    @property
    def _renewed(self) -> bool:
        return self._now is not None and bool(self._first) and self._now["rows"] != self._first

    def told(self) -> dict[str, Any]:
        if self._now is None:
            return {}
        return {
            "says": self._now["says"],
            "aggregates": len(self._now["rows"]),
            "renewed": self._renewed,
        }


def _take(driver: "Chrome", picture: Path) -> None:
    """The whole page, also what is below the window's edge."""
    size = driver.execute_script(_MEASURE)
    width = driver.get_window_size()["width"]
    driver.set_window_size(width, min(size["page"], HEIGHT_MAX) + size["frame"])
    picture.write_bytes(driver.get_screenshot_as_png())
