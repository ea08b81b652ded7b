"""The JSON Schema of scenario files, site files and presets: for editors, and for programs that write them."""

from collections.abc import Iterator
from typing import Any

from harness.scenario.conditions import ConditionChoice
from harness.scenario.distributions import Durations
from harness.scenario.judges import JudgeChoice
from harness.scenario.model import Scenario
from harness.scenario.part import Choice, Part, defaults_of, keys_of, parts_in
from harness.scenario.preset import Preset
from harness.scenario.site_file import SiteFile
from harness.scenario.steps import ACTIONS

SCHEMA_ID = "urn:stream-chaos:scenario:1"
SITE_SCHEMA_ID = "urn:stream-chaos:site:1"
PRESET_SCHEMA_ID = "urn:stream-chaos:preset:1"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of scenario files; it says less than the loader checks, never more."""
    schema = _schema(Scenario)
    parts = schema["$defs"]
    for choice in (ConditionChoice, JudgeChoice):
        parts[choice.__name__] = _choice(choice, parts[choice.__name__])
    parts["Step"]["allOf"] = [_one_of(("at", "on")), _one_of(ACTIONS)]
    parts["Outages"]["anyOf"] = [
        {"required": ["preset"]},
        {"required": ["count", "down", "up"]},
    ]
    series = schema["properties"]["outages"]
    item = series.pop("items")
    series.pop("type")
    series["anyOf"] = [item, {"type": "array", "items": item}]
    return {"$schema": DIALECT, "$id": SCHEMA_ID, **schema}


def site_schema() -> dict[str, Any]:
    """The schema of site files; it says less than the loader checks, never more."""
    schema = _schema(SiteFile)
    parts = schema["$defs"]
    parts["FunctionPort"]["anyOf"] = [{"required": ["variable"]}, {"required": ["number"]}]
    parts["Ready"] |= _one_of(("port", "stream"))
    return {"$schema": DIALECT, "$id": SITE_SCHEMA_ID, **schema}


def preset_schema() -> dict[str, Any]:
    """The schema of presets; it says less than the loader checks, never more."""
    schema = _schema(Preset)
    parts = schema["$defs"]
    parts[Durations.__name__] = _choice(Durations, parts[Durations.__name__])
    return {"$schema": DIALECT, "$id": PRESET_SCHEMA_ID, **schema}


def _schema(root: type[Part]) -> dict[str, Any]:
    schema = root.model_json_schema(by_alias=True, mode="validation")
    _written_defaults(root, schema)
    for part in _all_parts(root):
        _written_defaults(part, schema["$defs"][part.__name__])
    return schema


def _all_parts(root: type[Part]) -> Iterator[type[Part]]:
    """Every part of a file but the file itself."""
    seen: set[type[Part]] = set()
    to_do: list[type[Part]] = [root]
    while to_do:
        part = to_do.pop()
        for field in part.model_fields.values():
            inner = [each for each in parts_in(field.annotation) if each not in seen]
            seen.update(inner)
            to_do += inner
            yield from inner


def _written_defaults(part: type[Part], schema: dict[str, Any]) -> None:
    """Defaults as a file would have them: `10s`, not 10000."""
    defaults = defaults_of(part)
    for key, written in schema.get("properties", {}).items():
        if "default" in written:
            written["default"] = defaults[key]


def _choice(choice: type[Choice], plain: dict[str, Any]) -> dict[str, Any]:
    """A bare name, or a mapping of one name to its parameters."""
    names = [
        name
        for name, field in zip(keys_of(choice), choice.model_fields.values(), strict=True)
        if _can_be_bare(field.annotation)
    ]
    mapping = {**plain, "minProperties": 1, "maxProperties": 1}
    return {"anyOf": [{"enum": names}, mapping]} if names else mapping


def _can_be_bare(annotation: Any) -> bool:
    part = next(each for each in annotation.__args__ if each is not type(None))
    return not any(field.is_required() for field in part.model_fields.values())


def _one_of(keys: tuple[str, ...]) -> dict[str, Any]:
    return {"oneOf": [{"required": [key]} for key in keys]}
