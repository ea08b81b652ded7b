"""Opens a headless browser, with nothing but the page that it is given."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from harness.browser.programs import Browser

WIDTH, HEIGHT = 1000, 900
"""Of the window, in pixels."""

_FLAGS = (
    "--headless",
    # It shows nothing but the page of a site on this machine, and root and containers can have no sandbox.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--window-size={WIDTH},{HEIGHT}",
)


@contextmanager
def opened(browser: Browser, profile: Path, log: Path | None = None) -> Iterator[webdriver.Chrome]:
    """A browser that is open as long as the block lasts.

    Args:
        browser: which one.
        profile: folder that it writes into.
        log: file that its driver's words are added to; without one nobody hears them.

    Raises:
        selenium.common.WebDriverException: it does not start.
    """
    options = webdriver.ChromeOptions()
    options.binary_location = str(browser.program)
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    service = Service(str(browser.driver), log_output=None if log is None else str(log))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield driver
    finally:
        driver.quit()
