"""What doctor says of a machine; it looks, and changes nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.environments.errors import EnvironmentUnavailable
from harness.images.engine import connect
from harness.tools import doctor as module
from harness.tools import go, localstack, node, python_packages, toxiproxy
from harness.tools.doctor import INSTALLED_MIB, Finding, State, doctor, python, space, system

from .conftest import Programs

PLENTY = INSTALLED_MIB * 1024**2


@pytest.fixture(autouse=True)
def disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Says how many bytes are free; plenty unless a test says otherwise."""

    def free(size: int) -> None:
        usage = module.shutil.disk_usage("/")._replace(free=size)
        monkeypatch.setattr(module.shutil, "disk_usage", lambda _: usage)

    free(PLENTY)
    return free


@pytest.fixture(autouse=True)
def no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Docker engine answers, whatever this machine has."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")


def found(name: str) -> Finding:
    return next(finding for finding in doctor() if finding.name == name)


def states() -> dict[str, State]:
    return {finding.name: finding.state for finding in doctor()}


def fill(cache: Path) -> None:
    for folder in (
        localstack.environment_folder(),
        localstack.kinesis_folder(),
        node.node_folder(),
        toxiproxy.toxiproxy_folder(),
    ):
        (cache / folder).mkdir(parents=True)


def test_a_bare_machine_lacks_nothing_that_is_not_installed_on_first_use(
    programs: Programs, cache: Path
) -> None:
    assert states() == {
        "System": State.PRESENT,
        "Python": State.PRESENT,
        "Cache": State.PRESENT,
        "uv": State.PRESENT,
        "LocalStack": State.ON_FIRST_USE,
        "Node": State.ON_FIRST_USE,
        "Kinesis": State.ON_FIRST_USE,
        "Toxiproxy": State.ON_FIRST_USE,
        "Docker": State.NOT_NEEDED,
        "Browser": State.NOT_NEEDED,
    }
    assert found("Toxiproxy").detail.endswith(f"built with Go {go.GO_VERSION}, installed as well")
    assert str(found("Node")) == f"Node: installed on first use, version {node.VERSION}"
    assert not cache.exists(), "nothing was made"


def test_what_is_on_path_is_used(programs: Programs, cache: Path) -> None:
    go = programs.add("go", "echo go version go1.23.0 linux/amd64")
    assert found("Toxiproxy").detail.endswith(f"built with {go}")
    server = programs.add(toxiproxy.SERVER, "")
    programs.add("node", "echo v20.0.0")
    programs.add("npm", "")
    assert (found("Toxiproxy").state, found("Toxiproxy").detail) == (State.PRESENT, str(server))
    assert found("Node").state is State.PRESENT


def test_a_browser_is_only_wanted_for_a_picture(programs: Programs, cache: Path) -> None:
    assert found("Browser").detail == (
        "only the picture of the page in a report is taken with it"
        " (no chromium and no chromedriver on PATH)"
    )
    assert "apt-get install" in found("Browser").mend
    chromium, driver = (programs.add(name, "") for name in ("chromium", "chromedriver"))
    assert found("Browser").state is State.PRESENT
    assert found("Browser").detail.startswith(f"{chromium}, steered by {driver}; ")


def test_what_was_installed_is_present(programs: Programs, cache: Path) -> None:
    fill(cache)
    assert set(states().values()) == {State.PRESENT, State.NOT_NEEDED}
    assert found("LocalStack").detail == str(cache / localstack.environment_folder())


def test_little_space_matters_only_where_something_is_to_be_installed(
    programs: Programs, cache: Path, disk: Callable[[int], None]
) -> None:
    disk(PLENTY - 1)
    assert found("Cache").state is State.MISSING
    assert f"Free {INSTALLED_MIB:,} MiB, or name another folder" in str(found("Cache"))
    fill(cache)
    assert found("Cache").state is State.PRESENT


def test_a_cache_that_cannot_be_written_is_missing(programs: Programs, cache: Path) -> None:
    cache.write_text("a file is in the way")
    assert str(found("Cache")) == (
        f"Cache: missing, {cache} cannot be written. "
        "Make it writable, or name another folder with STREAM_CHAOS_CACHE."
    )


def test_a_missing_uv_is_missing_with_its_command(
    programs: Programs, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(python_packages.uv, "find_uv_bin", missing)
    assert found("uv").state is State.MISSING
    assert "-m pip install uv" in found("uv").mend


@pytest.mark.parametrize(
    ("version", "state"),
    [
        ((3, 10), State.MISSING),
        ((3, 11), State.PRESENT),
        ((3, 13), State.PRESENT),
        ((3, 14), State.MISSING),
    ],
)
def test_only_some_versions_of_python_fit(version: tuple[int, int], state: State) -> None:
    finding = python(version, "/usr/bin/python3")
    assert finding.state is state
    assert bool(finding.mend) == (state is State.MISSING)


def test_only_linux_fits() -> None:
    assert system("Linux", "x86_64").state is State.PRESENT
    assert system("Darwin", "arm64").state is State.MISSING


def test_exactly_enough_space_is_enough() -> None:
    assert space(Path("/cache"), INSTALLED_MIB, installs=True).state is State.PRESENT
    assert space(Path("/cache"), INSTALLED_MIB - 1, installs=True).state is State.MISSING


def test_an_engine_is_asked_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = found("Docker")
    assert told.state is State.NOT_NEEDED
    assert f"No Docker engine answers at unix://{tmp_path}/docker.sock" in told.detail
    monkeypatch.delenv("DOCKER_HOST")
    try:
        described = connect().described
    except EnvironmentUnavailable:
        pytest.skip("this machine has no engine")
    assert found("Docker") == Finding(name="Docker", state=State.PRESENT, detail=described)
