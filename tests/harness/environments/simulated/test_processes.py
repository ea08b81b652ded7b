"""Processes of a simulated site: killed, restarted, paused, as in the other editions."""

from collections.abc import Callable

import pytest

from harness.environments.errors import InjectionFailed
from harness.environments.protocol import ProbeFailed, ProbeName
from harness.environments.simulated.environment import SimulatedEnvironment
from harness.fault.process_kill import ProcessKill
from harness.fault.process_pause import ProcessPause
from harness.fault.process_restart import ProcessRestart
from harness.fault.target import Target

from .conftest import pass_s

FUNCTIONS = (Target.SENSOR_SOURCE, Target.STREAM_PRODUCER, Target.STREAM_AGGREGATOR)
SEEN_S = 60.0


def wait_for(environment: SimulatedEnvironment, condition: Callable[[], bool]) -> None:
    until_ns = environment.world.now_ns + SEEN_S * 1e9
    assert environment.world.wait(until_ns, condition)


def appended(environment: SimulatedEnvironment) -> int:
    return sum(each.appended for each in environment.records.observer.streams.values())


@pytest.mark.parametrize("kind", [ProcessKill, ProcessRestart])
@pytest.mark.parametrize("target", Target, ids=str)
def test_a_process_that_ended_comes_back_and_its_site_works(
    environment: SimulatedEnvironment, target: Target, kind: type[ProcessKill | ProcessRestart]
) -> None:
    before = environment.processes()[target]
    with environment.inject(kind(target=target)):
        assert environment.processes().get(target) != before
    wait_for(environment, lambda: set(environment.processes()) == set(Target))
    count = appended(environment)
    wait_for(environment, lambda: appended(environment) > count)


@pytest.mark.parametrize("fault", [ProcessKill, ProcessRestart, ProcessPause])
def test_what_does_not_run_cannot_be_disturbed(
    environment: SimulatedEnvironment, fault: type[ProcessKill | ProcessRestart | ProcessPause]
) -> None:
    environment.edge.kill(Target.STREAM_MANAGER)
    with (
        pytest.raises(InjectionFailed, match="does not run now"),
        environment.inject(fault(target=Target.STREAM_MANAGER)),
    ):
        pass


def test_a_paused_source_makes_nothing_and_catches_up(environment: SimulatedEnvironment) -> None:
    with environment.inject(ProcessPause(target=Target.SENSOR_SOURCE)):
        pass_s(environment, 1)
        before = appended(environment)
        pass_s(environment, 5)
        with pytest.raises(ProbeFailed):
            environment.source()
        assert appended(environment) - before <= 1
        assert Target.SENSOR_SOURCE in environment.processes()
    made = environment.probe(ProbeName.SOURCE_NEXT_ORDINAL)
    wait_for(environment, lambda: environment.probe(ProbeName.SOURCE_NEXT_ORDINAL) > made + 50)


@pytest.mark.parametrize("target", [Target.STREAM_MANAGER, Target.STREAM_PRODUCER, Target.CORE])
def test_nothing_is_appended_while_one_of_these_stands_still(
    environment: SimulatedEnvironment, target: Target
) -> None:
    with environment.inject(ProcessPause(target=target)):
        pass_s(environment, 1)
        before = environment.records.observer.streams["LocalDataStream"].appended
        pass_s(environment, 5)
        assert environment.records.observer.streams["LocalDataStream"].appended == before
        assert set(environment.processes()) == set(Target)
    count = appended(environment)
    wait_for(environment, lambda: appended(environment) > count + 20)


def test_a_paused_core_starts_nothing_again(environment: SimulatedEnvironment) -> None:
    with environment.inject(ProcessPause(target=Target.CORE)):
        for target in (Target.STREAM_MANAGER, *FUNCTIONS):
            environment.edge.kill(target)
        pass_s(environment, 60)
        assert set(environment.processes()) == {Target.CORE}
    wait_for(environment, lambda: set(environment.processes()) == set(Target))


def test_a_pause_ends_with_the_process(environment: SimulatedEnvironment) -> None:
    with environment.inject(ProcessPause(target=Target.STREAM_MANAGER)):
        environment.edge.kill(Target.STREAM_MANAGER)
        wait_for(environment, lambda: Target.STREAM_MANAGER in environment.processes())
        count = appended(environment)
        wait_for(environment, lambda: appended(environment) > count)


def test_what_stands_still_cannot_end_in_order(environment: SimulatedEnvironment) -> None:
    stopped = ProcessPause(target=Target.STREAM_MANAGER)
    with (
        environment.inject(stopped),
        pytest.raises(InjectionFailed, match="stands still"),
        environment.inject(ProcessRestart(target=Target.STREAM_MANAGER)),
    ):
        pass
