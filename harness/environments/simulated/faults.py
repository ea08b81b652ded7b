"""How each kind of fault is done here: to links, to the cloud, to processes and the machine of the edge."""

from contextlib import AbstractContextManager, nullcontext

from harness.environments.leases import at_once
from harness.environments.simulated.edge import Edge
from harness.environments.simulated.uplink import Links
from harness.fault.clock_jump import ClockJump
from harness.fault.cloud_error import CloudError
from harness.fault.cloud_partial_failure import CloudPartialFailure
from harness.fault.cloud_pause import CloudPause
from harness.fault.cloud_slow import CloudSlow
from harness.fault.cloud_throttle import CloudThrottle
from harness.fault.disk_errors import DiskErrors
from harness.fault.disk_full import DiskFull
from harness.fault.noop import Noop
from harness.fault.power_cut import PowerCut
from harness.fault.process_kill import ProcessKill
from harness.fault.process_pause import ProcessPause
from harness.fault.process_restart import ProcessRestart
from harness.fault.registry import Fault
from harness.fault.slow_disk import SlowDisk


def lease(fault: Fault, links: Links, edge: Edge) -> AbstractContextManager[None]:
    """Entering injects the fault, leaving heals it, also by an exception."""
    match fault:
        case ProcessKill(target=target):
            return at_once(lambda: edge.kill(target))
        case ProcessRestart(target=target):
            return at_once(lambda: edge.restart(target))
        case ProcessPause(target=target):
            return edge.paused(target)
        case Noop():
            return nullcontext()
        case PowerCut():
            return edge.without_power()
        case ClockJump(by_ms=by_ms):
            return edge.machine.clock.jumped(by_ms)
        case DiskFull() | SlowDisk() | DiskErrors():
            return edge.machine.disk.disturbed(fault)
        case CloudPause() | CloudThrottle() | CloudPartialFailure() | CloudError() | CloudSlow():
            return links.cloud.disturbed(fault)
    return links.disturbed(fault)
