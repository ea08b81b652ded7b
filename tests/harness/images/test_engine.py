"""An engine that cannot be used is told in one sentence, with exit status 4."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from harness import cli
from harness.environments.errors import EnvironmentUnavailable
from harness.images.engine import check_version, connect

Stand = Callable[[dict[str, str]], str]


def told(capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.run(["images", "build"]) == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def test_no_engine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    sentence = told(capsys)
    assert sentence.startswith(f"No Docker engine answers at unix://{tmp_path}/docker.sock. Start")
    assert "--environment local" in sentence


def test_an_engine_that_is_too_old(
    pretended_engine: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    place = pretended_engine({"Version": "19.03.15", "ApiVersion": "1.40"})
    assert told(capsys).startswith(
        f"The Docker engine at {place} is too old: version 19.03.15 speaks API 1.40, and 1.41 is needed."
        " Install Docker 20.10 or newer"
    )


def test_something_else_that_answers_is_no_engine(
    pretended_engine: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    pretended_engine({"hello": "world"})
    assert "Docker engine" in told(capsys)


@pytest.mark.parametrize("api", ["1.41", "1.50", "2.0"])
def test_a_newer_engine_will_do(api: str) -> None:
    check_version("here", {"ApiVersion": api})


@pytest.mark.parametrize("api", ["1.9", "1.40", "", "nonsense"])
def test_an_older_one_will_not(api: str) -> None:
    with pytest.raises(EnvironmentUnavailable, match="too old"):
        check_version("here", {"ApiVersion": api})


def test_an_engine_that_may_not_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from harness.images import engine

    def refused(**_: object) -> None:
        raise engine.DockerException(
            "('Connection aborted.', PermissionError(13, 'Permission denied'))"
        )

    socket = tmp_path / "docker.sock"
    socket.touch()
    monkeypatch.setenv("DOCKER_HOST", f"unix://{socket}")
    monkeypatch.setattr(engine.docker, "from_env", refused)
    with pytest.raises(EnvironmentUnavailable) as unavailable:
        connect()
    assert "join the group `docker`" in unavailable.value.mend


def test_whoever_is_interrupted_does_not_wait_for_a_silent_builder() -> None:
    from harness.images.engine import interruptible
    from harness.tools.installing import Interrupted, side_by_side

    silent, speaks = threading.Event(), threading.Event()

    def stream() -> Iterator[dict[str, str]]:
        yield {"stream": "begins"}
        speaks.set()
        silent.wait()

    caught: list[type[BaseException]] = []

    def watch() -> None:
        try:
            list(interruptible(stream()))
        except Interrupted as error:
            caught.append(type(error))

    with pytest.raises(KeyboardInterrupt), side_by_side() as beside:
        beside(watch)
        assert speaks.wait(30)
        raise KeyboardInterrupt
    assert caught == [Interrupted]
    silent.set()


def test_what_a_builder_says_comes_in_order_and_its_end_and_its_failure_too() -> None:
    from harness.images.engine import interruptible

    lines = [{"stream": str(number)} for number in range(100)]
    assert list(interruptible(iter(lines))) == lines

    def breaks() -> Iterator[dict[str, str]]:
        yield lines[0]
        raise requests.ConnectionError("gone")

    with pytest.raises(requests.ConnectionError, match="gone"):
        list(interruptible(breaks()))
