"""The site that a session has: stood up for the first test that wants it, taken down after the last."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.environments.editions import stand_up_in
from harness.environments.errors import EnvironmentUnavailable
from harness.environments.protocol import Environment
from harness.environments.site.site import Site
from harness.plan.model import Plan
from harness.pytest_plugin import ENVIRONMENT, SEED, SITE, STREAM_MANAGER, setting

MARKER = "stream_chaos_site"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingSite:
    """A site that stands.

    Attributes:
        name: of the edition that it stands in.
        environment: what disturbs and measures it; `uplink` is the handy part of it.
        site: its addresses.
    """

    name: str
    environment: Environment
    site: Site

    @property
    def stream_manager(self) -> tuple[str, int]:
        """Host and port where its functions find the stream manager."""
        return "127.0.0.1", self.site.client_port

    @property
    def cloud_url(self) -> str:
        """Its cloud, past every link: for whoever looks what arrived."""
        return self.site.cloud_url

    def url(self, page: str) -> str:
        """The address of `sensor_api`, `aggregate_api` or `dashboard`."""
        return self.site.url(page)

    @property
    def logs(self) -> Path:
        """Folder of its parts' logs."""
        return self.site.logs


@contextmanager
def standing(request: pytest.FixtureRequest, folder: Path) -> Iterator[StandingSite]:
    """The site of a session, its sensors sending.

    Args:
        folder: for its records and logs.
    """
    config = request.config
    name = setting(config, ENVIRONMENT)
    said: list[str] = []
    try:
        stands: Any = stand_up_in(name)(
            _plan(request),
            directory=folder,
            progress=said.append,
            stream_manager=setting(config, STREAM_MANAGER) or None,
        )
    except EnvironmentUnavailable as error:
        pytest.fail(f"No site could be stood up in {name}: {error}", pytrace=False)
    with stands as environment:
        environment.start_source(environment.now_ms())
        yield StandingSite(name=name, environment=environment, site=environment.site)


def _plan(request: pytest.FixtureRequest) -> Plan:
    """What the site has to be like, without anything that is done to it."""
    file = _scenario(request)
    if file is None:
        from harness.commands.up import default_plan

        return default_plan()
    from harness.plan.compiling import compile_plan
    from harness.scenario.loader import load
    from harness.scenario.problems import BadScenario

    try:
        return compile_plan(load(file).scenario, int(setting(request.config, SEED)))
    except BadScenario as bad:
        raise pytest.UsageError(str(bad)) from None


def _scenario(request: pytest.FixtureRequest) -> Path | None:
    """The scenario that was asked for by marker, else by the ini file.

    Raises:
        pytest.UsageError: tests of one session want different ones.
    """
    root = request.config.rootpath
    wanted = {
        mark.kwargs.get("scenario")
        for item in request.session.items
        if "site" in getattr(item, "fixturenames", ())
        if (mark := item.get_closest_marker(MARKER)) is not None
    }
    if len(wanted) > 1:
        named = " and ".join(sorted(map(str, wanted)))
        raise pytest.UsageError(
            f"a session has one site, and its tests want several by @pytest.mark.{MARKER}: {named}; "
            "run them one after the other"
        )
    chosen = next(iter(wanted), None) or request.config.getini(SITE)
    return root / str(chosen) if chosen else None
