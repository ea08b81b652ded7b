"""Without a browser the program says so, whatever else is on the machine."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.browser import __main__, opening
from harness.browser.__main__ import UNSEEN, main
from harness.browser.look import Look
from harness.browser.programs import MEND


def test_a_machine_without_a_browser_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["http://127.0.0.1:9/", str(tmp_path / "page.png")]) == UNSEEN
    assert capsys.readouterr().out.rstrip().endswith(MEND)


def test_a_folder_that_a_browser_still_writes_into_takes_nothing_from_what_was_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def opened(_browser: object, profile: Path, _log: Path | None) -> Iterator[None]:
        yield
        # Not to be removed like a folder.
        profile.rmdir()
        profile.symlink_to(tmp_path)

    monkeypatch.setattr(__main__, "find_browser", lambda: None)
    monkeypatch.setattr(opening, "opened", opened)
    seen = Look(url="u", browser="b")
    monkeypatch.setattr(__main__, "look_at", lambda *_arguments, **_options: seen)
    arguments = ["http://127.0.0.1:9/", str(tmp_path / "page.png"), "--scratch", str(tmp_path)]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out) == seen.to_json()


def test_bad_usage_ends_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["http://127.0.0.1:9/"])
    assert ended.value.code == 2
    assert "picture" in capsys.readouterr().err
