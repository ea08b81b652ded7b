"""The entry point of the core's container: what it refuses, whose rights it takes, and that it becomes the core."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

ENTRY_POINT = Path(__file__).parents[2] / "gg_docker" / "entry_point.py"
SOMEBODY = 4321

# One that every user may run, where there is one: a virtual environment may be in root's home.
PYTHON = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable

CORE = """
import json, os, sys
print(json.dumps({
    "uid": os.getuid(), "gid": os.getgid(), "groups": os.getgroups(),
    "pid": os.getpid(), "arguments": sys.argv[1:], "home": os.environ["HOME"],
}))
sys.exit(7)
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


def load() -> Any:
    spec = spec_from_file_location("entry_point", ENTRY_POINT)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["entry_point"] = module
    spec.loader.exec_module(module)
    return module


entry_point = load()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        yield Path(place)


@pytest.fixture
def root(open_folder: Path) -> Path:
    """A Greengrass root with a configuration."""
    place = open_folder / "greengrass"
    (place / "config").mkdir(parents=True)
    (place / "config" / "config.json").write_text("{}")
    (place / "ggc/var/log").mkdir(parents=True)
    return place


@pytest.fixture
def enter(open_folder: Path, root: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts the entry point where a core that tells of itself stands for ours."""
    package = open_folder / "system"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "greengrass.py").write_text(CORE)

    def start(*arguments: str, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [PYTHON, ENTRY_POINT, *arguments],
            cwd=open_folder,
            env={**os.environ, "GG_ROOT": str(root), "DOCKER_SOCKET": "/nowhere", **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def test_it_becomes_the_core_with_all_arguments_and_ends_with_its_status(
    enter: Callable[..., subprocess.Popen[str]], root: Path
) -> None:
    process = enter("--containers", "process")
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (7, "")
    told = json.loads(output)
    assert told["arguments"] == ["--root", str(root), "--containers", "process"]
    assert told["pid"] == process.pid, "a signal to the entry point is one to the core"
    assert Path(told["home"]).is_relative_to(root)


def test_without_a_configuration_it_says_how_to_get_one(
    enter: Callable[..., subprocess.Popen[str]], root: Path
) -> None:
    (root / "config" / "config.json").unlink()
    process = enter()
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (2, "")
    assert errors.startswith(f"greengrass: {root}/config/config.json is not there; write it with")
    assert errors.count("\n") == 1


@as_root
def test_root_is_given_up_for_the_owner_of_the_log_folder(
    enter: Callable[..., subprocess.Popen[str]], root: Path
) -> None:
    os.chown(root / "ggc/var/log", SOMEBODY, SOMEBODY + 1)
    output, errors = enter().communicate(timeout=60)
    told = json.loads(output)
    assert (told["uid"], told["gid"], errors) == (SOMEBODY, SOMEBODY + 1, "")
    owners = {(root / name).stat().st_uid for name in entry_point.OURS}
    assert owners == {SOMEBODY}, "the core can write to what nobody mounted"


@as_root
def test_the_user_can_be_told(enter: Callable[..., subprocess.Popen[str]]) -> None:
    output, _ = enter(GG_UID=str(SOMEBODY), GG_GID=str(SOMEBODY)).communicate(timeout=60)
    assert json.loads(output)["uid"] == SOMEBODY


@as_root
def test_a_user_that_is_no_number_is_refused(
    enter: Callable[..., subprocess.Popen[str]],
) -> None:
    process = enter(GG_UID="joe")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert errors == ("greengrass: GG_UID has to be the number of a user or group, not 'joe'\n")


@as_root
def test_the_user_may_use_the_docker_socket(
    enter: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    place = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(place))
        os.chown(place, 0, SOMEBODY + 5)
        output, _ = enter(DOCKER_SOCKET=str(place), GG_UID=str(SOMEBODY)).communicate(timeout=60)
    assert json.loads(output)["groups"] == [SOMEBODY + 5]


def test_what_is_no_socket_lets_nobody_in(tmp_path: Path) -> None:
    place = tmp_path / "docker.sock"
    place.mkdir()
    user = entry_point.chosen_user(_with_log(tmp_path), place, {})
    assert user.groups == ()
    assert user.uid == os.geteuid()


def _with_log(root: Path) -> Path:
    (root / "ggc/var/log").mkdir(parents=True)

    return root
