from collections.abc import Callable
from pathlib import Path
from typing import Any

Chaos = Callable[..., Any]


def test_a_history_is_printed_line_by_line(chaos: Chaos, tmp_path: Path) -> None:
    (tmp_path / "history.jsonl").write_text('{"at": 0.0}\n{"at": 1.0}\n')
    ended = chaos("history", tmp_path)
    assert (ended.status, ended.output) == (0, '{"at": 0.0}\n{"at": 1.0}\n')


def test_what_is_no_run_is_told_in_a_sentence(chaos: Chaos, tmp_path: Path) -> None:
    assert "has no history" in chaos("history", tmp_path).errors
    assert chaos("history", tmp_path / "none").status == 2
