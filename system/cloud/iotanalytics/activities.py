"""The activities of a pipeline: what happens to a message between channel and datastore."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from system.cloud.iotanalytics.errors import invalid_request
from system.cloud.iotanalytics.query import QueryFailed, evaluated

Settings = Mapping[str, Any]
Message = dict[str, Any]


def _add(settings: Settings, message: Message) -> Message | None:
    added = {new: message[old] for old, new in settings["attributes"].items() if old in message}
    return {**message, **added}


def _remove(settings: Settings, message: Message) -> Message | None:
    return {name: value for name, value in message.items() if name not in settings["attributes"]}


def _select(settings: Settings, message: Message) -> Message | None:
    return {name: value for name, value in message.items() if name in settings["attributes"]}


def _filter(settings: Settings, message: Message) -> Message | None:
    return message if evaluated(settings["filter"], message) else None


def _math(settings: Settings, message: Message) -> Message | None:
    return {**message, settings["attribute"]: evaluated(settings["math"], message)}


STEPS: dict[str, Callable[[Settings, Message], Message | None]] = {
    "addAttributes": _add,
    "removeAttributes": _remove,
    "selectAttributes": _select,
    "filter": _filter,
    "math": _math,
}
NOT_EMULATED = ("lambda", "deviceRegistryEnrich", "deviceShadowEnrich")


def kind_of(activity: Settings) -> str:
    """Which of the activities it is.

    Raises:
        ServiceError: none, several, or one that is not emulated.
    """
    kinds = [name for name, settings in activity.items() if settings is not None]
    if len(kinds) != 1:
        raise invalid_request(f"An activity is one of {', '.join(STEPS)}, channel or datastore")
    if kinds[0] in NOT_EMULATED:
        raise invalid_request(f"The activity {kinds[0]} is not emulated")
    return kinds[0]


def in_order(activities: Sequence[Settings]) -> list[tuple[str, Settings]]:
    """The activities from the channel to the datastore, as their `next` says.

    Raises:
        ServiceError: they do not lead from one channel to one datastore.
    """
    kinds = [(kind_of(activity), activity) for activity in activities]
    named = {activity[kind]["name"]: (kind, activity[kind]) for kind, activity in kinds}
    for end in ("channel", "datastore"):
        if sum(kind == end for kind, _ in kinds) != 1:
            raise invalid_request(f"A pipeline has exactly one {end} activity")
    if len(named) < len(activities):
        raise invalid_request("Two activities have the same name")
    ordered = list(_followed(named))
    if len(ordered) < len(activities) or ordered[-1][0] != "datastore":
        raise invalid_request("The activities do not all lead from the channel to the datastore")
    return ordered


def _followed(named: dict[str, tuple[str, Settings]]) -> Iterator[tuple[str, Settings]]:
    left = dict(named)
    following = next(name for name, (kind, _) in named.items() if kind == "channel")
    while following in left:
        kind, settings = left.pop(following)
        yield kind, settings
        following = settings.get("next") or ""


def applied(steps: Sequence[tuple[str, Settings]], payload: bytes) -> Message | None:
    """A message after some activities; None if it is no JSON object, or one of them dropped it."""
    try:
        message = json.loads(payload)
        for kind, settings in steps:
            if not isinstance(message, dict):
                return None
            message = STEPS[kind](settings, message)
    except (ValueError, QueryFailed):
        return None
    return message if isinstance(message, dict) else None
