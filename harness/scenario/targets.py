"""The processes that a scenario can name: whether the site has one of this name is a rule of the loader."""

from typing import Annotated

from pydantic import Field, WithJsonSchema

from harness.fault.target import FUNCTION_NAME, Target

_OWN = ", ".join(Target)

TargetName = Annotated[
    str,
    Field(pattern=f"^{FUNCTION_NAME}$"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{FUNCTION_NAME}$",
            "description": f"{_OWN}, or a function of the site file by its name.",
            "x-quantity": "process",
        }
    ),
]
"""A process of the edge by its name."""
