import pytest

from system.stream_manager.export.backoff import Backoff


def after(failures, cap_ms=300_000):
    backoff = Backoff(cap_ms=cap_ms)
    for _ in range(failures):
        backoff = backoff.failed()
    return backoff


def test_without_a_failure_nobody_waits():
    assert after(0).wait_ms == 0


def test_waits_double_from_a_second_up_to_the_cap():
    waits = [after(failures).wait_ms // 1000 for failures in range(1, 12)]

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@pytest.mark.parametrize("failures", [61, 100, 10_000])
def test_after_any_number_of_failures_the_wait_is_the_cap(failures):
    assert after(failures).wait_ms == 300_000


def test_a_cap_below_a_second_holds_from_the_first_failure_on():
    assert after(1, cap_ms=500).wait_ms == 500
    assert after(1, cap_ms=0).wait_ms == 0


def test_a_success_begins_again():
    assert after(7).succeeded() == after(0)
    assert after(7).succeeded().failed().wait_ms == 1000
