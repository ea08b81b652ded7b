"""A cache of the test's own, and programs that only pretend, as the only ones on PATH."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness.tools import python_packages


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; it is not there yet."""
    place = tmp_path / "cache"
    monkeypatch.setenv("STREAM_CHAOS_CACHE", str(place))
    return place


@dataclass(frozen=True)
class Programs:
    """The folder that is all of PATH."""

    folder: Path

    def add(self, name: str, script: str) -> Path:
        """Make a program of shell lines."""
        return self._write(name, f"#!/bin/sh\n{script}\n")

    def python(self, name: str, script: str) -> Path:
        """Make a program of Python lines; `call` notes arguments and environment."""
        log = self.folder / f"{name}.calls"
        noting = (
            "import json, os, pathlib, sys\n"
            f"with open({str(log)!r}, 'a') as log:\n"
            "    log.write(json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]) + '\\n')\n"
        )
        return self._write(name, f"#!{sys.executable} -S\n{noting}{script}\n")

    def calls(self, name: str) -> list[tuple[list[str], dict[str, str], str]]:
        """Arguments, environment and folder of each call of a program made by `python`."""
        log = self.folder / f"{name}.calls"
        lines = log.read_text().splitlines() if log.exists() else []
        return [tuple(json.loads(line)) for line in lines]

    def _write(self, name: str, text: str) -> Path:
        program = self.folder / name
        program.write_text(text)
        program.chmod(0o755)
        return program


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """No program is on PATH but those added here."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return Programs(folder)


@pytest.fixture
def fake_uv(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a program of Python lines in the place of uv."""

    def fake(script: str) -> Path:
        program = programs.python("uv", script)
        monkeypatch.setattr(python_packages.uv, "find_uv_bin", lambda: str(program))
        return program

    return fake


@dataclass
class Told:
    """What the user was told of the progress."""

    lines: list[str] = field(default_factory=list)

    def __call__(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture
def told() -> Told:
    """Keeps the lines of progress."""
    return Told()


def arguments_after(name: str, arguments: list[Any]) -> Any:
    """The argument that follows an option."""
    return arguments[arguments.index(name) + 1]
