import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Chaos = Callable[..., Any]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "cache"
    monkeypatch.setenv("STREAM_CHAOS_CACHE", str(place))
    return place


def test_a_machine_that_lacks_nothing_is_fine(chaos: Chaos) -> None:
    ended = chaos("doctor")
    assert ended.status == 0
    assert ended.errors == ""
    assert "LocalStack: installed on first use, version " in ended.output


def test_what_is_missing_is_named_with_what_to_do(chaos: Chaos, cache: Path) -> None:
    cache.write_text("a file is in the way")
    ended = chaos("doctor")
    assert ended.status == 4
    assert ended.errors == "Missing: Cache.\n"
    assert f"Cache: missing, {cache} cannot be written. Make it writable" in ended.output


def test_findings_for_programs_are_a_line_each(chaos: Chaos) -> None:
    ended = chaos("doctor", "--json")
    findings = [json.loads(line) for line in ended.output.splitlines()]
    assert {"System", "Python", "LocalStack", "Toxiproxy"} <= {each["name"] for each in findings}
    assert all(set(each) == {"name", "state", "detail", "mend"} for each in findings)
