"""A plan, as a value: all that a run needs to know, with every random choice made.

Times are milliseconds from the moment at which the first reading (ordinal 0) is due, unless a name says otherwise.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from harness.plan import encoding
from harness.plan.parts import Moment, PresetUse, Site, Workload
from harness.scenario.conditions import Condition, condition_from_json, condition_to_json
from harness.scenario.judges import Drain, Judge, judge_from_json, judge_to_json

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """See the module.

    Attributes:
        environments: where the scenario can run.
        moments: in the order of `planned_ms`.
        conditions: what must have happened for a verdict to count.
        judges: which checkers give a verdict, with their parameters.
        presets: the connectivity presets that series of outages took; their moments are among `moments`.
    """

    scenario: str
    description: str
    seed: int
    environments: tuple[str, ...]
    workload: Workload
    site: Site
    moments: tuple[Moment, ...]
    conditions: tuple[Condition, ...]
    judges: tuple[Judge, ...]
    drain: Drain
    presets: tuple[PresetUse, ...] = ()

    @property
    def hash(self) -> str:
        """What makes two plans the same: sha256, in hexadecimal."""
        return _digest(self._body())

    @property
    def duration_ms(self) -> int:
        """From the first reading to the end of the last disturbance, at the latest."""
        ends = [moment.latest_end_ms for moment in self.moments]
        return max([self.workload.run_for_ms, *ends])

    def to_json(self) -> dict[str, Any]:
        """The form of `plan.json`, with the hash as `plan`."""
        body = self._body()
        return {"format": FORMAT, "plan": _digest(body), **body}

    def _body(self) -> dict[str, Any]:
        # It is no part of a plan without any.
        presets = {"presets": [asdict(each) for each in self.presets]} if self.presets else {}
        return {
            "scenario": self.scenario,
            "description": self.description,
            "seed": self.seed,
            "environments": list(self.environments),
            "workload": encoding.workload_to_json(self.workload),
            "site": encoding.site_to_json(self.site),
            "moments": [encoding.moment_to_json(moment) for moment in self.moments],
            "conditions": [condition_to_json(condition) for condition in self.conditions],
            "judge": [judge_to_json(judge) for judge in self.judges],
            "drain": self.drain.to_json(),
            **presets,
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Plan":
        """The plan that `to_json` described.

        Raises:
            ValueError: it is of another format, or not what its hash says.
        """
        if plain.get("format") != FORMAT:
            raise ValueError(f"a plan of format {plain.get('format')!r}; this build reads {FORMAT}")
        plan = cls(
            scenario=plain["scenario"],
            description=plain["description"],
            seed=plain["seed"],
            environments=tuple(plain["environments"]),
            workload=encoding.workload_from_json(plain["workload"]),
            site=encoding.site_from_json(plain["site"]),
            moments=tuple(encoding.moment_from_json(moment) for moment in plain["moments"]),
            conditions=tuple(condition_from_json(each) for each in plain["conditions"]),
            judges=tuple(judge_from_json(each) for each in plain["judge"]),
            drain=Drain.model_validate(plain["drain"]),
            presets=tuple(
                PresetUse(**{**each, "sources": tuple(each["sources"])})
                for each in plain.get("presets", ())
            ),
        )
        if plan.hash != plain["plan"]:
            raise ValueError(f"the plan was changed: its hash is {plan.hash}, not {plain['plan']}")
        return plan


def _digest(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
