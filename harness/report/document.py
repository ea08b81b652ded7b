"""`report.json`: the verdict for machines."""

from typing import Any

from harness.checkers.verdict import Judgement
from harness.report.artefacts import Recorded

FORMAT = 1


def document(recorded: Recorded, judgement: Judgement) -> dict[str, Any]:
    """The content of `report.json`."""
    facts = recorded.facts
    return {
        "format": FORMAT,
        "scenario": recorded.plan.scenario,
        "environment": facts.get("environment"),
        "seed": recorded.plan.seed,
        "plan": recorded.plan.hash,
        "started": facts.get("started"),
        "finished": facts.get("finished"),
        "versions": facts.get("versions") or {},
        **_presets(recorded),
        **judgement.to_json(),
        "repeat": facts.get("command"),
    }


def _presets(recorded: Recorded) -> dict[str, Any]:
    """Which connectivity presets the run took; nothing where it took none."""
    used = [
        {
            "name": each.name,
            "preset": each.preset,
            "scale": "1" if each.scale == 1 else f"1/{each.scale}",
        }
        for each in recorded.plan.presets
    ]
    return {"presets": used} if used else {}
