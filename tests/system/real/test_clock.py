import time

from system.real.clock import RealClock


def test_the_wall_clock_is_the_machine_s():
    before = time.time() * 1000
    assert before - 1 <= RealClock().wall_ms() <= time.time() * 1000


def test_monotonic_time_is_in_milliseconds_and_never_goes_back():
    clock = RealClock()
    before = time.monotonic() * 1000
    seen = [clock.monotonic_ms() for _ in range(1000)]

    assert before - 1 <= seen[0] and seen[-1] <= time.monotonic() * 1000
    assert seen == sorted(seen)
