"""`python -m harness.browser URL PICTURE`: looks at a page and tells what it saw, as JSON in its last line.

A process of its own, so that whoever wants the picture can end a browser that hangs. Exit status: 0 seen, 2 bad usage,
4 there is no browser, or the page cannot be looked at; then the last line says why.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness.browser.look import look_at
from harness.browser.programs import NoBrowser, find_browser

LOOK_S = 15.0
"""Aggregates come every five seconds, and the page asks for them as often."""
NICENESS = 10
"""It is a guest on the machine of a run."""
UNSEEN = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Look at a page; returns the exit status."""
    options = _parser().parse_args(arguments)
    # Takes a while to import; whoever only wants to know of the arguments does not wait for it.
    from selenium.common.exceptions import WebDriverException

    from harness.browser.opening import opened

    try:
        browser = find_browser()
        # A browser may still be writing there, and what it saw is seen.
        with (
            tempfile.TemporaryDirectory(
                dir=options.scratch, prefix="browser-", ignore_cleanup_errors=True
            ) as profile,
            opened(browser, Path(profile), options.driver_log) as driver,
        ):
            look = look_at(driver, options.url, options.picture, seconds=options.seconds)
    except (NoBrowser, WebDriverException, OSError) as error:
        print(_reason(error))
        return UNSEEN
    print(json.dumps(look.to_json()))
    return 0


def _reason(error: Exception) -> str:
    """In one line, without the stack of the browser."""
    said = getattr(error, "msg", None) or str(error)
    return " ".join(str(said).split("\n\n")[0].split()) or type(error).__name__


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m harness.browser")
    parser.add_argument("url", help="of the page")
    parser.add_argument("picture", type=Path, help="PNG file to write")
    parser.add_argument("--seconds", type=float, default=LOOK_S, help="to look at it at most")
    parser.add_argument("--scratch", type=Path, help="folder for the browser's own files")
    parser.add_argument("--driver-log", type=Path, help="file that its driver's words are added to")
    return parser


if __name__ == "__main__":
    os.nice(NICENESS)
    sys.exit(main())
