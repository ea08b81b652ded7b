"""Variables of processes, and ports, as they are written in scenario and site files."""

from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError("a variable of an environment is a text or a number")


Text = Annotated[
    str, BeforeValidator(_text), WithJsonSchema({"type": ["string", "number", "boolean"]})
]
Variable = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
Variables = dict[Variable, Text]
Port = Annotated[int, Field(strict=True, ge=0, le=65535)]
