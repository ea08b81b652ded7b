"""Interleaved rounds: what is compared is measured in turn, so that what the machine does besides meets all alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.figures import Series


@dataclass(frozen=True, slots=True)
class Subject:
    """Something to be measured.

    Attributes:
        name: what it is called in the results.
        unit: of what `measure` returns.
        measure: measures once.
        beside: what is read off each time after that.
    """

    name: str
    unit: str
    measure: Callable[[], float]
    beside: Sequence["Subject"] = ()


def interleaved(subjects: Sequence[Subject], rounds: int) -> tuple[Series, ...]:
    """Measure every subject once in each round; each round begins with another one."""
    every = [each for subject in subjects for each in (subject, *subject.beside)]
    values: dict[str, list[float]] = {each.name: [] for each in every}
    for number in range(rounds):
        first = number % len(subjects)
        for subject in (*subjects[first:], *subjects[:first]):
            for each in (subject, *subject.beside):
                values[each.name].append(each.measure())
    return tuple(
        Series(name=each.name, unit=each.unit, values=tuple(values[each.name])) for each in every
    )
