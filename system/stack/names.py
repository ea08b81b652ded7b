"""How everything of a stack is called."""

from dataclasses import dataclass

from system.stack.parameters import AGGREGATE_STREAM, StackParameters

COMPOSE_KEY = "docker-compose.yml"
FUNCTION_SUFFIXES = {
    "sensor_source": "SensorSource",
    "stream_producer": "StreamProducer",
    "stream_aggregator": "StreamAggregator",
}


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
    def channel(self) -> str:
        """The channel of the raw readings."""
        return self.analytics("sensordata")

    @property
    def kinesis_streams(self) -> tuple[str, ...]:
        """The Kinesis data streams; the first one takes the aggregates."""
        return (AGGREGATE_STREAM, *self.parameters.kinesis_streams)

    def role(self, what: str) -> str:
        """A role; roles are the same in all regions, so their names tell them apart."""
        return f"{self.stack}-{what}-{self.parameters.region}"

    def function(self, function: str) -> str:
        """A Lambda function."""
        return f"{self.stack}-GreengrassLambda-{FUNCTION_SUFFIXES[function]}"

    def definition(self, what: str) -> str:
        """A Greengrass definition."""
        return f"{self.stack}-{what}"
