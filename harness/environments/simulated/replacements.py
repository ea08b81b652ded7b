"""What stands in the place of ours in a simulated site: parts of the stream manager, cloud, links, functions."""

from dataclasses import dataclass, field
from importlib import import_module

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.simulated.cloud import SimulatedCloud
from harness.environments.simulated.functions import SensorSource, StreamAggregator, StreamProducer
from harness.environments.simulated.uplink import Links
from system.stream_manager.composition import Parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacements:
    """Classes to make the site of; ours unless told otherwise.

    Attributes:
        stream_manager: what its engine is made of.
        source, producer, aggregator: the functions.
    """

    stream_manager: Parts = field(default_factory=Parts)
    cloud: type[SimulatedCloud] = SimulatedCloud
    links: type[Links] = Links
    source: type[SensorSource] = SensorSource
    producer: type[StreamProducer] = StreamProducer
    aggregator: type[StreamAggregator] = StreamAggregator


def replacements_of(named: str | None) -> Replacements:
    """What is put in the place of ours.

    Args:
        named: `module:name` of `Parts` or `Replacements`, or of a function that returns some; None: nothing is.

    Raises:
        EnvironmentUnavailable: it cannot be had.
    """
    if named is None:
        return Replacements()
    found = _found(named)
    if isinstance(found, Parts):
        return Replacements(stream_manager=found)
    if isinstance(found, Replacements):
        return found
    raise EnvironmentUnavailable(
        f"{named} is a {type(found).__name__}, not system.stream_manager.composition.Parts"
    )


def _found(named: str) -> object:
    module, _, name = named.partition(":")
    try:
        found: object = getattr(import_module(module), name)
        return found() if callable(found) else found
    except Exception as error:
        raise EnvironmentUnavailable(
            f"The stream manager {named!r} cannot be had: {error}",
            "In simulated --stream-manager is `module:name` of Parts, or of a function that returns some",
        ) from error
