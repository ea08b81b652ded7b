"""What the benchmarks are built with, without building it."""

import re
from pathlib import Path
from typing import Any

import pytest

from bench import tools
from bench.benchmarks import reads

ROOT = Path(tools.__file__).parent


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a Go is asked to have, on a machine where nothing is built yet."""
    monkeypatch.setenv("STREAM_CHAOS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tools, "on_path", lambda name: None)
    found: list[dict[str, Any]] = []

    def ensured(progress: object, **what: Any) -> Path:
        found.append(what)
        return Path("go")

    monkeypatch.setattr(tools.go, "ensure_go", ensured)
    monkeypatch.setattr(tools.go, "build", lambda part, *rest, **options: None)
    return found


def test_nats_is_built_with_the_go_that_it_asks_for(asked: list[dict[str, Any]]) -> None:
    tools.ensure_nats(print)
    tools.ensure_client(print)
    assert asked == [{"least": (1, 26)}, {}]


def test_reads_tell_from_how_many_places_the_client_reads() -> None:
    source = (ROOT / "client" / "stream_manager.go").read_text()
    (variety,) = re.findall(r"variety += (\d+)", source)
    assert int(variety) == reads.PLACES
    assert f"from {variety} places spread evenly" in reads.BENCHMARK.method
