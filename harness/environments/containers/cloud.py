"""LocalStack as a container."""

from typing import Self

from testcontainers.community.localstack import LocalStackContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from harness.environments.containers.engine import ContainerPart, SiteEngine
from harness.environments.containers.topology import CLOUD_HOST, CLOUD_PORT, Recipe
from harness.environments.site.emulator import SERVICES, SETTINGS
from harness.environments.site.site import REGION, Site

READY_S = 60.0
READY = r"Ready\."


def recipe(site: Site, image: str) -> Recipe:
    """The container of the cloud."""
    return Recipe(
        title="LocalStack",
        part="localstack",
        image=image,
        environment={
            **SETTINGS,
            # The address in the answers, such as where a function's code is.
            "LOCALSTACK_HOST": f"{CLOUD_HOST}:{CLOUD_PORT}",
        },
        network="cloud",
        host=CLOUD_HOST,
        ports={CLOUD_PORT: site.cloud},
    )


class Cloud(LocalStackContainer):
    """LocalStack by testcontainers, but for its way of waiting, which warns of itself and looks once a second only."""

    def start(self, timeout: float = READY_S) -> Self:
        """Start it and return when it says that it is ready."""
        ready = LogMessageWaitStrategy(READY).with_poll_interval(0.1)
        self.waiting_for(ready.with_startup_timeout(round(timeout)))
        return DockerContainer.start(self)


def start_cloud(engine: SiteEngine, site: Site, image: str) -> ContainerPart:
    """Start it and return when it says that it is ready.

    Raises:
        EnvironmentUnavailable: it cannot be started, or is not ready in time.
    """
    wanted = recipe(site, image)
    container = Cloud(image, edge_port=CLOUD_PORT, region_name=REGION).with_services(*SERVICES)
    return engine.start(wanted, engine.equip(container, wanted))
