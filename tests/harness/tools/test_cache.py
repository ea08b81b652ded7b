"""The cache: what is there is complete, whoever was interrupted while he built it."""

import threading
from pathlib import Path

import pytest

from harness.tools.cache import cache_directory, fingerprint, installed
from harness.tools.errors import ToolUnavailable

from .conftest import Told

WAIT_S = 10


def fill(part: Path) -> None:
    (part / "file").write_text("content")


def refuse(part: Path) -> None:
    (part / "half").write_text("a half")
    raise ToolUnavailable("It cannot be built", "Mend it")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"STREAM_CHAOS_CACHE": "/a/b", "XDG_CACHE_HOME": "/c"}, "/a/b"),
        ({"XDG_CACHE_HOME": "/c"}, "/c/stream-chaos"),
        ({"XDG_CACHE_HOME": "relative"}, "/home/me/.cache/stream-chaos"),
        ({}, "/home/me/.cache/stream-chaos"),
    ],
)
def test_the_cache_is_where_the_user_wants_it(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    for name in ("STREAM_CHAOS_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/me", **variables}.items():
        monkeypatch.setenv(name, value)
    assert cache_directory() == Path(expected)


def test_a_fingerprint_tells_every_difference_of_its_parts() -> None:
    distinct = [("ab", "c"), ("a", "bc"), ("abc",), ("ab", "c", ""), ("c", "ab")]
    assert len({fingerprint(*parts) for parts in distinct}) == len(distinct)
    assert fingerprint("a", "b") == fingerprint(b"a", b"b")


def test_a_folder_is_built_once(cache: Path, told: Told) -> None:
    for _ in range(2):
        place = installed("tool-1", fill, progress=told, announcement="tool: installing 1")
        assert place == cache / "tool-1"
        assert (place / "file").read_text() == "content"
    assert told.lines == ["tool: installing 1"]


def test_what_could_not_be_built_leaves_nothing_and_is_tried_again(cache: Path, told: Told) -> None:
    with pytest.raises(ToolUnavailable, match="It cannot be built"):
        installed("tool-1", refuse, progress=told)
    assert [path.name for path in cache.iterdir()] == [".tool-1.lock"]
    assert (installed("tool-1", fill, progress=told) / "file").exists()


def test_what_an_interrupted_build_left_does_not_get_into_the_next(cache: Path, told: Told) -> None:
    (cache / "tool-1.part").mkdir(parents=True)
    (cache / "tool-1.part" / "half").touch()
    place = installed("tool-1", fill, progress=told)
    assert [path.name for path in place.iterdir()] == ["file"]
    assert not (cache / "tool-1.part").exists()


def test_two_who_want_the_same_build_it_once(cache: Path, told: Told) -> None:
    begun, go_on, built = threading.Event(), threading.Event(), []
    waiting = threading.Event()

    def slow(part: Path) -> None:
        begun.set()
        assert go_on.wait(WAIT_S)
        built.append(part)
        fill(part)

    def say(line: str) -> None:
        told(line)
        waiting.set()

    first = threading.Thread(target=installed, args=("tool-1", slow), kwargs={"progress": told})
    second = threading.Thread(target=installed, args=("tool-1", slow), kwargs={"progress": say})
    first.start()
    assert begun.wait(WAIT_S)
    second.start()
    assert waiting.wait(WAIT_S)
    go_on.set()
    for thread in (first, second):
        thread.join(WAIT_S)
    assert len(built) == 1
    assert told.lines == ["tool-1: waiting for another process that installs it"]


def test_a_cache_that_cannot_be_written_is_one_sentence_with_a_way_out(
    cache: Path, told: Told
) -> None:
    cache.write_text("a file is in the way")
    with pytest.raises(ToolUnavailable) as refused:
        installed("tool-1", fill, progress=told)
    assert str(refused.value).startswith(f"The cache {cache} cannot be written: ")
    assert str(refused.value).endswith("name another folder with STREAM_CHAOS_CACHE")
