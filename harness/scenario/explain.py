"""What the model finds wrong, in words: what it is and how to mend it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from harness.scenario.part import Part, keys_of, parts_in
from harness.scenario.problems import Path


def likely(word: str, known: Iterable[str]) -> str:
    """`did you mean ...?`, or the known words when none is near."""
    words = list(known)
    near = _near(word, words)
    return f"did you mean `{near}`?" if near else f"known here: {', '.join(words)}"


def path_of(error: ErrorDetails, data: object) -> Path:
    """Where in the document an error is: without the tags that the model puts into its locations."""
    path: list[str | int] = []
    missing = error["loc"][-1] if error["type"] == "missing" else None
    for part in error["loc"]:
        if _has(data, part):
            data = data[part]  # type: ignore[index]
            path.append(part)
    if missing is not None:
        path.append(missing)
    return tuple(path)


def _has(data: object, part: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, Mapping) and part in data


@dataclass(frozen=True, slots=True)
class Mistake:
    """One error of the model.

    Attributes:
        path: where in the document it is; for what is missing, where it would be.
        by_key: whether the key is wrong rather than the value.
        texts: what is wrong and how to mend it; one sentence for each thing.
    """

    path: Path
    by_key: bool
    texts: tuple[str, ...]


def mistakes(error: ValidationError, data: object, model: type[Part]) -> list[Mistake]:
    """The errors of a model, less those that only follow from others."""
    details = [each for each in error.errors(include_url=False) if not _follows(each)]
    misspelt = {path for each in details if (path := _meant(each, data, model))}
    found = []
    for each in details:
        path = path_of(each, data)
        if each["type"] == "missing" and path in misspelt:
            continue
        by_key = each["type"] in ("extra_forbidden", "missing")
        if each["type"] == "extra_forbidden" and path[-1:] != each["loc"][-1:]:
            # A bare name in a list has no key in the document.
            path = (*path, each["loc"][-1])
        found.append(Mistake(path, by_key, tuple(explained(each, model))))
    return found


def _follows(error: ErrorDetails) -> bool:
    """A list that is only too short because its elements are wrong: they are told themselves."""
    return error["type"] == "too_short" and bool(error["input"])


def _meant(error: ErrorDetails, data: object, model: type[Part]) -> Path | None:
    """The key that an unknown one was meant to be: it is not missing, it is misspelt."""
    if error["type"] != "extra_forbidden":
        return None
    near = _near(str(error["loc"][-1]), _keys_at(model, error["loc"][:-1]))
    return (*path_of(error, data)[:-1], near) if near else None


def _near(word: str, known: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)), None)


def explained(error: ErrorDetails, model: type[Part]) -> list[str]:
    """One sentence for each thing that is wrong here."""
    kind, context = error["type"], error.get("ctx", {})
    shown = repr(error["input"])
    if kind == "extra_forbidden":
        word = str(error["loc"][-1])
        return [f"unknown key; {likely(word, _keys_at(model, error['loc'][:-1]))}"]
    if kind == "step":
        return str(error["msg"]).split(" | ")
    if kind == "value_error":
        return [str(context["error"])]
    if kind in _TEXTS:
        return [_TEXTS[kind](shown, context)]
    return [str(error["msg"])]


def _of_known(shown: str, context: Mapping[str, Any]) -> str:
    expected = str(context.get("expected") or context.get("expected_tags"))
    known = expected.replace("'", "").replace(" or ", ", ").split(", ")
    word = str(context.get("tag", shown)).strip("'")
    return f"`{word}` is unknown; {likely(word, known)}"


_TEXTS: Mapping[str, Callable[[str, Mapping[str, Any]], str]] = {
    "missing": lambda shown, context: "is missing; add it",
    "int_type": lambda shown, context: (
        f"{shown} is no whole number; write one, such as 3, without quotes"
    ),
    "bool_type": lambda shown, context: f"{shown} is neither true nor false; write one of them",
    "string_type": lambda shown, context: f"{shown} is no text; write one, in quotes if need be",
    "greater_than_equal": lambda shown, context: (
        f"{shown} is too small; write at least {context['ge']}"
    ),
    "less_than_equal": lambda shown, context: (
        f"{shown} is too large; write at most {context['le']}"
    ),
    "string_pattern_mismatch": lambda shown, context: (
        f"{shown} has characters that cannot stand here; it has to match {context['pattern']}"
    ),
    "string_too_short": lambda shown, context: "is empty; write something",
    "string_too_long": lambda shown, context: (
        f"is too long; write at most {context['max_length']} characters"
    ),
    "too_short": lambda shown, context: "is empty; name at least one",
    "enum": _of_known,
    "literal_error": _of_known,
    "union_tag_invalid": _of_known,
    "union_tag_not_found": lambda shown, context: "`event` is missing; say which event",
    "model_type": lambda shown, context: (
        f"{shown} stands where a mapping belongs; write `key: value` lines"
    ),
    "model_attributes_type": lambda shown, context: (
        f"{shown} stands where a mapping belongs; write `key: value` lines"
    ),
    "dict_type": lambda shown, context: (
        f"{shown} stands where a mapping belongs; write `key: value` lines"
    ),
    "tuple_type": lambda shown, context: (
        f"{shown} stands where a list belongs; begin each line with `- `"
    ),
}


def _keys_at(model: type[Part], location: tuple[str | int, ...]) -> list[str]:
    """The keys that the parts at a location of the model know."""
    parts = [model]
    annotation: Any = model
    for component in location:
        annotation = _inside(annotation, component)
        parts = parts_in(annotation)
    return [key for part in parts for key in keys_of(part)]


def _inside(annotation: Any, component: str | int) -> Any:
    if isinstance(component, int):
        return annotation
    for part in parts_in(annotation):
        for name, field in part.model_fields.items():
            if component == (field.alias or name):
                return field.annotation
        tag = part.model_fields.get("event")
        if tag is not None and component in get_args(tag.annotation):
            return part
    return annotation
