from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.history.compact import COMPACT, pack

Chaos = Callable[..., Any]


def test_a_history_is_printed_line_by_line(chaos: Chaos, tmp_path: Path) -> None:
    (tmp_path / "history.jsonl").write_text('{"at": 0.0}\n{"at": 1.0}\n')
    ended = chaos("history", tmp_path)
    assert (ended.status, ended.output) == (0, '{"at": 0.0}\n{"at": 1.0}\n')


def test_what_is_no_run_is_told_in_a_sentence(chaos: Chaos, tmp_path: Path) -> None:
    assert "has no history" in chaos("history", tmp_path).errors
    assert chaos("history", tmp_path / "none").status == 2


def test_a_packed_history_is_printed_as_the_same_lines(chaos: Chaos, tmp_path: Path) -> None:
    (tmp_path / COMPACT).write_bytes(pack([{"at": 0.0}, {"at": 1.0, "hash": "0" * 32}]))
    ended = chaos("history", tmp_path)
    assert ended.output == '{"at":0.0}\n{"at":1.0,"hash":"00000000000000000000000000000000"}\n'


def test_a_packed_history_that_is_torn_is_told_in_a_sentence(chaos: Chaos, tmp_path: Path) -> None:
    (tmp_path / COMPACT).write_bytes(pack([{"at": 0.0}])[:-1])
    ended = chaos("history", tmp_path)
    assert ended.status == 2
    assert "its end is missing" in ended.errors
