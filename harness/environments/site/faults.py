"""How each kind of fault is done in every edition with real parts: links by Toxiproxy, processes by a signal."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from harness.environments.leases import at_once
from harness.environments.site.edge_processes import EdgeProcesses
from harness.environments.site.link_faults import link_lease
from harness.environments.site.links import Links
from harness.fault.cloud_pause import CloudPause
from harness.fault.noop import Noop
from harness.fault.process_kill import ProcessKill
from harness.fault.process_pause import ProcessPause
from harness.fault.process_restart import ProcessRestart
from harness.fault.registry import Fault


def lease(
    fault: Fault,
    links: Links,
    edge: EdgeProcesses,
    pause_cloud: Callable[[], AbstractContextManager[None]],
) -> AbstractContextManager[None]:
    """Entering injects the fault, leaving heals it, also by an exception.

    Args:
        links: to the cloud.
        edge: whose processes are disturbed.
        pause_cloud: makes the cloud stand still as long as its block lasts.
    """
    match fault:
        case ProcessKill(target=target):
            return at_once(lambda: edge.kill(target))
        case ProcessRestart(target=target):
            return at_once(lambda: edge.restart(target))
        case ProcessPause(target=target):
            return edge.pause(target)
        case CloudPause():
            return pause_cloud()
        case Noop():
            return nullcontext()
    return link_lease(fault, links)
