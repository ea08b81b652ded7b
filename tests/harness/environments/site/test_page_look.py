"""A look at a page costs a run its picture at most: whatever the browser does, it is ended, and why is told."""

from pathlib import Path

import pytest

from harness.browser.programs import MEND
from harness.environments.protocol import ProbeFailed
from harness.environments.site.page_look import look_through_browser
from harness.environments.site.processes import marked
from harness.environments.site.site import Site
from harness.waiting import wait_until

from ..example_site import site_in  # noqa: TID252 - tests are no package that could be named

URL = "http://127.0.0.1:9/"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site as a value; nothing of it stands."""
    return site_in(tmp_path)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is all of PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def look(site: Site, **options: float) -> ProbeFailed:
    with pytest.raises(ProbeFailed) as failed:
        look_through_browser(
            site, URL, site.directory / "page.png", mark=str(site.directory), **options
        )
    return failed.value


def running(site: Site) -> list[int]:
    return [each.pid for each in marked(lambda mark: mark == str(site.directory))]


def test_a_machine_without_a_browser_is_told(site: Site, programs: Path) -> None:
    assert look(site).reason.endswith(MEND)


def test_a_browser_that_hangs_is_ended_with_all_that_it_started(site: Site, programs: Path) -> None:
    for name in ("chromium", "chromedriver"):
        (programs / name).write_text(f"#!/bin/sh\necho > {site.directory}/began\n/bin/sleep 300\n")
        (programs / name).chmod(0o755)
    failed = look(site, seconds=5)
    assert failed.reason == "waited 5 s for the browser to be done, in vain"
    assert (site.directory / "began").exists()
    wait_until(lambda: running(site) == [], seconds=5, what="the browser to be gone")
