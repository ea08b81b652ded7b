"""How everything of a stack is called."""

from dataclasses import dataclass

from system.stack.application import Application, Function
from system.stack.parameters import StackParameters
from system.stack.reference import application_of

COMPOSE_KEY = "docker-compose.yml"


@dataclass(frozen=True, slots=True)
class Names:
    """The names, all made from those of stack and region, so that a stack is found again by nothing else."""

    parameters: StackParameters

    @property
    def stack(self) -> str:
        """The stack, its thing and its group."""
        return self.parameters.name

    @property
    def bucket(self) -> str:
        """The bucket of the compose file."""
        return f"{self.stack}-greengrass-source-{self.parameters.region}"

    @property
    def compose_file(self) -> str:
        """The compose file, as `bucket/key`."""
        return f"{self.bucket}/{COMPOSE_KEY}"

    def analytics(self, what: str) -> str:
        """Something of IoT Analytics, which does not allow hyphens."""
        return f"{self.stack.replace('-', '_')}_{what}"

    @property
    def application(self) -> Application:
        """What runs on the site."""
        return application_of(self.parameters)

    @property
    def channels(self) -> tuple[str, ...]:
        """The IoT Analytics channels."""
        return self.application.channels

    @property
    def kinesis_streams(self) -> tuple[str, ...]:
        """The Kinesis data streams."""
        return self.application.kinesis_streams

    def role(self, what: str) -> str:
        """A role; roles are the same in all regions, so their names tell them apart."""
        return f"{self.stack}-{what}-{self.parameters.region}"

    def function(self, function: Function) -> str:
        """A Lambda function."""
        return f"{self.stack}-{function.lambda_name}"

    def device(self, device: str) -> str:
        """A device on the site: its thing, its policy."""
        return f"{self.stack}_{device}"

    def definition(self, what: str) -> str:
        """A Greengrass definition."""
        return f"{self.stack}-{what}"
