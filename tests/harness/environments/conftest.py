"""A register of the test's own, where sites are entered."""

from pathlib import Path

import pytest

from harness.environments.site.register import Register


@pytest.fixture
def register(tmp_path: Path) -> Register:
    """One without any site."""
    return Register(tmp_path / "sites")
