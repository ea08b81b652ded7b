"""Checks a request against the service's own model, as the service would: LocalStack only takes it apart."""

import re
from collections.abc import Iterator
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

SIZED = ("string", "blob", "list", "map")

# The models' patterns are written for Java.
JAVA_ASCII, PYTHON_ASCII = r"\p{ASCII}", r"[\x00-\x7f]"


def problems(value: object, shape: Shape, path: str = "") -> Iterator[str]:
    """Everything in a value that its shape does not allow, one sentence each."""
    match shape:
        case StructureShape():
            yield from _structure(value, shape, path)
        case ListShape():
            yield from _limits(value, shape, path)
            for index, item in enumerate(value if isinstance(value, list) else []):
                yield from problems(item, shape.member, f"{path}[{index}]")
        case MapShape():
            yield from _limits(value, shape, path)
            for key, item in (value if isinstance(value, dict) else {}).items():
                yield from problems(item, shape.value, f"{path}.{key}")
        case _:
            yield from _limits(value, shape, path)
            yield from _text(value, shape, path)


def _structure(value: object, shape: StructureShape, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path or 'the request'} must be an object"
        return
    prefix = f"{path}." if path else ""
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"{prefix}{name} is required"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from problems(value[name], member, f"{prefix}{name}")


def _limits(value: Any, shape: Shape, path: str) -> Iterator[str]:
    sized = shape.type_name in SIZED
    if not sized and not isinstance(value, int | float):
        return
    measure = len(value) if sized else value
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    what = f"the length of {path}" if sized else path
    if least is not None and measure < least:
        yield f"{what} must be at least {least}"
    if most is not None and measure > most:
        yield f"{what} must be at most {most}"


def _text(value: object, shape: Shape, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        return
    choices = getattr(shape, "enum", None) or shape.metadata.get("enum")
    if choices and value not in choices:
        yield f"{path} must be one of {', '.join(choices)}"
    pattern = shape.metadata.get("pattern")
    if pattern and not re.search(pattern.replace(JAVA_ASCII, PYTHON_ASCII), value):
        yield f"{path} must match {pattern}"
