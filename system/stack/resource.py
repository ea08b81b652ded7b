"""Resources as data: what should be, with references to what the cloud only tells afterwards."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from graphlib import TopologicalSorter
from typing import Any

Attributes = Mapping[str, str]
"""What the cloud says about a resource: ids, ARNs."""

Properties = Mapping[str, Any]


class Kind(StrEnum):
    """What a resource is; each has its adapter."""

    BUCKET = "S3 bucket"
    OBJECT = "S3 object"
    CHANNEL = "IoT Analytics channel"
    DATASTORE = "IoT Analytics datastore"
    PIPELINE = "IoT Analytics pipeline"
    DATASET = "IoT Analytics dataset"
    KINESIS_STREAM = "Kinesis data stream"
    THING = "IoT thing"
    IOT_POLICY = "IoT policy"
    CERTIFICATE = "IoT certificate"
    ROLE = "IAM role"
    SERVICE_ROLE = "Greengrass service role"
    FUNCTION = "Lambda function"
    CORE_DEFINITION = "Greengrass core definition"
    FUNCTION_DEFINITION = "Greengrass function definition"
    CONNECTOR_DEFINITION = "Greengrass connector definition"
    SUBSCRIPTION_DEFINITION = "Greengrass subscription definition"
    LOGGER_DEFINITION = "Greengrass logger definition"
    DEVICE_DEFINITION = "Greengrass device definition"
    GROUP = "Greengrass group"
    CERTIFICATE_AUTHORITY = "Greengrass group certificate authority"
    GROUP_VERSION = "Greengrass group version"
    DEPLOYMENT = "Greengrass deployment"


@dataclass(frozen=True, slots=True)
class Reference:
    """An attribute of another resource."""

    key: str
    attribute: str

    def __str__(self) -> str:
        return f"<{self.key}.{self.attribute}>"


@dataclass(frozen=True, slots=True)
class Joined:
    """A text with references in it."""

    parts: tuple[str | Reference, ...]


def reference(key: str, attribute: str = "arn") -> Reference:
    """An attribute of another resource, its ARN by default."""
    return Reference(key, attribute)


def joined(*parts: str | Reference) -> Joined:
    """A text with references in it."""
    return Joined(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One thing that should be in the cloud.

    Attributes:
        key: by which other resources refer to it.
        name: of the thing in the cloud; it is found again by nothing else.
        properties: how it should be; may contain references.
        payload: what is uploaded; never compared, its hash stands in the properties.
        after: keys of resources that it needs without referring to them.
    """

    key: str
    kind: Kind
    name: str
    properties: Properties
    payload: bytes = field(default=b"", repr=False)
    after: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    def needs(self) -> set[str]:
        """Keys of the resources that have to be there first."""
        return {each.key for each in _references(self.properties)} | set(self.after)

    def resolved(self, attributes: Mapping[str, Attributes]) -> "Resource":
        """The same with values in the place of references; what is not known stays readable."""
        return replace(self, properties=_resolve(self.properties, attributes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A resource as it is in the cloud.

    Attributes:
        properties: in the words of the plan, so that both can be compared.
        attributes: what others may refer to.
        owned: whether it was made by this stack.
        fetch: what was uploaded, for putting it back after an update that failed.
    """

    properties: Properties
    attributes: Attributes
    owned: bool = True
    fetch: Callable[[], bytes] = bytes


def ordered(resources: Sequence[Resource]) -> list[Resource]:
    """Each resource after all that it needs."""
    by_key = {each.key: each for each in resources}
    sorter = TopologicalSorter({each.key: sorted(each.needs()) for each in resources})
    return [by_key[key] for key in sorter.static_order()]


def changes(wanted: Properties, live: Properties) -> list[str]:
    """Names of the properties that are not as they should be. Empty and missing are the same."""
    left, right = _bare(wanted) or {}, _bare(live) or {}
    return sorted(key for key in {*left, *right} if left.get(key) != right.get(key))


def _bare(value: Any) -> Any:
    """A value without what is empty; services answer `{}`, `None` or nothing for the same thing."""
    if isinstance(value, Mapping):
        kept = {key: _bare(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each not in (None, {}, [])} or None
    if isinstance(value, list | tuple):
        return [_bare(each) for each in value]
    return value


def _references(value: Any) -> Iterator[Reference]:
    match value:
        case Reference():
            yield value
        case Joined(parts):
            yield from (part for part in parts if isinstance(part, Reference))
        case Mapping():
            for each in value.values():
                yield from _references(each)
        case list() | tuple():
            for each in value:
                yield from _references(each)


def _resolve(value: Any, attributes: Mapping[str, Attributes]) -> Any:
    match value:
        case Reference(key, attribute):
            return attributes.get(key, {}).get(attribute, str(value))
        case Joined(parts):
            return "".join(_resolve(part, attributes) for part in parts)
        case Mapping():
            return {key: _resolve(each, attributes) for key, each in value.items()}
        case list() | tuple():
            return [_resolve(each, attributes) for each in value]
        case _:
            return value
