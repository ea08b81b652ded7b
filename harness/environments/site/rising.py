"""A site on its way up: in which order its parts are started, whatever they are."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from harness.environments.site.emulator import warm_up
from harness.environments.site.environment import SiteEnvironment
from harness.environments.site.links import Links
from harness.environments.site.parts import RunningPart
from harness.environments.site.ports import Ports
from harness.environments.site.site import SERVICES, Site
from harness.environments.site.stages import Stages
from harness.environments.site.standing import wait_for_pages
from harness.plan.parts import Site as Settings
from harness.tools.cache import Progress

Kit = TypeVar("Kit")
Standing = TypeVar("Standing", bound=SiteEnvironment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Generic[Kit]):
    """What whoever starts the parts of a site is given.

    Attributes:
        kit: what they are made of.
        settings: of what runs on it.
        held: ports, to be released before a part takes them.
        mark: that everything of the site carries.
        stream_manager: command that is run in the place of ours.
        progress: told what is done.
    """

    kit: Kit
    settings: Settings
    held: Ports
    mark: str
    stream_manager: str | None
    progress: Progress


class Rising(ABC, Generic[Kit, Standing]):
    """One site on its way up, from the moment at which its cloud has begun.

    Args:
        environment: that comes to stand.
        task: how.
    """

    def __init__(self, environment: Standing, task: Task[Kit]) -> None:
        self.environment = environment
        self.task = task

    @property
    def site(self) -> Site:
        """How its parts are reached."""
        return self.environment.site

    def rise(self, stages: Stages) -> None:
        """Start what does not wait for others side by side, then what does."""
        links = self.environment.links = self.open_links(stages)
        with stages("LocalStack"):
            self.wait_for_cloud()
            wait_for_kinesis = warm_up(self.site.cloud_url)
            # It takes boto3 along, which is loaded while LocalStack does so with its services.
            import harness.environments.site.provisioning  # noqa: F401

            wait_for_kinesis()
        with stages("cloud resources"):
            self.provision()
        with stages("core and functions"):
            self.start_core()
        with stages("pages"):
            wait_for_pages(self.site, self.needed, self.task.settings.application)
        # Now, for nothing is learnt from a deployment over a slow link.
        links.hold(SERVICES, self.site.held)

    @abstractmethod
    def open_links(self, stages: Stages) -> Links:
        """Start the cloud and the way to it, and open the links."""

    @abstractmethod
    def wait_for_cloud(self) -> None:
        """Return when the cloud answers."""

    @abstractmethod
    def provision(self) -> None:
        """Bring the site's resources into its cloud, and the core's files to its root."""

    @abstractmethod
    def start_core(self) -> None:
        """Start the core, and return when its functions run."""

    @property
    @abstractmethod
    def needed(self) -> Sequence[RunningPart]:
        """The parts without which no page will ever be there."""
