"""How each kind of fault is done here: links by Toxiproxy and firewall, processes by a signal, parts by the engine."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from docker.errors import APIError

from harness.environments.containers.core import Core
from harness.environments.containers.engine import ContainerPart
from harness.environments.containers.firewall import Firewall
from harness.environments.errors import InjectionFailed
from harness.environments.site.link_faults import link_lease
from harness.environments.site.links import Links
from harness.fault.cloud_pause import CloudPause
from harness.fault.half_open import HalfOpen
from harness.fault.noop import Noop
from harness.fault.process_kill import ProcessKill
from harness.fault.process_pause import ProcessPause
from harness.fault.process_restart import ProcessRestart
from harness.fault.registry import Fault

PAUSE_ATTEMPTS = 10


@contextmanager
def _at_once(do: Callable[[], None]) -> Iterator[None]:
    do()
    yield


@contextmanager
def _paused(part: ContainerPart) -> Iterator[None]:
    if not part.alive():
        raise InjectionFailed("the cloud cannot be paused: it has just ended")
    try:
        _pause(part)
        yield
    finally:
        if part.state().get("Status") == "paused":
            part.container.unpause()


def _pause(part: ContainerPart) -> None:
    """Freeze a container; a kernel with the first version of control groups sometimes needs to be asked again."""
    for attempt in range(PAUSE_ATTEMPTS):
        try:
            part.container.pause()
            return
        except APIError as error:
            if attempt == PAUSE_ATTEMPTS - 1:
                raise InjectionFailed(f"the cloud cannot be paused: {error.explanation}") from error


def lease(
    fault: Fault, links: Links, firewall: Firewall, core: Core, cloud: ContainerPart
) -> AbstractContextManager[None]:
    """Entering injects the fault, leaving heals it, also by an exception."""
    match fault:
        case ProcessKill(target=target):
            return _at_once(lambda: core.kill(target))
        case ProcessRestart(target=target):
            return _at_once(lambda: core.restart(target))
        case ProcessPause(target=target):
            return core.pause(target)
        case CloudPause():
            return _paused(cloud)
        case HalfOpen(services=services):
            return firewall.silent(services)
        case Noop():
            return nullcontext()
    return link_lease(fault, links)
