"""What of a compose file is needed to run its services as plain processes.

A service says under `x-process` which command stands for its container: a string, a list, or an object with `command`
and `environment`. In the command `{python}` is the interpreter of the core.
"""

import os
import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

PROCESS = "x-process"
_VARIABLE = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?::?-(?P<otherwise>[^}]*))?\}|(?P<bare>\w+))"
)


@dataclass(eq=False)
class ComposeRefused(Exception):
    """A compose file cannot be run as processes."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service as a process."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


def parse_services(text: str, variables: Mapping[str, str] | None = None) -> tuple[Service, ...]:
    """The services of a compose file.

    Args:
        variables: what `${NAME}` and `${NAME:-otherwise}` are looked up in; the environment by default.

    Raises:
        ComposeRefused: it is no compose file, or a service has no process.
    """
    known = os.environ if variables is None else variables
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ComposeRefused(f"The compose file is not YAML: {error}") from error
    services = document.get("services") if isinstance(document, dict) else None
    if not isinstance(services, dict) or not services:
        raise ComposeRefused("The compose file has no services")
    return tuple(_service(name, fields or {}, known) for name, fields in services.items())


def _service(name: str, fields: Mapping[str, Any], variables: Mapping[str, str]) -> Service:
    process = fields.get(PROCESS)
    settings = process if isinstance(process, dict) else {"command": process}
    command = settings.get("command")
    words = shlex.split(command) if isinstance(command, str) else command
    if not isinstance(words, list) or not words:
        raise ComposeRefused(
            f"The service {name} has no `{PROCESS}` command, so it can only run as a container"
        )
    return Service(
        name=name,
        command=tuple(
            _substitute(str(word), variables).replace("{python}", sys.executable) for word in words
        ),
        environment={
            **_environment(fields.get("environment"), variables),
            **_environment(settings.get("environment"), variables),
        },
    )


def _environment(written: Any, variables: Mapping[str, str]) -> dict[str, str]:
    """A service's environment, written as an object or as a list; a name alone takes its value from the core's."""
    if isinstance(written, dict):
        pairs = [(str(name), value) for name, value in written.items()]
    else:
        pairs = [_pair(str(each)) for each in written or []]
    found = {}
    for name, value in pairs:
        given = variables.get(name) if value is None else _substitute(_text(value), variables)
        if given is not None:
            found[name] = given
    return found


def _pair(written: str) -> tuple[str, str | None]:
    name, given, value = written.partition("=")
    return name, value if given else None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _substitute(text: str, variables: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        return variables.get(found["name"] or found["bare"]) or found["otherwise"] or ""

    return _VARIABLE.sub(value, text)
