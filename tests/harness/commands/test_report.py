from collections.abc import Callable
from pathlib import Path
from typing import Any

Chaos = Callable[..., Any]


def test_what_is_no_finished_run_is_told_in_a_sentence(chaos: Chaos, tmp_path: Path) -> None:
    ended = chaos("report", tmp_path)
    assert ended.status == 2
    assert f"{tmp_path} has no history.jsonl" in ended.errors
