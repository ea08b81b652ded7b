"""Services as they are named in a scenario: `all`, or the names of some."""

from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from harness.fault.service import ALL_SERVICES, Service


def _parse_services(value: object) -> tuple[Service, ...]:
    names = [value] if isinstance(value, str) else value
    if names == ["all"]:
        return ALL_SERVICES
    known = ", ".join(ALL_SERVICES)
    if not isinstance(names, list | tuple) or not names:
        raise ValueError(f"services are `all` or a list of names; known: {known}")
    wrong = [str(name) for name in names if name not in list(ALL_SERVICES)]
    if wrong:
        raise ValueError(f"no service is called {', '.join(wrong)}; write `all` or some of {known}")
    return tuple(service for service in ALL_SERVICES if service in names)


def _render_services(services: tuple[Service, ...]) -> str | list[str]:
    return "all" if services == ALL_SERVICES else [str(service) for service in services]


_NAMES: dict[str, Any] = {"enum": [str(service) for service in ALL_SERVICES]}
_SOME = {"type": "array", "items": _NAMES, "minItems": 1, "uniqueItems": True}

Services = Annotated[
    tuple[Service, ...],
    BeforeValidator(_parse_services),
    PlainSerializer(_render_services),
    WithJsonSchema({"anyOf": [{"const": "all"}, _NAMES, _SOME], "x-quantity": "services"}),
]
"""`all`, or the names of some."""
