"""Each inhabitant is run in virtual time, seed after seed, until its checker has found it."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass

from harness.explore.attempt import quiet
from harness.explore.trial import try_out
from harness.explore.workers import workers
from harness.plan.compiling import compile_plan
from harness.scenario.loader import load
from harness.zoo.catalogue import Inhabitant, scenario_file

OURS = "ours"
"""The name of what nobody has exchanged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One run of it: what each checker said."""

    scenario: str
    seed: int
    verdict: str
    verdicts: Mapping[str, str]
    reason: str

    @property
    def accused_by(self) -> tuple[str, ...]:
        """The checkers that say `invalid`."""
        return tuple(name for name, verdict in self.verdicts.items() if verdict == "invalid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What came of one inhabitant.

    Attributes:
        inhabitant: None: our own site, with nothing exchanged.
        looks: its runs, in their order.
    """

    inhabitant: Inhabitant | None
    looks: Sequence[Look]

    @property
    def name(self) -> str:
        """Its name, and ours."""
        return self.inhabitant.name if self.inhabitant else OURS

    @property
    def sound(self) -> bool:
        """Whether nobody may accuse it."""
        return self.inhabitant is None or self.inhabitant.sound

    @property
    def caught_after(self) -> int | None:
        """How many runs it took; None: it was not found."""
        found = (number for number, look in enumerate(self.looks, 1) if self._found(look))
        return next(found, None)

    def _found(self, look: Look) -> bool:
        return self.inhabitant is not None and is_found(self.inhabitant, look)

    @property
    def accused_by(self) -> tuple[str, ...]:
        """Every checker that said `invalid` in any of its runs."""
        return tuple(dict.fromkeys(name for look in self.looks for name in look.accused_by))

    @property
    def as_it_should_be(self) -> bool:
        """A broken one is found, a sound one is never accused and all of its runs are valid."""
        if self.sound:
            return all(look.verdict == "valid" for look in self.looks)
        return self.caught_after is not None


def is_found(inhabitant: Inhabitant, look: Look) -> bool:
    """Whether the checker that has to find it did so in this run."""
    return look.verdicts.get(inhabitant.caught_by or "") == inhabitant.says


def look_at(scenario: str, seed: int, stands_in: str | None) -> Look:
    """Run a scenario of the zoo once.

    Raises:
        EnvironmentUnavailable: what stands in cannot be had.
    """
    # What functions and stream manager log is theirs.
    with quiet():
        plan = compile_plan(load(scenario_file(scenario)).scenario, seed)
        judgement = try_out(plan, stands_in).judgement
    return Look(
        scenario=scenario,
        seed=seed,
        verdict=str(judgement.verdict),
        verdicts={each.name: str(each.verdict) for each in judgement.checkers},
        reason=judgement.reason,
    )


def visit(inhabitant: Inhabitant, seeds: Sequence[int]) -> Visit:
    """Run a broken one until it is found, a sound one with every seed, in each of its scenarios."""
    looks: list[Look] = []
    for seed in seeds:
        for scenario in inhabitant.scenarios:
            looks.append(look_at(scenario, seed, inhabitant.stands_in))
            if is_found(inhabitant, looks[-1]):
                return Visit(inhabitant=inhabitant, looks=looks)
    return Visit(inhabitant=inhabitant, looks=looks)


def _visit_scenario(scenario: str, seeds: Sequence[int], stands_in: str | None) -> list[Look]:
    return [look_at(scenario, seed, stands_in) for seed in seeds]


def visit_scenarios(
    scenarios: Sequence[str], seeds: Sequence[int], stands_in: str, jobs: int
) -> list[Look]:
    """Run something in each scenario with each seed.

    Args:
        jobs: processes at once.

    Raises:
        EnvironmentUnavailable: what stands in cannot be had.
    """
    with workers(jobs) as (crew, _):
        asked = [crew.submit(_visit_scenario, each, seeds, stands_in) for each in scenarios]
        return [look for each in asked for look in each.result()]


def tour(
    chosen: Sequence[Inhabitant], scenarios: Sequence[str], seeds: Sequence[int], jobs: int
) -> Iterator[Visit]:
    """Visit each inhabitant, then our own site in the scenarios; as each is over.

    Args:
        jobs: processes at once.
    """
    with workers(jobs) as (crew, _):
        visits = [crew.submit(visit, each, seeds) for each in chosen]
        own = [crew.submit(_visit_scenario, each, seeds, None) for each in scenarios]
        for done in as_completed(visits):
            yield done.result()
        if own:
            looks = [look for each in own for look in each.result()]
            yield Visit(inhabitant=None, looks=looks)
