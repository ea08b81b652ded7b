import pytest

from system.greengrass.v1.scaling import PINNED, Load, due_in_s, on_demand

ON_DEMAND = on_demand(workers_max=3, idle_max=3)


def load(live, *, starting=0, oldest=None, ready=0.0):
    return Load(live=live, starting=starting, oldest_queued=oldest, newest_ready=ready)


def test_a_pinned_function_has_exactly_one_worker():
    assert due_in_s(PINNED, load(0), 100) == 0
    assert due_in_s(PINNED, load(1, oldest=1), 100) is None


def test_an_on_demand_function_gets_its_first_worker_with_the_first_message():
    assert due_in_s(ON_DEMAND, load(0), 100) is None
    assert due_in_s(ON_DEMAND, load(0, oldest=100), 100) == 0


def test_nobody_is_started_while_somebody_starts():
    assert due_in_s(ON_DEMAND, load(1, starting=1, oldest=1), 100) is None


def test_another_worker_comes_when_messages_have_not_moved_for_a_while():
    assert due_in_s(ON_DEMAND, load(1, oldest=100), 100.2) == pytest.approx(0.3)
    assert due_in_s(ON_DEMAND, load(1, oldest=99), 100) == 0


def test_what_gathered_during_a_start_is_no_reason_for_another():
    due = due_in_s(ON_DEMAND, load(1, oldest=90, ready=100), 100.1)
    assert due is not None
    assert 0.39 < due < 0.41


def test_there_are_never_more_than_the_limit():
    assert due_in_s(ON_DEMAND, load(3, oldest=1), 100) is None
