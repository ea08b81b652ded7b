"""The machine of a simulated edge: its disk, its clock, its power."""

import errno
from collections.abc import Callable
from random import Random

import pytest

from harness.environments.simulated.disk import (
    WRITE_BACK_AFTER_S,
    WRITE_BACK_EVERY_S,
    SimulatedDisk,
)
from harness.environments.simulated.environment import SimulatedEnvironment
from harness.environments.simulated.machine import BOOT_MS, Machine, WallClock
from harness.environments.simulated.world import FOREVER, NS_IN_MS, Stuck, World
from harness.fault.clock_jump import ClockJump
from harness.fault.disk_errors import DiskErrors
from harness.fault.disk_full import DiskFull
from harness.fault.disk_operation import DiskOperation
from harness.fault.power_cut import PowerCut
from harness.fault.registry import DiskFault, Fault
from harness.fault.slow_disk import SlowDisk
from harness.fault.target import Target

from .conftest import pass_s

# -- the disk ----------------------------------------------------------------------------------


class Losing(Random):
    """Dice that let go of all that may go."""

    def random(self) -> float:
        return 0.0

    def randint(self, a: int, b: int) -> int:
        return a


@pytest.fixture
def disk() -> SimulatedDisk:
    """One file that is durable, with five bytes behind that are not."""
    disk = SimulatedDisk()
    file = disk.open("file", create=True)
    file.write(b"synced")
    file.sync()
    disk.sync_folder("")
    file.write(b"later")
    return disk


