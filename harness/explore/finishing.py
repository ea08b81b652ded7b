"""A shrunk scenario becomes a file to keep: its name, its story, what must have happened, and where it can run."""

import copy
from collections.abc import Iterator
from typing import Any

from harness.explore.drawing import Document
from harness.explore.failing import trial_of
from harness.explore.scenario_file import is_sound
from harness.explore.story import story
from harness.explore.written import action_of
from harness.scenario.model import EnvironmentName


def finished(
    document: Document, *, name: str, finding: str, stream_manager: str | None
) -> Document:
    """The scenario as it is kept.

    Args:
        name: what it is called.
        finding: what the checker said of it.
        stream_manager: what it fails with.
    """
    told = {**document, "scenario": name, "description": story(document, finding)}
    told = {**told, "environments": _environments(told)}
    return _in_order(_with_conditions(told, stream_manager))


def _environments(document: Document) -> list[str]:
    """The editions that can do all of it."""
    names = [str(each) for each in EnvironmentName]
    return [each for each in names if is_sound({**document, "environments": [each]})]


def _with_conditions(document: Document, stream_manager: str | None) -> Document:
    """What has to happen for the run to prove anything, as far as it does."""
    wanted = [*document.get("conditions", ()), *_conditions(document)]
    chosen: list[Any] = []
    for condition in wanted:
        trial = trial_of({**document, "conditions": [condition]}, stream_manager)
        if condition not in chosen and all(each.met for each in trial.judgement.conditions):
            chosen.append(condition)
    rest = {key: value for key, value in document.items() if key != "conditions"}
    return {**rest, "conditions": chosen} if chosen else rest


def _conditions(document: Document) -> Iterator[Document]:
    cuts = sum(1 for step in document["steps"] if action_of(step) == "cut")
    if cuts:
        yield {"outages": {"at_least": cuts}}
    targets = [step["kill"] for step in document["steps"] if "kill" in step]
    for target in dict.fromkeys(targets):
        yield {"process_killed": {"target": target, "at_least": targets.count(target)}}


ORDER = (
    "scenario",
    "description",
    "environments",
    "seed",
    "workload",
    "site",
    "link",
    "steps",
    "outages",
    "drain",
    "conditions",
    "judge",
)


def _in_order(document: Document) -> Document:
    """The keys as scenarios have them."""
    return {key: copy.deepcopy(document[key]) for key in ORDER if key in document}
