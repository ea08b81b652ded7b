"""What is left of sites that do not stand any more."""

from pathlib import Path

import pytest

from harness.environments.site.processes import marked
from harness.environments.site.register import Register


def running(register: Register) -> list[int]:
    """The processes of all sites of a register."""
    return [each.pid for each in marked(lambda mark: mark.startswith(register.mark("")))]


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register(tmp_path / "sites")
