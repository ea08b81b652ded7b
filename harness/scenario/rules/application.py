"""Rules about a site file alone: names are known and differ, nobody sets what somebody else sets. No file is read."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from harness.fault.target import EVERY_SITE_HAS
from harness.scenario.explain import likely
from harness.scenario.names import NUMBERS, RESERVED, number_of
from harness.scenario.problems import Path
from harness.scenario.rules.finding import Finding
from harness.scenario.site_file import PAGE, SiteFile

CLOUD = "cloud"

FROM_THE_CORE: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "ENCODING_TYPE",
            "GG_DAEMON_PORT",
            "GG_HANDLER",
            "MY_FUNCTION_ARN",
            "PYTHONPATH",
            "ROUTER_FUNCTION_ARN",
            "SECRETS_MANAGER_FUNCTION_ARN",
            "SHADOW_FUNCTION_ARN",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        ),
        "the core",
    ),
    # A function that finds the server itself would go past the witness that stands before it.
    "STREAM_MANAGER_SERVER_PORT": "the core, so that a witness stands in between",
}
"""Variables of every function that somebody else sets, and who."""

PORTS_OF_EVERY_SITE = ("cloud", "toxiproxy", "stream_manager", "mqtt")

Check: TypeAlias = Callable[[SiteFile], Iterator[Finding]]


def _functions_differ(site: SiteFile) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for index, function in enumerate(site.functions):
        path = ("functions", index, "name")
        if function.name in (*EVERY_SITE_HAS, CLOUD):
            yield Finding(path, f"`{function.name}` is something else on every site; take another")
        # Logs and definitions are told apart by names whose case may not count.
        elif function.name.lower() in seen:
            first = site.functions[seen[function.name.lower()]].name
            yield Finding(path, f"`{first}` is the name of an earlier function; take another")
        seen.setdefault(function.name.lower(), index)


def _devices_differ(site: SiteFile) -> Iterator[Finding]:
    taken = {each.lower(): f"the function {each}" for each in site.function_names}
    for index, name in enumerate(site.devices):
        path = ("devices", index)
        if name in (*EVERY_SITE_HAS, CLOUD):
            yield Finding(path, f"`{name}` is something else on every site; take another")
        elif name.lower() in taken:
            yield Finding(path, f"`{name}` is the name of {taken[name.lower()]}; take another")
        taken.setdefault(name.lower(), "an earlier device")


def _ports_differ(site: SiteFile) -> Iterator[Finding]:
    names: dict[str, str] = {}
    numbers: dict[int, str] = {}
    for path, name, number in _ports(site):
        if name in PORTS_OF_EVERY_SITE or (name == PAGE and path[0] == "functions"):
            yield Finding(
                path, f"`{name}` is a port of every site or of the container; take another name"
            )
        elif name in names:
            yield Finding(path, f"`{name}` is a port of {names[name]} already; take another name")
        if number and number in numbers:
            where = (*path, "number") if path[0] == "functions" else path
            yield Finding(where, f"{number} is the port of {numbers[number]} already; take another")
        names.setdefault(name, _owner(site, path))
        numbers.setdefault(number, f"{_owner(site, path)} ({name})")


def _ports(site: SiteFile) -> Iterator[tuple[Path, str, int]]:
    if site.container is not None and site.container.port:
        yield ("container", "port"), PAGE, site.container.port
    for index, function in enumerate(site.functions):
        for name, port in function.ports.items():
            yield ("functions", index, "ports", name), name, port.number


def _owner(site: SiteFile, path: Path) -> str:
    return site.functions[int(path[1])].name if path[0] == "functions" else "the container"


def _variables_are_free(site: SiteFile) -> Iterator[Finding]:
    for index, function in enumerate(site.functions):
        path = ("functions", index, "environment")
        told: dict[str, str] = {}
        for name, port in function.ports.items():
            if port.variable in told:
                where = ("functions", index, "ports", name, "variable")
                text = (
                    f"{port.variable} tells the port `{told[port.variable]}` already; take another"
                )
                yield Finding(where, text)
            elif port.variable is not None:
                told[port.variable] = name
        for variable in function.environment:
            if owner := owner_of(variable, told):
                yield Finding((*path, variable), f"is set by {owner}; remove it here")


def owner_of(variable: str, told: Mapping[str, str]) -> str | None:
    """Who sets a function's variable, if it is not the site file.

    Args:
        told: the variables that its ports are told in.
    """
    if variable in told:
        return f"the run, which tells the port `{told[variable]}` in it"
    return FROM_THE_CORE.get(variable)


def _subscriptions_have_ends(site: SiteFile) -> Iterator[Finding]:
    known = [*site.function_names, *site.devices, CLOUD]
    seen: Counter[tuple[str, str, str]] = Counter()
    for index, each in enumerate(site.subscriptions):
        path = ("subscriptions", index)
        for key, name in (("source", each.source), ("target", each.target)):
            if name not in known:
                text = f"no function or device is called {name!r}; {likely(name, known)}"
                yield Finding((*path, key), text)
        if each.source == each.target == CLOUD:
            yield Finding(path, "is of no use from the cloud to the cloud; name a function")
        if wrong := topic_problem(each.topic):
            yield Finding((*path, "topic"), wrong)
        seen[each.source, each.topic, each.target] += 1
        if seen[each.source, each.topic, each.target] == 2:
            yield Finding(path, "stands above already; keep one of them")


def topic_problem(topic: str) -> str | None:
    """What is wrong with a topic filter."""
    levels = topic.split("/")
    if any(
        "#" in level and (level != "#" or at < len(levels) - 1) for at, level in enumerate(levels)
    ):
        return (
            f"{topic!r} has a `#` that is not its last level; write it there, or `+` for one level"
        )
    if any("+" in level and level != "+" for level in levels):
        return f"{topic!r} has a `+` that is only a part of a level; it stands for a whole one"
    return None


def _cloud_has_each_once(site: SiteFile) -> Iterator[Finding]:
    for key, names in (
        ("kinesis_streams", site.cloud.kinesis_streams),
        ("iot_analytics_channels", site.cloud.iot_analytics_channels),
    ):
        for index, name in enumerate(names):
            if name in names[:index]:
                yield Finding(("cloud", key, index), f"{name} stands above already; remove it here")


def _stream_manager_is_free(site: SiteFile) -> Iterator[Finding]:
    for name in site.stream_manager:
        if owner := RESERVED["stream_manager"].get(name):
            yield Finding(("stream_manager", name), f"is set by {owner}; remove it here")
    for name, (least, most) in NUMBERS["stream_manager"].items():
        given = site.stream_manager
        if name in given and not least <= number_of(given, name) <= most:
            text = f"{given[name]!r} is no whole number from {least} to {most}; write one"
            yield Finding(("stream_manager", name), text)


def _what_is_waited_for_is_there(site: SiteFile) -> Iterator[Finding]:
    for index, ready in enumerate(site.ready):
        if ready.port is not None:
            yield from _port_is_there(site, ("ready", index, "port"), ready.port)
        elif site.streams and ready.stream not in site.streams:
            text = f"`streams` has no {ready.stream!r}; {likely(str(ready.stream), site.streams)}"
            yield Finding(("ready", index, "stream"), text)
    if site.source is not None:
        yield from _port_is_there(site, ("source", "port"), site.source.port)


def _port_is_there(site: SiteFile, path: Path, name: str) -> Iterator[Finding]:
    if name not in site.ports:
        known = likely(name, site.ports) if site.ports else "no function has any; give it one"
        yield Finding(path, f"no port is called `{name}`; {known}")


RULES: tuple[Check, ...] = (
    _functions_differ,
    _devices_differ,
    _ports_differ,
    _variables_are_free,
    _subscriptions_have_ends,
    _cloud_has_each_once,
    _stream_manager_is_free,
    _what_is_waited_for_is_there,
)
