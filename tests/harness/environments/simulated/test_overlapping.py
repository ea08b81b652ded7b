"""Faults of the edge that meet each other: whatever comes when, each process runs once afterwards."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from harness.environments.errors import InjectionFailed
from harness.environments.protocol import ProbeFailed
from harness.environments.simulated.edge import CORE_START_MS, GRACE_MS
from harness.environments.simulated.environment import SimulatedEnvironment
from harness.environments.simulated.machine import BOOT_MS
from harness.fault.link_silent import LinkSilent
from harness.fault.power_cut import PowerCut
from harness.fault.process_kill import ProcessKill
from harness.fault.process_pause import ProcessPause
from harness.fault.process_restart import ProcessRestart
from harness.fault.registry import Fault
from harness.fault.service import ALL_SERVICES
from harness.fault.slow_disk import SlowDisk
from harness.fault.target import Target

from .conftest import pass_s

FUNCTIONS = (Target.SENSOR_SOURCE, Target.STREAM_PRODUCER, Target.STREAM_AGGREGATOR)
WITHIN_GRACE_S = 0.5
BACK_S = 40.0


@pytest.fixture
def busy(environment: SimulatedEnvironment) -> Iterator[SimulatedEnvironment]:
    """A site whose stream manager has batches under way that nobody answers: it does not end at once."""
    with environment.inject(LinkSilent(services=ALL_SERVICES)):
        pass_s(environment, 1)
        assert not environment.edge.manager.has_settled()
        yield environment


def beside(environment: SimulatedEnvironment, fault: Fault) -> None:
    """Do something that takes a while, and go on within its grace."""

    def disturb() -> None:
        with environment.inject(fault):
            pass

    environment.world.spawn("beside", disturb)
    pass_s(environment, WITHIN_GRACE_S)


def started(environment: SimulatedEnvironment) -> dict[str, int]:
    """How often each process has been started."""
    return {name: state.pid % 1_000 for name, state in environment.processes().items()}


def test_a_power_cut_within_the_grace_of_the_core_is_not_undone(busy: SimulatedEnvironment) -> None:
    before = started(busy)
    beside(busy, ProcessRestart(target=Target.CORE))
    with busy.inject(PowerCut()):
        pass_s(busy, 60)
        assert busy.processes() == {}
    pass_s(busy, (BOOT_MS + CORE_START_MS) / 1000 + 5)
    assert started(busy) == {name: count + 1 for name, count in before.items()}


def test_a_core_that_is_killed_while_it_ends_is_started_once(busy: SimulatedEnvironment) -> None:
    before = started(busy)
    beside(busy, ProcessRestart(target=Target.CORE))
    busy.edge.kill(Target.CORE)
    pass_s(busy, BACK_S)
    assert started(busy) == {name: count + 1 for name, count in before.items()}


@pytest.mark.parametrize("kind", [ProcessKill, ProcessRestart])
def test_a_stream_manager_that_dies_while_it_ends_is_started_once(
    busy: SimulatedEnvironment, kind: type[ProcessKill | ProcessRestart]
) -> None:
    before = started(busy)[Target.STREAM_MANAGER]
    beside(busy, ProcessRestart(target=Target.STREAM_MANAGER))
    beside(busy, kind(target=Target.STREAM_MANAGER))
    pass_s(busy, BACK_S)
    assert started(busy)[Target.STREAM_MANAGER] == before + 1


def test_a_stream_manager_that_waits_for_the_disk_ends_in_order(
    environment: SimulatedEnvironment,
) -> None:
    manager = environment.edge.manager
    with environment.inject(SlowDisk(sync_ms=300)):
        assert environment.world.wait(environment.world.now_ns + 10e9, lambda: manager.paused)
        before, began_ns = manager.life, environment.world.now_ns
        with environment.inject(ProcessRestart(target=Target.STREAM_MANAGER)):
            assert manager.life is not before
        assert environment.world.now_ns - began_ns < GRACE_MS * 1e6, (
            "it has waited for the disk alone"
        )
    pass_s(environment, 10)
    assert set(environment.processes()) == set(Target)


@pytest.mark.parametrize("target", Target, ids=str)
def test_what_stands_still_does_not_end_in_order(
    environment: SimulatedEnvironment, target: Target
) -> None:
    before = environment.processes()
    with environment.inject(ProcessPause(target=target)):
        with (
            pytest.raises(InjectionFailed, match="stands still"),
            environment.inject(ProcessRestart(target=target)),
        ):
            pass
        assert environment.processes() == before


@pytest.mark.parametrize("target", Target, ids=str)
def test_what_two_have_stand_still_goes_on_when_the_last_lets_go(
    environment: SimulatedEnvironment, target: Target
) -> None:
    with ExitStack() as last:
        with environment.inject(ProcessPause(target=target)):
            last.enter_context(environment.inject(ProcessPause(target=target)))
        assert environment.unclean() == [f"{target}: stands still"]
    assert environment.unclean() == []


def test_a_source_that_two_have_stand_still_answers_after_the_last(
    environment: SimulatedEnvironment,
) -> None:
    with ExitStack() as last:
        with environment.inject(ProcessPause(target=Target.SENSOR_SOURCE)):
            last.enter_context(environment.inject(ProcessPause(target=Target.SENSOR_SOURCE)))
        with pytest.raises(ProbeFailed):
            environment.source()
    made = environment.source().next_ordinal
    pass_s(environment, 5)
    assert environment.source().next_ordinal > made


def test_a_core_that_stands_still_while_it_begins_starts_nothing(
    environment: SimulatedEnvironment,
) -> None:
    environment.edge.kill(Target.CORE)
    with environment.inject(ProcessPause(target=Target.CORE)):
        pass_s(environment, 60)
        assert set(environment.processes()) == {Target.CORE}
    pass_s(environment, 5)
    assert set(environment.processes()) == set(Target)


def test_a_stream_manager_that_stands_still_when_the_core_ends_is_killed_after_its_grace(
    environment: SimulatedEnvironment,
) -> None:
    before, began_ns = started(environment), environment.world.now_ns
    with environment.inject(ProcessPause(target=Target.STREAM_MANAGER)):
        environment.edge.restart(Target.CORE)
        assert environment.world.now_ns - began_ns == GRACE_MS * 1e6
        pass_s(environment, BACK_S)
        assert started(environment) == {name: count + 1 for name, count in before.items()}


@pytest.mark.parametrize(
    "fault", [PowerCut(), *(ProcessPause(target=target) for target in Target)], ids=str
)
def test_all_can_be_healed_at_once(environment: SimulatedEnvironment, fault: Fault) -> None:
    with environment.inject(fault):
        pass_s(environment, 1)
        assert len(environment.unclean()) == 1
        environment.heal_all()
        assert environment.unclean() == []
        pass_s(environment, BACK_S)
        running = environment.processes()
        assert set(running) == set(Target)
        assert environment.source().enabled
    pass_s(environment, BACK_S)
    assert environment.processes() == running, "the guard that came later found nothing to heal"
