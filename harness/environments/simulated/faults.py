"""How each kind of fault is done here: to links, to the cloud, to processes of the edge."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from harness.environments.simulated.edge import Edge
from harness.environments.simulated.uplink import Links
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


def lease(fault: Fault, links: Links, edge: Edge) -> AbstractContextManager[None]:
    """Entering injects the fault, leaving heals it, also by an exception."""
    match fault:
        case ProcessKill(target=target):
            return _at_once(lambda: edge.kill(target))
        case ProcessRestart(target=target):
            return _at_once(lambda: edge.restart(target))
        case ProcessPause(target=target):
            return edge.paused(target)
        case CloudPause():
            return links.cloud.paused()
        case Noop():
            return nullcontext()
    return links.disturbed(fault)
