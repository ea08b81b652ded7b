import pytest

from harness.commands.outcome import ExitStatus, worst


@pytest.mark.parametrize(
    ("statuses", "status"), [([], 0), ([0, 3], 3), ([3, 1, 0], 1), ([1, 4, 3], 4), ([0, 0], 0)]
)
def test_the_worst_of_several_scenarios_counts(statuses: list[int], status: int) -> None:
    assert worst(map(ExitStatus, statuses)) == status
