"""The kinds of things that have versions: seven kinds of definitions, and groups, which refer to them."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Content = Mapping[str, Any]
Check = Callable[[Content], Iterator[str]]

LAMBDA = re.compile(r"arn:aws[\w-]*:lambda:[\w-]*:\d*:function:[\w-]+(:[\w$-]+)?")
SYSTEM_FUNCTION = "arn:aws:lambda:::function:"
CONNECTOR = re.compile(r"arn:aws[\w-]*:greengrass:[\w-]+::/connectors/\w+/versions/\d+")
ENDPOINT = re.compile(r"cloud|GGShadowService|arn:aws[\w-]*:(lambda|iot|greengrass):.+")


def _nothing_more(_content: Content) -> Iterator[str]:
    yield from ()


def _cores(content: Content) -> Iterator[str]:
    if len(content.get("Cores", [])) > 1:
        yield "A group has one core, not several"


def _functions(content: Content) -> Iterator[str]:
    for function in content.get("Functions", []):
        arn = function.get("FunctionArn", "")
        found = LAMBDA.fullmatch(arn)
        if found is None:
            yield f"{arn!r} is not the ARN of a function"
        elif found[1] is None and not arn.startswith(SYSTEM_FUNCTION):
            yield f"{arn} names neither a version nor an alias"
        elif found[1] == ":$LATEST":
            yield f"{arn} names $LATEST, which cannot be deployed"


def _subscriptions(content: Content) -> Iterator[str]:
    for subscription in content.get("Subscriptions", []):
        for end in ("Source", "Target"):
            if not ENDPOINT.fullmatch(subscription[end]):
                yield f"{end} {subscription[end]!r} of a subscription is neither cloud nor an ARN"
        levels = subscription["Subject"].split("/")
        if any(
            "#" in level and (level != "#" or at < len(levels) - 1)
            for at, level in enumerate(levels)
        ):
            yield f"Subject {subscription['Subject']!r} has a # that is not its last level"


def _connectors(content: Content) -> Iterator[str]:
    for connector in content.get("Connectors", []):
        if not CONNECTOR.fullmatch(connector["ConnectorArn"]):
            yield f"{connector['ConnectorArn']!r} is not the ARN of a connector"
    counted = Counter(
        each["ConnectorArn"].rpartition("/")[0] for each in content.get("Connectors", [])
    )
    yield from (f"{name} is there more than once" for name, count in counted.items() if count > 1)


def _loggers(content: Content) -> Iterator[str]:
    loggers = content.get("Loggers", [])
    for logger in loggers:
        if logger["Type"] == "FileSystem" and not logger.get("Space"):
            yield f"Logger {logger['Id']} writes to the file system and needs its Space in KB"
    counted = Counter((logger["Component"], logger["Type"]) for logger in loggers)
    for (component, target), count in counted.items():
        if count > 1:
            yield f"{component} has more than one logger of type {target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of versioned thing.

    Attributes:
        name: as it stands in the names of operations and parameters.
        path: of its ARNs, before the id.
        items: member of its versions that holds a list of things with ids.
        listed: member of the answer to `List…`.
        check: finds what the model cannot say.
        word: how error messages call it.
    """

    name: str
    path: str
    items: str
    word: str
    listed: str = "Definitions"
    check: Check = _nothing_more

    @property
    def entity(self) -> str:
        """As in `CreateCoreDefinition`."""
        return self.name if self.name == "Group" else f"{self.name}Definition"

    @property
    def id_parameter(self) -> str:
        """The request's member that names one."""
        return f"{self.entity}Id"

    @property
    def version_parameter(self) -> str:
        """The request's member that names one of its versions."""
        return f"{self.entity}VersionId"

    @property
    def reference(self) -> str:
        """The member of a group version that refers to a version of this kind."""
        return f"{self.entity}VersionArn"

    def problems(self, content: Content) -> Iterator[str]:
        """What is wrong with a version's content, beyond what the service's model says."""
        ids = Counter(item["Id"] for item in _listed(content, self.items))
        yield from (f"The id {each!r} is there more than once" for each in ids if ids[each] > 1)
        yield from self.check(content)


def _listed(content: Content, member: str) -> Sequence[Mapping[str, Any]]:
    return content.get(member) or []


def _definition(name: str, word: str, check: Check = _nothing_more) -> Kind:
    items = f"{name}s"
    path = f"greengrass/definition/{items.lower()}"
    return Kind(name=name, path=path, items=items, word=word, check=check)


DEFINITIONS = (
    _definition("Core", "cores", _cores),
    _definition("Function", "lambdas", _functions),
    _definition("Subscription", "subscriptions", _subscriptions),
    _definition("Device", "devices"),
    _definition("Resource", "resources"),
    _definition("Connector", "connectors", _connectors),
    _definition("Logger", "loggers", _loggers),
)
GROUP = Kind(name="Group", path="greengrass/groups", items="", word="group", listed="Groups")
KINDS = (*DEFINITIONS, GROUP)
