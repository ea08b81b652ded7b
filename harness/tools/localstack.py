"""LocalStack: an environment of its own, Node and the package that serves its Kinesis, and our plugin."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from harness.tools.cache import Progress, cache_directory, fingerprint, installed
from harness.tools.commands import run, tool_environment
from harness.tools.installing import side_by_side
from harness.tools.node import Node, ensure_node
from harness.tools.python_packages import lock, make_environment, python_fingerprint

VERSION = "4.9.2"
KINESIS_LOCAL_VERSION = "0.4.13"
"""The version that LocalStack 4.9.2 would install by itself, in its first request."""

LAYOUT = "2"
"""Raised when we put something else into the environment's folder."""

LIBRARIES = Path("usr", "lib", "localstack")
"""Below its file system root, LocalStack looks here for what was installed beforehand."""

NPM_PATIENCE = {
    "npm_config_fetch_timeout": "20000",
    "npm_config_fetch_retry_mintimeout": "1000",
    "npm_config_fetch_retry_maxtimeout": "4000",
}
"""In ms; a user's own environment wins. Left alone, npm tries for a minute what is refused, and for a quarter of an
hour what is silent."""

LOCALSTACK_LOCK = "localstack.txt"
PLUGIN = "system.cloud"
PLUGIN_SERVICES = ("greengrass", "iot", "iotanalytics", "iotsitewise")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalStackTool:
    """An installed LocalStack.

    Attributes:
        python: interpreter of its environment.
        node: folder that holds `node`.
        kinesis: folder with the npm package that serves Kinesis.
        plugin: folder to put on PYTHONPATH, so that LocalStack finds our services.
        home: folder for what LocalStack caches about itself.
    """

    python: Path
    node: Path
    kinesis: Path
    plugin: Path
    home: Path

    @property
    def libraries(self) -> Path:
        """What LocalStack looks for in its own `LIBRARIES`, but for the package that serves Kinesis."""
        return self.home / LIBRARIES


def environment_folder() -> str:
    """Name in the cache of LocalStack's environment."""
    return f"localstack-{VERSION}-{LAYOUT}-{python_fingerprint(LOCALSTACK_LOCK)}"


def kinesis_folder() -> str:
    """Name in the cache of the package that serves Kinesis."""
    content = fingerprint(lock("kinesis", "package.json"), lock("kinesis", "package-lock.json"))
    return f"kinesis-local-{KINESIS_LOCAL_VERSION}-{content}"


def ensure_localstack(progress: Progress) -> LocalStackTool:
    """LocalStack from the cache, installed on first use.

    Raises:
        ToolUnavailable: something could not be installed.
    """
    with side_by_side() as beside:
        environment = beside(lambda: _ensure_environment(progress))
        node = ensure_node(progress)
        kinesis = _install_kinesis(node, progress)
        plugin = stage_plugin(progress)
        place = environment.result()
    return LocalStackTool(
        python=place / "bin" / "python",
        node=node.directory,
        kinesis=kinesis,
        plugin=plugin,
        home=place / "home",
    )


def _ensure_environment(progress: Progress) -> Path:
    def build(part: Path) -> None:
        what = f"LocalStack {VERSION} cannot be installed"
        make_environment(part, LOCALSTACK_LOCK, what)
        _index_services(part, what)

    return installed(
        environment_folder(),
        build,
        progress=progress,
        announcement=f"localstack: installing {VERSION} (first run only)",
    )


def _index_services(part: Path, what: str) -> None:
    """Have LocalStack build its index of AWS services once, else every site does so in its first request."""
    libraries = part / "home" / LIBRARIES
    libraries.mkdir(parents=True)
    run(
        [part / "bin" / "python", "-c", "from localstack.aws import spec; spec.main()"],
        what=what,
        environment=tool_environment(
            {"OVERRIDE_IN_DOCKER": "0", "FILESYSTEM_ROOT": str(part / "home")}
        ),
    )


def ensure_kinesis(progress: Progress) -> Path:
    """The folder of the package that serves Kinesis, installed on first use.

    Raises:
        ToolUnavailable: it could not be installed.
    """
    place = cache_directory() / kinesis_folder()
    return place if place.is_dir() else _install_kinesis(ensure_node(progress), progress)


def _install_kinesis(node: Node, progress: Progress) -> Path:
    def build(part: Path) -> None:
        for name in ("package.json", "package-lock.json"):
            (part / name).write_bytes(lock("kinesis", name))
        ours = tool_environment()
        run(
            [*node.npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            what=f"kinesis-local {KINESIS_LOCAL_VERSION}, LocalStack's Kinesis, cannot be installed",
            environment={**NPM_PATIENCE, **ours, "PATH": f"{node.directory}:{ours['PATH']}"},
            directory=part,
        )

    return installed(
        kinesis_folder(),
        build,
        progress=progress,
        announcement=f"kinesis-local: installing {KINESIS_LOCAL_VERSION} (first run only)",
    )


def plugin_source() -> Path:
    """The folder of our plugin's package, found without importing it: it only runs inside LocalStack."""
    spec = find_spec(PLUGIN)
    assert spec is not None and spec.submodule_search_locations, "our distribution has the plugin"
    return Path(next(iter(spec.submodule_search_locations)))


def _plugin_files(source: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(source.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(source).as_posix(), path


def entry_points() -> str:
    """How LocalStack's plugin loader learns of our services."""
    lines = [f"{name}:default = {PLUGIN}.providers:{name}" for name in PLUGIN_SERVICES]
    return "\n".join(["[localstack.aws.provider]", *lines, ""])


def plugin_folder() -> str:
    """Name in the cache of our plugin as it is now."""
    files = _plugin_files(plugin_source())
    content = [part for name, path in files for part in (name, path.read_bytes())]
    return f"cloud-plugin-{fingerprint(entry_points(), *content)}"


def stage_plugin(progress: Progress) -> Path:
    """Copy the plugin into a folder of its own that looks like an installed distribution.

    LocalStack's environment is shared by all runs and stays untouched. The loader caches the entry points by path, so a
    changed plugin gets a new path.
    """

    def build(part: Path) -> None:
        for name, path in _plugin_files(plugin_source()):
            target = part / "system" / "cloud" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        (part / "system" / "__init__.py").write_text('"""Holds the plugin alone."""\n')
        metadata = part / "stream_chaos_cloud-0.dist-info"
        metadata.mkdir()
        (metadata / "entry_points.txt").write_text(entry_points())
        (metadata / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: stream-chaos-cloud\nVersion: 0\n"
        )

    return installed(plugin_folder(), build, progress=progress)
