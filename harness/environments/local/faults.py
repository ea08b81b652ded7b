"""How each kind of fault is done here: links by Toxiproxy, processes by a signal."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from harness.environments.local.core import Core
from harness.environments.local.localstack import LocalStackProcess
from harness.environments.site.link_faults import link_lease
from harness.environments.site.links import Links
from harness.fault.cloud_pause import CloudPause
from harness.fault.noop import Noop
from harness.fault.process_kill import ProcessKill
from harness.fault.process_pause import ProcessPause
from harness.fault.process_restart import ProcessRestart
from harness.fault.registry import Fault


@contextmanager
def _at_once(do: Callable[[], None]) -> Iterator[None]:
    do()
    yield


def lease(
    fault: Fault, links: Links, core: Core, cloud: LocalStackProcess
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
            return cloud.pause()
        case Noop():
            return nullcontext()
    return link_lease(fault, links)
