"""Work in the order of needs, as much at once as can be."""

import threading

from system.stack.scheduling import in_order, reversed_needs

DIAMOND = {"end": {"left", "right"}, "left": {"begin"}, "right": {"begin"}, "begin": set()}


def run(needs, work, *, workers=4, stop=True):
    return in_order(needs, work, workers=workers, stop_at_failure=stop)


def test_everything_is_done_after_what_it_needs():
    done = []
    assert run(DIAMOND, done.append) == {}
    assert (done[0], set(done[1:3]), done[3]) == ("begin", {"left", "right"}, "end")


def test_what_does_not_need_each_other_is_done_at_once():
    together = threading.Barrier(2, timeout=10)

    def work(key):
        if key in ("left", "right"):
            together.wait()

    assert run(DIAMOND, work) == {}


def test_after_a_failure_nothing_new_is_begun():
    done = []

    def work(key):
        done.append(key)
        if key == "left":
            raise ValueError(key)

    failed = run(DIAMOND, work, workers=1)
    assert failed.keys() == {"left"}
    assert "end" not in done


def test_or_all_the_rest_is_done():
    done = []

    def work(key):
        if key == "left":
            raise ValueError(key)
        done.append(key)

    assert run(DIAMOND, work, stop=False).keys() == {"left"}
    assert sorted(done) == ["begin", "end", "right"]


def test_the_way_back_is_the_way_there_reversed():
    done = []
    run(reversed_needs(DIAMOND), done.append)
    assert (done[0], done[3]) == ("end", "begin")
