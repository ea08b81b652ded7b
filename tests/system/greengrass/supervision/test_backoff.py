from system.greengrass.supervision.backoff import Backoff, BackoffRule


def test_the_wait_doubles_up_to_its_cap():
    backoff = Backoff(BackoffRule(first_s=1, cap_s=5, stable_s=10))
    assert [backoff.failed_after(0) for _ in range(5)] == [1, 2, 4, 5, 5]


def test_what_ran_for_long_or_succeeded_is_forgiven():
    backoff = Backoff(BackoffRule(first_s=1, cap_s=5, stable_s=10))
    backoff.failed_after(0)
    backoff.failed_after(0)
    assert backoff.failed_after(10) == 1
    backoff.succeeded()
    assert backoff.failed_after(0) == 1


def test_a_thousand_failures_do_not_overflow():
    backoff = Backoff(BackoffRule(first_s=1, cap_s=5, stable_s=10))
    assert max(backoff.failed_after(0) for _ in range(2000)) == 5
