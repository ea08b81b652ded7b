"""A look at the page of a site through a browser, in a process that is ended when it takes too long."""

import json
from contextlib import suppress
from pathlib import Path

from harness.browser.look import Look
from harness.environments.errors import EnvironmentUnavailable
from harness.environments.protocol import ProbeFailed
from harness.environments.site.processes import (
    Part,
    environment_for,
    kill_with_children,
    python,
    start,
)
from harness.environments.site.site import Site
from harness.waiting import WaitedInVain, wait_until

WHAT = "the page in a browser"
GIVEN_UP_S = 60.0
"""Half of it is for a browser that starts on a busy machine."""
LOG, DRIVER_LOG = "browser.log", "chromedriver.log"


def look_through_browser(
    site: Site, url: str, picture: Path, *, mark: str, seconds: float = GIVEN_UP_S
) -> Look:
    """What a browser sees of a page; its picture is written besides.

    Args:
        site: whose.
        url: of the page.
        picture: PNG file to write.
        mark: of the site, so that a browser that is left is found again.
        seconds: after which it is given up.

    Raises:
        ProbeFailed: this machine has no browser, or the page cannot be looked at.
    """
    try:
        return _seen(_ended(site, url, picture, mark, seconds))
    except (EnvironmentUnavailable, WaitedInVain, OSError) as error:
        raise ProbeFailed(WHAT, str(error)) from error


def _ended(site: Site, url: str, picture: Path, mark: str, seconds: float) -> Part:
    """The process of a look, which is over, with all that it has started."""
    part = start(
        "The browser",
        python(
            *("harness.browser", url, str(picture)),
            *("--scratch", str(site.directory), "--driver-log", str(site.logs / DRIVER_LOG)),
        ),
        environment=environment_for(mark, {}),
        log=site.logs / LOG,
    )
    try:
        wait_until(lambda: not part.alive(), seconds=seconds, what="the browser to be done")
    finally:
        kill_with_children(part)
    return part


def _seen(part: Part) -> Look:
    lines = [line for line in part.printed().splitlines() if line.strip()]
    last = lines[-1] if lines else "it said nothing"
    if part.process.returncode:
        raise ProbeFailed(WHAT, last)
    # Whatever else it has started may have the last word.
    look = next((look for line in reversed(lines) if (look := _told(line))), None)
    if look is None:
        raise ProbeFailed(WHAT, f"it did not tell what it saw: {last}")
    return look


def _told(line: str) -> Look | None:
    """What a line tells of a look, if it does."""
    with suppress(ValueError, TypeError, RecursionError):
        return Look(**json.loads(line))
    return None