def written_back(disk: SimulatedDisk, seconds: int) -> bytes:
    """What is left of the file when the power goes after so many seconds."""
    for _ in range(seconds // WRITE_BACK_EVERY_S):
        disk.write_back()
    disk.crash(Losing())
    return disk.read("file")


def test_what_was_not_synced_is_gone(disk: SimulatedDisk) -> None:
    assert written_back(disk, 0) == b"synced"


def test_what_has_waited_long_enough_is_written_back(disk: SimulatedDisk) -> None:
    assert written_back(disk, WRITE_BACK_AFTER_S) == b"synced"
    disk.open("file").write(b"later")
    assert written_back(disk, WRITE_BACK_AFTER_S + WRITE_BACK_EVERY_S) == b"syncedlater"


def test_what_comes_after_a_sync_waits_as_long_as_anything(disk: SimulatedDisk) -> None:
    file = disk.open("file")
    for _ in range(WRITE_BACK_AFTER_S // WRITE_BACK_EVERY_S):
        disk.write_back()
    file.sync()
    file.write(b"last")
    assert written_back(disk, WRITE_BACK_EVERY_S) == b"syncedlater"


def test_a_name_is_durable_sooner_than_bytes(disk: SimulatedDisk) -> None:
    disk.open("new", create=True).write(b"bytes")
    written_back(disk, WRITE_BACK_EVERY_S)
    assert disk.files() == ["file", "new"]
    assert disk.read("new") == b""


def test_what_was_cut_off_may_be_back(disk: SimulatedDisk) -> None:
    found = set()
    for seed in range(50):
        disk = SimulatedDisk()
        file = disk.open("file", create=True)
        file.write(b"0123456789")
        file.sync()
        disk.sync_folder("")
        file.truncate(4)
        disk.crash(Random(seed))
        found.add(disk.read("file"))
    assert found == {b"0123", b"0123456789"}


@pytest.mark.parametrize(
    ("fault", "code"),
    [(DiskFull(), errno.ENOSPC), (DiskErrors(fails=DiskOperation.WRITE), errno.EIO)],
    ids=str,
)
def test_nothing_more_can_be_written(disk: SimulatedDisk, fault: DiskFault, code: int) -> None:
    with disk.disturbed(fault):
        for write in (
            lambda: disk.open("file").write(b"x"),
            lambda: disk.open("new", create=True),
            lambda: disk.replace("file", b"x"),
            lambda: disk.make_folder("folder"),
        ):
            with pytest.raises(OSError, match=r".*") as error:
                write()
            assert error.value.errno == code
        assert disk.read("file") == b"syncedlater"
        disk.sync_folder("")
    disk.replace("file", b"x")


@pytest.mark.parametrize("fails", [DiskOperation.READ, DiskOperation.SYNC])
def test_one_sort_of_operations_fails(disk: SimulatedDisk, fails: DiskOperation) -> None:
    file = disk.open("file")
    operations = {
        DiskOperation.READ: lambda: file.read_at(0, 1),
        DiskOperation.SYNC: file.sync,
        DiskOperation.WRITE: lambda: file.write(b"x"),
    }
    with disk.disturbed(DiskErrors(fails=fails)):
        for sort, operate in operations.items():
            if sort is fails:
                with pytest.raises(OSError, match="input/output error"):
                    operate()
            else:
                operate()
    operations[fails]()


def test_whoever_syncs_a_slow_disk_waits(disk: SimulatedDisk) -> None:
    with disk.disturbed(SlowDisk(sync_ms=300)):
        disk.open("file").sync()
        disk.sync_folder("")
    disk.open("file").sync()
    assert (disk.take_waited_ms(), disk.take_waited_ms()) == (600, 0)


# -- the clock ---------------------------------------------------------------------------------


def test_a_clock_that_jumped_is_right_again_afterwards() -> None:
    clock = WallClock(World(1), 1_000)
    with clock.jumped(500), clock.jumped(-100):
        assert (clock.wall_ms(), clock.true_ms(), clock.monotonic_ms()) == (1_400, 1_000, 0)
    assert clock.wall_ms() == 1_000


def test_a_machine_writes_back_by_itself() -> None:
    world = World(1)
    machine = Machine(world, WallClock(world, 0))
    machine.disk.open("file", create=True).write(b"bytes")
    world.wait((WRITE_BACK_AFTER_S + 2 * WRITE_BACK_EVERY_S) * 1000 * NS_IN_MS)
    machine.lose_power()
    assert machine.disk.read("file") == b"bytes"


@pytest.mark.parametrize(
    "name",
    [
        lambda disk: disk.open("new", create=True),
        lambda disk: disk.make_folder("new"),
        lambda disk: disk.replace("new", b"bytes", durable=False),
        lambda disk: disk.rename("file", "new"),
        lambda disk: disk.remove("file"),
        lambda disk: disk.remove_folder("folder"),
    ],
)
def test_a_machine_makes_names_durable_by_itself(name: Callable[[SimulatedDisk], None]) -> None:
    world = World(1)
    machine = Machine(world, WallClock(world, 0))
    machine.disk.make_folder("folder")
    machine.disk.replace("file", b"bytes")
    world.wait(2 * WRITE_BACK_EVERY_S * 1e9)
    name(machine.disk)
    named = set(machine.disk.names(""))
    world.wait(4 * WRITE_BACK_EVERY_S * 1e9)
    machine.disk.crash(Losing())
    assert set(machine.disk.names("")) == named


# -- the power, and all of it on a site --------------------------------------------------------


def appended(environment: SimulatedEnvironment) -> int:
    return sum(each.appended for each in environment.records.observer.streams.values())


def test_without_power_nothing_runs_until_the_machine_has_booted(
    environment: SimulatedEnvironment,
) -> None:
    with environment.inject(PowerCut()):
        assert environment.processes() == {}
        before = appended(environment)
        pass_s(environment, 60)
        assert environment.processes() == {}
    pass_s(environment, BOOT_MS / 1000 - 1)
    assert environment.processes() == {}
    pass_s(environment, 10)
    assert set(environment.processes()) == set(Target)
    pass_s(environment, 5)
    assert appended(environment) > before


def test_whoever_waits_for_a_site_without_power_is_told_that_nothing_will_happen(
    environment: SimulatedEnvironment,
) -> None:
    with (
        environment.inject(PowerCut()),
        pytest.raises(Stuck, match="nothing will ever happen"),
    ):
        environment.world.wait(FOREVER, lambda: bool(environment.processes()))


def test_a_machine_boots_when_the_last_of_two_power_cuts_is_over(
    environment: SimulatedEnvironment,
) -> None:
    with environment.inject(PowerCut()):
        with environment.inject(PowerCut()):
            pass_s(environment, 1)
        pass_s(environment, 60)
        assert environment.processes() == {}
    pass_s(environment, 40)
    assert set(environment.processes()) == set(Target)


def test_the_stream_manager_stands_still_while_it_waits_for_the_disk(
    environment: SimulatedEnvironment,
) -> None:
    manager = environment.edge.manager
    with environment.inject(SlowDisk(sync_ms=2_000)):
        assert environment.world.wait(environment.world.now_ns + 10e9, lambda: manager.paused)
        before = appended(environment)
        pass_s(environment, 1)
        assert appended(environment) == before
    pass_s(environment, 10)
    assert appended(environment) > before
    assert not manager.paused


def test_a_stream_manager_that_cannot_read_its_store_is_started_until_it_can(
    environment: SimulatedEnvironment,
) -> None:
    with environment.inject(DiskErrors(fails=DiskOperation.READ)):
        environment.edge.kill(Target.STREAM_MANAGER)
        pass_s(environment, 60)
        assert Target.STREAM_MANAGER not in environment.processes()
    pass_s(environment, 15)
    assert Target.STREAM_MANAGER in environment.processes()


@pytest.mark.parametrize(
    "fault",
    [
        DiskFull(),
        SlowDisk(sync_ms=10),
        DiskErrors(fails=DiskOperation.SYNC),
        ClockJump(by_ms=-3_600_000),
    ],
    ids=str,
)
def test_a_fault_of_the_machine_is_healed_whatever_happens(
    environment: SimulatedEnvironment, fault: Fault
) -> None:
    with pytest.raises(ZeroDivisionError), environment.inject(fault):
        assert len(environment.unclean()) == 1
        raise ZeroDivisionError
    assert environment.unclean() == []
    with environment.inject(fault):
        environment.heal_all()
        assert environment.unclean() == []
