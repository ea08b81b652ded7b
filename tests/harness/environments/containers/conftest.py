"""A site in containers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.environments.containers.environment import ContainersEnvironment
from harness.environments.containers.standing import stand_up
from harness.environments.site.register import Register
from harness.environments.site.site import SERVICES, Link, Site

from ..example_site import plan_of  # noqa: TID252 - tests are no package that could be named


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
    return Site(
        name="20261125T101500-3fa2c1",
        directory=tmp_path,
        witness=tmp_path / "witness",
        logs=tmp_path / "logs",
        origin_monotonic_ns=1,
        origin_wall_ms=2,
        cloud=41000,
        toxiproxy=41001,
        client_port=41002,
        server_port=18088,
        links={
            service: Link(
                uplink_tap=42000 + number, toxiproxy=4201 + number, cloud_tap=4301 + number
            )
            for number, service in enumerate(SERVICES)
        },
        ports={"sensor_api": 43000, "aggregate_api": 43001, "dashboard": 43002},
        environment="containers",
    )
