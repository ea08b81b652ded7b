"""Virtual time: events in their order, tasks that wait, answers that are waited for."""

import pytest

from harness.environments.simulated.world import NS_IN_MS, Mailbox, Stuck, World


@pytest.fixture
def world() -> World:
    return World(1)


def pass_time(world: World, milliseconds: float) -> None:
    world.wait(world.now_ns + milliseconds * NS_IN_MS)


def test_what_is_due_first_is_done_first_and_what_is_due_at_once_in_the_order_of_asking(
    world: World,
) -> None:
    done: list[str] = []
    world.after(2, lambda: done.append("later"))
    world.after(1, lambda: done.append("first"))
    world.after(1, lambda: done.append("second"))
    pass_time(world, 5)
    assert done == ["first", "second", "later"]
    assert world.now_ms == 5


def test_what_is_called_off_is_not_done(world: World) -> None:
    done: list[str] = []
    world.after(1, lambda: done.append("never")).cancel()
    pass_time(world, 5)
    assert done == []


def test_a_condition_ends_a_wait_soon_after_something_was_observed(world: World) -> None:
    seen: list[int] = []

    def happen() -> None:
        seen.append(1)
        world.observe()

    world.after(10, happen)
    assert world.wait(1e12, lambda: bool(seen))
    assert 10 <= world.now_ms <= 12


def test_a_condition_that_never_comes_is_waited_for_as_long_as_was_said(world: World) -> None:
    assert not world.wait(3 * NS_IN_MS, lambda: False)
    assert world.now_ms == 3


def test_tasks_run_beside_each_other_in_virtual_time(world: World) -> None:
    told: list[tuple[str, float]] = []

    def work(name: str, every_ms: float) -> None:
        for _ in range(2):
            pass_time(world, every_ms)
            told.append((name, world.now_ms))

    slow = world.spawn("slow", lambda: work("slow", 3))
    fast = world.spawn("fast", lambda: work("fast", 2))
    slow.join()
    assert told == [("fast", 2), ("slow", 3), ("fast", 4), ("slow", 6)]
    assert not fast.is_alive()


def test_a_killed_task_does_nothing_more(world: World) -> None:
    told: list[str] = []

    def work() -> None:
        try:
            pass_time(world, 10)
            told.append("done")
        finally:
            told.append("left")

    task = world.spawn("work", work)
    pass_time(world, 1)
    task.kill()
    pass_time(world, 20)
    assert told == ["left"]
    assert not task.is_alive()


def test_a_task_that_is_killed_before_it_began_never_begins(world: World) -> None:
    told: list[str] = []
    world.spawn("work", lambda: told.append("begun")).kill()
    pass_time(world, 1)
    assert told == []


def test_what_breaks_a_task_is_told_to_whoever_drives_the_world(world: World) -> None:
    def break_() -> None:
        raise ValueError("broken")

    world.spawn("work", break_)
    with pytest.raises(ValueError, match="broken"):
        world.wait(NS_IN_MS * 10, lambda: False)


def test_an_answer_wakes_whoever_waits_for_it(world: World) -> None:
    mailbox = Mailbox(world)
    world.after(4, lambda: mailbox.put("here"))
    assert mailbox.take(100) == "here"
    assert world.now_ms == 4


def test_an_answer_that_does_not_come_ends_in_a_time_out(world: World) -> None:
    mailbox = Mailbox(world)
    with pytest.raises(TimeoutError):
        mailbox.take(7)
    assert world.now_ms == 7


def test_a_world_in_which_nothing_will_happen_says_so(world: World) -> None:
    with pytest.raises(Stuck):
        world.wait(float("inf"), lambda: False)


def test_everybody_has_dice_of_his_own(world: World) -> None:
    first = world.dice("cloud").random()
    assert World(1).dice("cloud").random() == first
    assert World(1).dice("links").random() != first
    assert World(2).dice("cloud").random() != first
