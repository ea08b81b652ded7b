"""What a benchmark is: a question, the subjects that are measured for it, and what they have to show."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.results import Result
from bench.rounds import Subject, interleaved
from bench.targets import Target
from bench.workbench import Workbench


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a benchmark measures on a workbench, once everything is prepared.

    Attributes:
        missing: what of it is left out, and why.
    """

    subjects: Sequence[Subject]
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One benchmark.

    Attributes:
        name: by which it is chosen.
        question: what it answers.
        method: how, in a sentence or two.
        prepare: starts what is measured; the workbench ends it.
        targets: what it has to show.
    """

    name: str
    question: str
    method: str
    prepare: Callable[[Workbench], Setup]
    targets: Sequence[Target] = ()

    def not_run(self, why: str) -> Result:
        """The result when something that it needs cannot be had."""
        return Result(name=self.name, question=self.question, method=self.method, missing=why)

    def run(self, workbench: Workbench) -> Result:
        """Prepare, measure in interleaved rounds, judge.

        Raises:
            EnvironmentUnavailable: something that it needs cannot be had.
        """
        setup = self.prepare(workbench)
        series = interleaved(setup.subjects, workbench.rounds)
        measured = {each.name: each for each in series}
        there = [each for each in self.targets if each.speaks_of() <= set(measured)]
        return Result(
            name=self.name,
            question=self.question,
            method=self.method,
            series=series,
            verdicts=tuple(each.judge(measured) for each in there),
            missing=setup.missing,
        )
