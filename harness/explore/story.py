"""What happens in a scenario, in one line for a person."""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.explore.drawing import Document
from harness.explore.written import action_of
from harness.scenario.steps import SERVICE_ACTIONS

VERBS: Mapping[str, str] = {
    "reset": "connections of {on} are reset",
    "truncate": "answers of {on} break off",
    "slice": "{on} comes in slices",
    "slow": "{on} answers {latency} later",
    "throttle": "{on} has {bandwidth}",
    "kill": "{on} is killed",
    "restart": "{on} is restarted",
    "pause": "{on} stands still",
    "packet_loss": "{on} loses {share} of all packets",
    "packet_reorder": "{share} of the packets of {on} are {latency} late",
    "shared_bandwidth": "{on} shares {bandwidth}",
    "cloud_throttle": "{on} takes {rate}",
    "cloud_partial_failure": "{on} refuses {share} of all messages",
    "cloud_error": "{on} fails at {share} of all requests",
    "cloud_slow": "the answers of {on} take {latency} longer",
    "power_cut": "the power is cut",
    "disk_full": "the disk is full",
    "slow_disk": "each sync of the disk takes {on}",
    "disk_errors": "the disk fails to {on}",
    "clock_jump": "the clock is wrong by {on}",
    "noop": "nothing is done",
}
CUTS: Mapping[str, str] = {
    "refused": "{on} is down",
    "silent": "{on} is silent",
    "half_open": "{on} is half open",
    "one_way": "{on} is silent one way",
}


def story(document: Document, finding: str) -> str:
    """The steps in their order, and what came of them.

    Args:
        finding: what a checker said.
    """
    told = "; ".join(_told(document["steps"])) or "Nothing happens"
    return f"{told[0].upper()}{told[1:]}. Then {finding}"


def _told(steps: list[Document]) -> Iterator[str]:
    for step in steps:
        action = action_of(step)
        pattern = CUTS[step.get("mode", "refused")] if action == "cut" else VERBS.get(action)
        what = (pattern or f"{action} {{on}}").format(**{**step, "on": _on(step, action)})
        lasts = f" for {step['for']}" if "for" in step else ""
        yield f"{_when(step)} {what}{lasts}"


def _on(step: Mapping[str, Any], action: str) -> str:
    on = step[action]
    if action not in SERVICE_ACTIONS:
        return str(on)
    return "the uplink" if on == "all" else " and ".join(on)


def _when(step: Mapping[str, Any]) -> str:
    if "at" in step:
        return f"at {step['at']}"
    event = str(step["on"]["event"]).replace("_", " ")
    return f"on {event} after {step['from']}"
