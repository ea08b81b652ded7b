"""A headless Chromium, where the machine has one."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service


def found(*names: str) -> str | None:
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """Headless Chromium; a machine without one skips, unless STREAM_CHAOS_REQUIRE_BROWSER says it must be there."""
    chromium, driver = found("chromium", "chromium-browser", "google-chrome"), found("chromedriver")
    if not (chromium and driver):
        if os.environ.get("STREAM_CHAOS_REQUIRE_BROWSER"):
            pytest.fail(
                "no chromium or chromedriver on PATH (Debian: apt-get install chromium chromium-driver)"
            )
        pytest.skip("needs chromium and chromedriver on PATH")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--window-size=1000,900",
        f"--user-data-dir={tmp_path / 'profile'}",
    ):
        options.add_argument(flag)
    driving = webdriver.Chrome(options=options, service=Service(driver))
    yield driving
    driving.quit()
