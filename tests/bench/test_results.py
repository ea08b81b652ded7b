from pathlib import Path

import pytest

from bench.results import Results, read_results


def test_results_are_read_as_they_were_written(results: Results, tmp_path: Path) -> None:
    path = tmp_path / "made" / "results.json"
    results.write(path)
    assert read_results(path) == results
    assert [each.name for each in path.parent.iterdir()] == ["results.json"]


@pytest.mark.parametrize("content", ["[]", "{}", '{"format": 2}', "nonsense"])
def test_another_file_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(ValueError):
        read_results(path)
