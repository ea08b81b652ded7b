"""How each kind of fault is done here: links by Toxiproxy, processes by a signal."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from harness.environments.local.core import Core
from harness.environments.site.links import Links, bandwidth, latency, silence
from harness.fault.bandwidth import Bandwidth
from harness.fault.latency import Latency
from harness.fault.link_down import LinkDown
from harness.fault.link_silent import LinkSilent
from harness.fault.noop import Noop
from harness.fault.process_kill import ProcessKill
from harness.fault.registry import Fault

BYTES_IN_KILOBYTE = 1000
"""As Toxiproxy counts."""


@contextmanager
def _killed(core: Core, target: str) -> Iterator[None]:
    core.kill(target)
    yield


def lease(fault: Fault, links: Links, core: Core) -> AbstractContextManager[None]:
    """Entering injects the fault, leaving heals it, also by an exception."""
    match fault:
        case LinkDown(services=services):
            return links.down(services)
        case LinkSilent(services=services):
            return links.poisoned(services, silence())
        case Latency(services=services, latency_ms=latency_ms):
            return links.poisoned(services, latency(latency_ms))
        case Bandwidth(services=services, bytes_per_second=rate):
            return links.poisoned(services, bandwidth(rate // BYTES_IN_KILOBYTE))
        case ProcessKill(target=target):
            return _killed(core, target)
        case Noop():
            return nullcontext()
