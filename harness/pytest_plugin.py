"""The pytest plugin: a site, a stream manager and an uplink as fixtures, and scenarios collected as tests.

pytest loads this module in every suite of whoever has it installed. Hence it imports nothing of ours: what a suite does
not use costs it nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.pytest.alone import StreamManager
    from harness.pytest.standing import StandingSite
    from harness.pytest.uplink import Uplink

SUFFIXES = (".yaml", ".yml")

ENVIRONMENT, SEED, UNKNOWN, REPORTS, STREAM_MANAGER = (
    "stream_chaos_environment",
    "stream_chaos_seed",
    "stream_chaos_unknown",
    "stream_chaos_reports",
    "stream_chaos_stream_manager",
)
SCENARIOS, SITE = "stream_chaos_scenarios", "stream_chaos_site"

_OPTIONS = {
    ENVIRONMENT: ("NAME", "local", "edition of the world: local, containers"),
    SEED: ("N", "1", "decides what a scenario leaves open"),
    UNKNOWN: ("fail|xfail", "fail", "what a scenario is whose verdict is unknown"),
    REPORTS: ("DIR", "reports", "folder of the reports of scenarios"),
    STREAM_MANAGER: ("COMMAND", "", "run this in the place of our stream manager"),
}
"""Each is an option on the command line and one of the ini file: what it takes, what it is by default."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """What can be said on the command line and in the ini file."""
    group = parser.getgroup("stream-chaos", "stream-chaos: scenarios and sites")
    for name, (metavar, default, told) in _OPTIONS.items():
        flag = f"--{name.replace('_', '-')}"
        group.addoption(flag, dest=name, metavar=metavar, help=f"{told} (ini: {name}; {default!r})")
        parser.addini(name, told, default=default)
    told = "folders whose scenarios are tests although they are not named on the command line"
    parser.addini(SCENARIOS, told, type="linelist", default=[])
    parser.addini(SITE, "scenario file that the fixture `site` takes its settings from", default="")


def pytest_configure(config: pytest.Config) -> None:
    """The marker that says what site a test wants."""
    line = (
        "stream_chaos_site(scenario=FILE): the settings of the site that the fixture `site` gives"
    )
    config.addinivalue_line("markers", line)


def setting(config: pytest.Config, name: str) -> str:
    """What was said on the command line, else in the ini file, else the default."""
    return str(config.getoption(name) or config.getini(name))


# -- scenarios as tests ----------------------------------------------------------------------------


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A scenario file that was asked for; no other YAML is touched."""
    if file_path.suffix not in SUFFIXES or not _asked_for(file_path, parent.config):
        return None
    from harness.pytest.scenarios import ScenarioFile, is_scenario

    return ScenarioFile.from_parent(parent, path=file_path) if is_scenario(file_path) else None


def _asked_for(file: Path, config: pytest.Config) -> bool:
    """Whether it, or the very folder it is in, was named: on the command line, by `testpaths` or in the ini file.

    A suite that only has scenarios somewhere below does not run them without being told to: each takes minutes.
    """
    below = config.invocation_params.dir
    named = {below / argument.split("::")[0] for argument in config.args}
    named |= {config.rootpath / folder for folder in config.getini(SCENARIOS)}
    return any(each.resolve() in (file, file.parent) for each in named)


# -- fixtures --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StandingSite]:
    """A whole site that stands for the session: cloud, links, core, stream manager, functions, page."""
    from harness.pytest.standing import standing

    with standing(request, tmp_path_factory.mktemp("stream-chaos")) as stands:
        yield stands


@pytest.fixture
def uplink(site: StandingSite) -> Iterator[Uplink]:
    """The links between the site and its cloud; whatever a test leaves is healed after it."""
    from harness.pytest.uplink import Uplink

    links = Uplink(site.environment)
    yield links
    links.heal()


@pytest.fixture
def stream_manager(tmp_path: Path) -> Iterator[StreamManager]:
    """A stream manager alone, without any cloud: a process of its own with an empty store."""
    from harness.pytest.alone import StreamManager

    with StreamManager(tmp_path / "stream-manager") as server:
        yield server
