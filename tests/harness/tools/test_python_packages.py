"""Packages from our lock files, which pin every byte of what a user gets."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.tools import python_packages
from harness.tools.errors import ToolUnavailable
from harness.tools.python_packages import (
    LOCKS,
    lock,
    make_environment,
    python_fingerprint,
    unpack,
    unpack_requirements,
    uv_program,
)

from .conftest import Programs, arguments_after

FakeUv = Callable[[str], Path]
LOCK_NAMES = sorted(path.name for path in LOCKS.iterdir() if path.name.endswith(".txt"))


@pytest.mark.parametrize("name", LOCK_NAMES)
def test_every_package_of_a_lock_is_pinned_with_its_hashes(name: str) -> None:
    text = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", lock(name).decode(), flags=re.MULTILINE))
    requirements = [line for line in text.splitlines() if line.strip()]
    assert requirements
    for requirement in requirements:
        assert re.match(r"[\w.\[\]-]+==\S+", requirement), requirement
        assert "--hash=sha256:" in requirement


def test_a_fingerprint_depends_on_lock_and_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    prints = {python_fingerprint(name) for name in LOCK_NAMES}
    assert len(prints) == len(LOCK_NAMES)
    monkeypatch.setattr(python_packages, "base_interpreter", lambda: "another one")
    assert prints.isdisjoint(python_fingerprint(name) for name in LOCK_NAMES)


def test_a_lock_is_installed_as_it_is_pinned(
    fake_uv: FakeUv, programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CONSTRAINT", "somebody else's")
    fake_uv("")
    unpack(tmp_path / "node", "node.txt", "no node")
    ((arguments, environment, _),) = programs.calls("uv")
    assert arguments[:2] == ["pip", "install"]
    assert "--require-hashes" in arguments
    assert arguments_after("--target", arguments) == str(tmp_path / "node")
    assert arguments_after("--python", arguments) == sys.executable
    assert "UV_CONSTRAINT" not in environment


def test_requirements_that_are_no_lock_have_no_hashes(
    fake_uv: FakeUv, programs: Programs, tmp_path: Path
) -> None:
    fake_uv("")
    unpack_requirements(tmp_path / "bundle", tmp_path / "requirements.txt", "no bundle")
    ((arguments, _, _),) = programs.calls("uv")
    assert arguments_after("-r", arguments) == str(tmp_path / "requirements.txt")
    assert "--require-hashes" not in arguments


def test_an_environment_can_be_moved_and_is_filled_from_its_lock(
    fake_uv: FakeUv, programs: Programs, tmp_path: Path
) -> None:
    fake_uv("")
    make_environment(tmp_path / "made", "localstack.txt", "no LocalStack")
    (made, _, _), (filled, _, _) = programs.calls("uv")
    assert made[0] == "venv" and "--relocatable" in made
    assert made[-1] == str(tmp_path / "made")
    assert arguments_after("--python", filled) == str(tmp_path / "made" / "bin" / "python")
    assert Path(arguments_after("-r", filled)).name == "localstack.txt"


def test_a_failed_installation_says_what_is_missing_and_why(
    fake_uv: FakeUv, tmp_path: Path
) -> None:
    fake_uv("sys.exit('error: hash mismatch')")
    with pytest.raises(ToolUnavailable, match="no node: error: hash mismatch"):
        unpack(tmp_path, "node.txt", "no node")


def test_a_missing_uv_is_one_sentence_with_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(python_packages.uv, "find_uv_bin", missing)
    with pytest.raises(ToolUnavailable) as refused:
        uv_program()
    assert str(refused.value).startswith("uv, which installs the tools, is not there")
    assert f"'{sys.executable} -m pip install uv'" in str(refused.value)
