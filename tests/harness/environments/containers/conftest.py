"""A site in containers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.environments.containers.environment import ContainersEnvironment
from harness.environments.containers.standing import stand_up
from harness.environments.site.register import Register
from harness.environments.site.site import Site

from ..example_site import plan_of, site_in  # noqa: TID252 - tests are no package that could be named


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContainersEnvironment]:
    """A site that stands, its sensors silent."""
    folder = tmp_path_factory.mktemp("site")
    with stand_up(
        plan_of(folder),
        directory=folder / "run",
        progress=print,
        register=Register(folder / "sites"),
    ) as standing:
        yield standing


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site of containers as a value."""
    return site_in(tmp_path, environment="containers")
