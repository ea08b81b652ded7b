"""A look at a page costs a run its picture at most: whatever the browser does, it is ended, and why is told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.browser.look import Look
from harness.browser.programs import MEND
from harness.environments.protocol import ProbeFailed
from harness.environments.site import page_look
from harness.environments.site.page_look import look_through_browser
from harness.environments.site.processes import marked
from harness.environments.site.site import Site
from harness.waiting import wait_until

from ..example_site import site_in  # noqa: TID252 - tests are no package that could be named

URL = "http://127.0.0.1:9/"
PATIENT_S = 200.0
"""For a Python that starts on a machine that is busy with other things."""


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


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has shell commands run in the place of what looks."""

    def put(script: str) -> None:
        monkeypatch.setattr(page_look, "python", lambda *_arguments: ["/bin/sh", "-c", script])

    return put


def looked(site: Site, seconds: float = PATIENT_S) -> Look:
    picture = site.directory / "page.png"
    return look_through_browser(site, URL, picture, mark=str(site.directory), seconds=seconds)


def failed(site: Site, seconds: float = PATIENT_S) -> str:
    """Why a look failed."""
    with pytest.raises(ProbeFailed) as raised:
        looked(site, seconds)
    return raised.value.reason


def running(site: Site) -> list[int]:
    return [each.pid for each in marked(lambda mark: mark == str(site.directory))]


def test_a_machine_without_a_browser_is_told(site: Site, programs: Path) -> None:
    assert failed(site).endswith(MEND)


def test_a_browser_that_hangs_is_ended_with_all_that_it_started(
    site: Site, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = site.directory / "began"
    for name in ("chromium", "chromedriver"):
        (programs / name).write_text(f"#!/bin/sh\necho > {began}\n/bin/sleep 300\n")
        (programs / name).chmod(0o755)

    def given_up(condition: Callable[[], object], *, seconds: float, what: str) -> None:
        """Its time is over as soon as the driver runs, however long that takes."""
        wait_until(
            lambda: began.exists() or condition(), seconds=PATIENT_S, what="the driver to run"
        )
        wait_until(condition, seconds=seconds, what=what)

    monkeypatch.setattr(page_look, "wait_until", given_up)
    assert failed(site, seconds=0) == "waited 0 s for the browser to be done, in vain"
    assert began.exists()
    assert running(site) == []


def test_a_browser_that_outlives_who_looked_is_ended(
    site: Site, says: Callable[[str], None]
) -> None:
    says("/bin/sleep 300 & echo it broke; exit 4")
    assert failed(site) == "it broke"
    assert running(site) == []


SEEN = '{"url": "u", "browser": "chrome 1", "aggregates": 2}'


@pytest.mark.parametrize("after", ["", "[0101/1:ERROR:bus.cc] rubbish", "7", "{}", "{", "null"])
def test_what_was_seen_is_told_whatever_is_printed_after_it(
    site: Site, says: Callable[[str], None], after: str
) -> None:
    says(f"echo '{SEEN}'; echo '{after}'")
    assert looked(site) == Look(url="u", browser="chrome 1", aggregates=2)


@pytest.mark.parametrize("said", ["", "rubbish", "7", '{"url": "u"}', '{"other": 1}'])
def test_who_does_not_tell_what_he_saw_has_seen_nothing(
    site: Site, says: Callable[[str], None], said: str
) -> None:
    says(f"echo '{said}'")
    assert failed(site) == f"it did not tell what it saw: {said or 'it said nothing'}"


def test_one_that_cannot_be_started_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_look, "python", lambda *_arguments: ["/no/such/program"])
    assert failed(site).startswith("The browser cannot be started: ")


def test_a_log_that_cannot_be_written_is_told(site: Site) -> None:
    site.logs.write_text("no folder")
    assert "File exists" in failed(site)
