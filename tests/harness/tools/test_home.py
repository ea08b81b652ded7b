"""Where a user's files go, with and without a home."""

from pathlib import Path

import pytest

from harness.environments.errors import EnvironmentUnavailable
from harness.tools.home import user_folder


@pytest.mark.parametrize(
    ("chosen", "home", "expected"),
    [
        ("/chosen", "/home/me", "/chosen"),
        ("/chosen", "", "/chosen"),
        ("", "/home/me", "/home/me/.local/state"),
        ("relative", "/home/me", "/home/me/.local/state"),
    ],
)
def test_the_variable_wins_then_the_home(
    monkeypatch: pytest.MonkeyPatch, chosen: str, home: str, expected: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", chosen)
    monkeypatch.setenv("HOME", home)
    assert user_folder("XDG_STATE_HOME", ".local/state", instead="it") == Path(expected)


def test_who_has_neither_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setenv("HOME", "")
    with pytest.raises(EnvironmentUnavailable) as refused:
        user_folder("XDG_STATE_HOME", ".local/state", instead="XDG_STATE_HOME")
    assert str(refused.value) == "This user has no home directory. Set HOME or XDG_STATE_HOME"
