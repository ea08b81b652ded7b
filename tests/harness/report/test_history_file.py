"""Where a history is, in whichever form."""

from pathlib import Path

from harness.history.compact import COMPACT, pack
from harness.report.history_file import HISTORY, history_file, lines_in, texts_in


def test_a_folder_without_a_history_has_no_file(tmp_path: Path) -> None:
    assert history_file(tmp_path) is None


def test_the_compact_form_counts_where_there_are_both(tmp_path: Path) -> None:
    (tmp_path / HISTORY).write_text('{"at": 0.0}\n')
    assert history_file(tmp_path) == tmp_path / HISTORY
    (tmp_path / COMPACT).write_bytes(pack([{"at": 0.0}]))
    assert history_file(tmp_path) == tmp_path / COMPACT


def test_both_forms_say_the_same(tmp_path: Path) -> None:
    lines = [{"at": 0.0}, {"at": 1.5, "hash": "0" * 32}]
    (tmp_path / COMPACT).write_bytes(pack(lines))
    (tmp_path / HISTORY).write_text("".join(texts_in(tmp_path / COMPACT)))
    assert [*lines_in(tmp_path / COMPACT)] == [*lines_in(tmp_path / HISTORY)] == lines
    assert [*texts_in(tmp_path / COMPACT)] == [*texts_in(tmp_path / HISTORY)]
