from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from harness.scenario.loader import Loaded, load
from harness.scenario.problems import BadScenario, Problem, Severity

SOUND = """\
scenario: sound
description: Proves something.
workload: {run_for: 60s}
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def written(text: str | bytes, name: str = "sound") -> Path:
        file = tmp_path / f"{name}.yaml"
        file.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
        return file

    return written


@pytest.fixture
def sound(write: Callable[..., Path]) -> Callable[[str], Loaded]:
    """Loads the least scenario with some lines more."""
    return lambda more="judge: [loss]\n": load(write(SOUND + dedent(more)))


@pytest.fixture
def errors(write: Callable[..., Path]) -> Callable[..., list[Problem]]:
    """What is wrong with the least scenario and some lines more, which begin in line 4."""

    def found(more: str) -> list[Problem]:
        with pytest.raises(BadScenario) as bad:
            load(write(SOUND + dedent(more)))
        return [each for each in bad.value.problems if each.severity is Severity.ERROR]

    return found
