"""How long an exporter waits after a failure."""

from dataclasses import dataclass, replace

FIRST_MS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Doubles from one second up to a cap. No jitter: exporters of one device share one link anyway.

    Attributes:
        cap_ms: longest wait.
        failures: in a row.
    """

    cap_ms: int
    failures: int = 0

    def failed(self) -> "Backoff":
        """After one more failure."""
        return replace(self, failures=self.failures + 1)

    def succeeded(self) -> "Backoff":
        """After a success."""
        return replace(self, failures=0)

    @property
    def wait_ms(self) -> int:
        """How long to wait now."""
        if not self.failures:
            return 0
        # Sixty doublings are beyond any cap; no need to compute larger numbers.
        return min(self.cap_ms, FIRST_MS << min(self.failures - 1, 60))
