"""LocalStack's parts: its environment, its Kinesis, our plugin, each in a folder that never changes."""

import ast
import subprocess
from collections.abc import Callable
from importlib.metadata import PathDistribution
from pathlib import Path
from typing import Any

import pytest

from harness.tools import localstack
from harness.tools.cache import cache_directory
from harness.tools.errors import ToolUnavailable
from harness.tools.localstack import (
    KINESIS_LOCAL_VERSION,
    LIBRARIES,
    PLUGIN_SERVICES,
    VERSION,
    ensure_localstack,
    environment_folder,
    kinesis_folder,
    plugin_source,
    stage_plugin,
)

from .conftest import Programs, Told

FakeUv = Callable[[str], Path]

# Makes the environment with an interpreter that does nothing.
FAKE_UV = """
if sys.argv[1] == "venv":
    python = pathlib.Path(sys.argv[-1]) / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\\n")
    python.chmod(0o755)
"""
FAKE_NPM = 'pathlib.Path("node_modules").mkdir()'


@pytest.fixture
def node(programs: Programs) -> Programs:
    """A Node that fits, and an npm that notes how it is called."""
    programs.add("node", "echo v24.0.0")
    programs.python("npm", FAKE_NPM)
    return programs


def test_every_part_is_installed_once(
    fake_uv: FakeUv, node: Programs, cache: Path, told: Told
) -> None:
    fake_uv(FAKE_UV)
    for _ in range(2):
        tool = ensure_localstack(told)
    assert tool.python == cache / environment_folder() / "bin" / "python"
    assert tool.kinesis == cache / kinesis_folder()
    assert (tool.kinesis / "node_modules").is_dir()
    assert tool.node == node.folder
    assert tool.plugin.parent == cache
    assert tool.libraries == cache / environment_folder() / "home" / LIBRARIES
    assert sorted(told.lines) == [
        f"kinesis-local: installing {KINESIS_LOCAL_VERSION} (first run only)",
        f"localstack: installing {VERSION} (first run only)",
    ]


def test_kinesis_comes_from_its_lock_and_runs_no_script_of_others(
    fake_uv: FakeUv, node: Programs, cache: Path, told: Told
) -> None:
    fake_uv(FAKE_UV)
    tool = ensure_localstack(told)
    ((arguments, environment, folder),) = node.calls("npm")
    assert arguments[0] == "ci" and "--ignore-scripts" in arguments
    assert environment["PATH"].startswith(f"{node.folder}:"), "npm finds its node"
    assert folder == f"{tool.kinesis}.part"
    assert (tool.kinesis / "package-lock.json").read_bytes() == localstack.lock(
        "kinesis", "package-lock.json"
    )


@pytest.mark.parametrize(
    ("uv", "npm", "said"),
    [
        (
            "sys.exit('error: uv')",
            FAKE_NPM,
            f"LocalStack {VERSION} cannot be installed: error: uv",
        ),
        (FAKE_UV, "sys.exit('npm error 404 no')", "Kinesis, cannot be installed: 404 no"),
    ],
)
def test_a_part_that_cannot_be_installed_is_one_sentence(
    fake_uv: FakeUv, node: Programs, cache: Path, told: Told, uv: str, npm: str, said: str
) -> None:
    fake_uv(uv)
    node.python("npm", npm)
    with pytest.raises(ToolUnavailable) as failed:
        ensure_localstack(told)
    assert said in str(failed.value)
    fake_uv(FAKE_UV)
    node.python("npm", FAKE_NPM)
    assert ensure_localstack(told).python.exists(), "the next run goes on where this one failed"


# -- the plugin ------------------------------------------------------------------------------------


def test_the_plugin_is_staged_whole_and_looks_installed(cache: Path, told: Told) -> None:
    staged = stage_plugin(told)
    source = plugin_source()
    for path in source.rglob("*.py"):
        copy = staged / "system" / "cloud" / path.relative_to(source)
        assert copy.read_bytes() == path.read_bytes()
    assert list(staged.rglob("__pycache__")) == []
    (metadata,) = staged.glob("*.dist-info")
    found = PathDistribution(metadata)
    points = found.entry_points.select(group="localstack.aws.provider")
    assert {point.name for point in points} == {f"{name}:default" for name in PLUGIN_SERVICES}
    providers = ast.parse((staged / "system" / "cloud" / "providers.py").read_text())
    defined = {
        target.id
        for node in providers.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert {point.attr for point in points} <= defined
    assert found.metadata["Name"] == "stream-chaos-cloud"


def test_a_changed_plugin_gets_a_folder_of_its_own(
    cache: Path, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "plugin"
    source.mkdir()
    (source / "providers.py").write_text("first")
    monkeypatch.setattr(localstack, "plugin_source", lambda: source)
    first = stage_plugin(told)
    assert stage_plugin(told) == first
    (source / "providers.py").write_text("second")
    second = stage_plugin(told)
    (source / "providers.py").rename(source / "others.py")
    third = stage_plugin(told)
    assert len({first, second, third}) == 3
    assert (first / "system" / "cloud" / "providers.py").read_text() == "first"


# -- for real --------------------------------------------------------------------------------------


@pytest.mark.localstack
def test_what_is_installed_here_is_the_pinned_version(told: Told) -> None:
    tool = ensure_localstack(told)
    asked = "from localstack import version; print(version.version)"
    environment: dict[str, Any] = {"HOME": str(tool.home), "PYTHONPATH": str(tool.plugin)}
    version = subprocess.check_output([tool.python, "-c", asked], env=environment, text=True)
    assert version.strip() == VERSION
    assert (tool.kinesis / "node_modules" / "kinesis-local" / "main.js").is_file()
    assert list(tool.libraries.iterdir()), "the index of services is built"
    assert tool.python.is_relative_to(cache_directory())
    told.lines.clear()
    assert ensure_localstack(told) == tool
    assert told.lines == []
