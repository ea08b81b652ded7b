"""The loopback is reached without a proxy, whatever the machine's variables say."""

import os

import pytest

from harness.environments.site.loopback import reach_loopback_directly


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "127.0.0.1,localhost"),
        ("example.com", "example.com,127.0.0.1,localhost"),
        ("localhost, example.com", "localhost,example.com,127.0.0.1"),
        ("127.0.0.1,localhost", "127.0.0.1,localhost"),
        ("*", "*"),
    ],
)
def test_what_is_missing_is_added(monkeypatch: pytest.MonkeyPatch, before: str, after: str) -> None:
    names = ("NO_PROXY", "no_proxy")
    for name in names:
        monkeypatch.setenv(name, before)
    reach_loopback_directly()

    assert [os.environ[name] for name in names] == [after, after]
