"""Choices from a seed, the same on every Python: only `Random.random()` is used, whose values it promises to keep."""

from collections.abc import Sequence
from math import exp, log
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A source of choices.

    Args:
        seed: what makes two of them choose the same.
    """

    def __init__(self, seed: str) -> None:
        self._random = Random(seed).random

    def chance(self, share: float) -> bool:
        """True in this share of all cases."""
        return self._random() < share

    def between(self, least: int, most: int) -> int:
        """A whole number, both ends included."""
        return least + int(self._random() * (most - least + 1))

    def spread(self, least: float, most: float) -> float:
        """A number whose order of magnitude is as likely as any other; both ends are above 0."""
        return exp(log(least) + self._random() * (log(most) - log(least)))

    def one_of(self, choices: Sequence[T]) -> T:
        """One of them, each as likely as the others."""
        return choices[self.between(0, len(choices) - 1)]

    def some_of(self, choices: Sequence[T], share: float = 0.5) -> list[T]:
        """Each of them in this share of all cases, at least one."""
        chosen = [each for each in choices if self.chance(share)]
        return chosen or [self.one_of(choices)]
