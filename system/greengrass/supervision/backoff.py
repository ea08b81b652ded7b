"""How long to wait before something that failed is tried again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BackoffRule:
    """Waiting times that double up to a cap.

    Attributes:
        first_s: wait after the first failure.
        cap_s: longest wait.
        stable_s: what lasted this long before it failed is forgiven its earlier failures.
    """

    first_s: float = 0.2
    cap_s: float = 10.0
    stable_s: float = 10.0


class Backoff:
    """The failures in a row of one thing, and the wait that they earn."""

    def __init__(self, rule: BackoffRule) -> None:
        self._rule = rule
        self._failures = 0

    def succeeded(self) -> None:
        """Forget all failures."""
        self._failures = 0

    def failed_after(self, seconds: float) -> float:
        """Note a failure after `seconds` of health.

        Returns:
            Seconds to wait before the next attempt.
        """
        if seconds >= self._rule.stable_s:
            self._failures = 0
        # The exponent is bounded: a float overflows after a few weeks of failures.
        wait_s = self._rule.first_s * 2.0 ** min(self._failures, 32)
        self._failures += 1
        return min(wait_s, self._rule.cap_s)
