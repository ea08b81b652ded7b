"""What is put in the place of our stream manager is looked at where it would run, before anything stands."""

from pathlib import Path

import pytest

from harness.environments.containers.standing import stand_up
from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.register import Register

from ..example_site import plan_of, remains  # noqa: TID252 - tests are no package that could be named

pytestmark = pytest.mark.docker


def test_a_program_that_the_core_s_container_does_not_have_is_told_before_anything_stands(
    register: Register, tmp_path: Path
) -> None:
    with pytest.raises(EnvironmentUnavailable, match="there is no program my-server"):
        stand_up(
            plan_of(tmp_path),
            directory=tmp_path / "run",
            progress=print,
            stream_manager="my-server --flag",
            register=register,
        ).close()
    assert remains(register) == []
