"""What a rule finds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from harness.scenario.model import Scenario
from harness.scenario.problems import Path, Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, where, and how to mend it."""

    path: Path
    text: str
    severity: Severity = Severity.ERROR


Check: TypeAlias = Callable[[Scenario], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule across fields.

    Attributes:
        needs: the parts of the scenario that it looks at: it is left out when one of them could not be read, so that
            one mistake does not make another.
    """

    needs: tuple[str, ...]
    check: Check
