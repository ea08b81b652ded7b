"""The disk that tests of several packages share."""

import pytest

from .stream_manager.disk import SimulatedDisk


@pytest.fixture
def simulated_disk() -> SimulatedDisk:
    """A disk that can lose power, fill up and refuse."""
    return SimulatedDisk()
