"""Without a browser the program says so, whatever else is on the machine."""

from pathlib import Path

import pytest

from harness.browser.__main__ import UNSEEN, main
from harness.browser.programs import MEND


def test_a_machine_without_a_browser_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["http://127.0.0.1:9/", str(tmp_path / "page.png")]) == UNSEEN
    assert capsys.readouterr().out.rstrip().endswith(MEND)


def test_bad_usage_ends_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["http://127.0.0.1:9/"])
    assert ended.value.code == 2
    assert "picture" in capsys.readouterr().err
