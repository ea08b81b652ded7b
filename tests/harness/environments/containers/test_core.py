"""What is done to the core's container, and what is told where its engine does not do it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
import requests
from docker.errors import APIError

from harness.environments.containers.core import Core
from harness.environments.containers.engine import ContainerPart
from harness.environments.errors import InjectionFailed
from harness.environments.protocol import ProcessState
from harness.environments.site import edge_processes
from harness.environments.site.site import Site
from harness.fault.target import Target

CORE = str(Target.CORE)


class Container:
    """A container whose engine can refuse.

    Attributes:
        asked: what was done to it.
        refuses: the status of the answer to whatever is asked.
        deaf_to: a signal that it does not end at.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refuses: int | None = None
        self.deaf_to = ""
        self.attrs: dict[str, Any] = {"State": {"Status": "running"}}

    def _answer(self, what: str) -> None:
        self.asked.append(what)
        if self.refuses is not None:
            response = requests.Response()
            response.status_code = self.refuses
            raise APIError("refused", response=response, explanation="no room on the disk")

    def kill(self, signal: str) -> None:
        self._answer(signal)
        if signal != self.deaf_to:
            self.attrs["State"]["Status"] = "exited"

    def start(self) -> None:
        self._answer("start")

    def reload(self) -> None:
        """It is always new."""


class Running(Core):
    """A core that runs, as far as anybody can see."""

    def processes(self) -> dict[str, ProcessState]:
        return {CORE: ProcessState(pid=4711, started=0.0)}


@pytest.fixture
def container() -> Container:
    return Container()


@pytest.fixture
def core(site: Site, container: Container) -> Core:
    return Running(site, ContainerPart("The Greengrass core", cast(Any, container)))


def test_a_kill_gives_no_warning_and_a_restart_asks_it_to_end(
    core: Core, container: Container
) -> None:
    core.kill(CORE)
    core.restart(CORE)
    assert container.asked == ["SIGKILL", "start", "SIGTERM", "start"]


def test_one_that_does_not_end_in_order_is_told_and_not_killed_instead(
    core: Core, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_processes, "RESTART", replace(edge_processes.RESTART, seconds=0))
    container.deaf_to = "SIGTERM"
    with pytest.raises(InjectionFailed, match="core cannot be restarted: it did not end within 0"):
        core.restart(CORE)
    assert container.asked == ["SIGTERM"]


@pytest.mark.parametrize("act", [Core.kill, Core.restart])
@pytest.mark.parametrize("status", [404, 409])
def test_one_that_has_just_ended_is_told_so(
    core: Core, container: Container, act: Callable[[Core, str], None], status: int
) -> None:
    container.refuses = status
    with pytest.raises(InjectionFailed, match=r"core cannot be \w+: it has just ended"):
        act(core, CORE)


@pytest.mark.parametrize("act", [Core.kill, Core.restart])
def test_an_engine_that_refuses_is_told_with_its_own_words(
    core: Core, container: Container, act: Callable[[Core, str], None]
) -> None:
    container.refuses = 500
    with pytest.raises(InjectionFailed, match=r"core cannot be \w+: no room on the disk"):
        act(core, CORE)


def test_an_engine_that_does_not_start_it_again_is_told(core: Core, container: Container) -> None:
    container.refuses = 404
    with pytest.raises(InjectionFailed, match="core cannot be started again: no room on the disk"):
        core.start_core()
