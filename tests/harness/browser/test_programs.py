"""A browser is found on PATH together with what steers it, or it is said what is missing."""

from pathlib import Path

import pytest

from harness.browser.programs import MEND, Browser, NoBrowser, find_browser


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is all of PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def add(programs: Path, *names: str) -> None:
    for name in names:
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_any_of_its_names_will_do(programs: Path, name: str) -> None:
    add(programs, name, "chromedriver")
    found = find_browser()
    assert found == Browser(program=programs / name, driver=programs / "chromedriver")


@pytest.mark.parametrize(
    ("there", "lacking"),
    [
        ([], "no chromium and no chromedriver"),
        (["chromium"], "no chromedriver"),
        (["chromedriver"], "no chromium"),
    ],
)
def test_what_is_missing_is_told_with_the_way_to_get_it(
    programs: Path, there: list[str], lacking: str
) -> None:
    add(programs, *there)
    with pytest.raises(NoBrowser) as missing:
        find_browser()
    assert str(missing.value) == f"there is {lacking} on PATH. {MEND}"
