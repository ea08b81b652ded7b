"""What all parts of a scenario have in common."""

from collections.abc import Mapping
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError


class Part(BaseModel):
    """A mapping in a scenario file: unknown keys are errors, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)

    def to_json(self) -> dict[str, Any]:
        """As it would be written in a scenario file, defaults included."""
        return self.model_dump(mode="json", by_alias=True)


def keys_of(part: type[BaseModel]) -> list[str]:
    """The keys that a part may have in a file, in the order of its documentation."""
    return [field.alias or name for name, field in part.model_fields.items()]


def parts_in(annotation: Any) -> list[type[Part]]:
    """The parts that an annotation speaks of: in unions, lists, options."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return [annotation]
    members = get_args(annotation)
    if get_origin(annotation) is Annotated:
        members = members[:1]
    return [part for member in members for part in parts_in(member)]


def defaults_of(part: type[BaseModel]) -> dict[str, Any]:
    """The defaults of a part's keys, as they would be written in a file."""
    return part.model_construct().model_dump(mode="json", by_alias=True, warnings=False)


class Choice(Part):
    """A mapping of exactly one key, the name of what is chosen; its value are the parameters.

    All fields of a subclass are optional parts. A bare name stands for a choice with all parameters at their defaults.
    """

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: object) -> object:
        known = keys_of(cls)
        if isinstance(value, str):
            value = {value: {}}
        if not isinstance(value, Mapping) or not value:
            raise PydanticCustomError("choice", f"one of {', '.join(known)} belongs here")
        if len(value) > 1 and len([key for key in value if key in known]) > 1:
            raise PydanticCustomError(
                "choice",
                f"only one of {', '.join(map(str, value))} can stand here; give each its own line",
            )
        return {key: {} if own is None else own for key, own in value.items()}

    @property
    def chosen(self) -> Part:
        """The part that was chosen."""
        return next(part for _, part in self if isinstance(part, Part))
