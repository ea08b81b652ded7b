"""A look at the page of a site through a browser, in a process that is ended when it takes too long."""

import json
from pathlib import Path

from harness.browser.look import Look
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
    part = start(
        "The browser",
        python("harness.browser", url, str(picture), "--scratch", str(site.directory)),
        environment=environment_for(mark, {}),
        log=site.logs / "browser.log",
    )
    try:
        wait_until(lambda: not part.alive(), seconds=seconds, what="the browser to be done")
    except WaitedInVain as vain:
        raise ProbeFailed(WHAT, str(vain)) from vain
    finally:
        kill_with_children(part)
    return _seen(part)


def _seen(part: Part) -> Look:
    last = (part.printed().splitlines() or ["it said nothing"])[-1]
    if part.process.returncode:
        raise ProbeFailed(WHAT, last)
    return Look(**json.loads(last))
