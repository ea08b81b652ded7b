"""The collector of cycles is as it was when a long run is over."""

import gc

import pytest

from harness.collecting import collected_seldom


def test_what_is_old_is_hardly_looked_through_while_a_long_run_goes_on() -> None:
    before = gc.get_threshold()
    with collected_seldom():
        assert gc.isenabled()
        assert gc.get_threshold()[2] > before[2]
    assert gc.get_threshold() == before


def test_the_collector_is_as_it_was_also_after_an_error() -> None:
    before = gc.get_threshold()
    with pytest.raises(RuntimeError), collected_seldom():
        raise RuntimeError("it broke")
    assert gc.get_threshold() == before
