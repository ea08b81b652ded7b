"""The links between a site and its cloud, as a test cuts them."""

from contextlib import AbstractContextManager

import pytest

from harness.environments.protocol import Environment
from harness.fault.bandwidth import Bandwidth
from harness.fault.latency import Latency
from harness.fault.link_down import LinkDown
from harness.fault.link_silent import LinkSilent
from harness.fault.registry import Fault
from harness.fault.service import ALL_SERVICES, Service

Block = AbstractContextManager[None]


class Uplink:
    """The links of a site. Each method gives a block: entering it disturbs, leaving it heals, also by an exception.

    ```
    with uplink.cut("kinesis"):
        ...
    ```

    Services are `kinesis`, `iotanalytics`, `iot`, `greengrass`, `s3`, `logs`, `lambda`, `iotsitewise`; none means all
    of them.

    Args:
        environment: that stands.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def cut(self, *services: str) -> Block:
        """Open connections are closed, new ones are refused."""
        return self.inject(LinkDown(services=_services(services)))

    def silent(self, *services: str) -> Block:
        """Nothing gets through and nothing is closed."""
        return self.inject(LinkSilent(services=_services(services)))

    def slow(self, *services: str, latency_ms: int = 300) -> Block:
        """A round trip takes so much longer."""
        return self.inject(Latency(services=_services(services), latency_ms=latency_ms))

    def narrow(self, *services: str, bytes_per_second: int = 10_000) -> Block:
        """So much gets through on each connection, each way."""
        return self.inject(
            Bandwidth(services=_services(services), bytes_per_second=bytes_per_second)
        )

    def inject(self, fault: Fault) -> Block:
        """Any other fault; see docs/reference/faults.md."""
        return self._environment.inject(fault)

    def heal(self) -> None:
        """Bring every link back."""
        self._environment.heal_all()


def _services(names: tuple[str, ...]) -> tuple[Service, ...]:
    try:
        return tuple(map(Service, names)) or ALL_SERVICES
    except ValueError:
        known = ", ".join(ALL_SERVICES)
        unknown = next(name for name in names if name not in set(ALL_SERVICES))
        raise pytest.UsageError(f"there is no service {unknown!r}; there is {known}") from None
