"""An average bound for all exports together."""


class Bandwidth:
    """After a batch nothing is sent until the time is over that its payloads take at the bound.

    No credit is saved up while nothing is sent, so no span of time that begins with a batch exceeds the bound but by
    its last batch.

    Args:
        kbit_per_s: thousands of bits per second; 0: no bound.
    """

    def __init__(self, kbit_per_s: int) -> None:
        self._kbit_per_s = kbit_per_s
        self._free_at_ms = 0.0

    def spend(self, payload_bytes: int, now_ms: int) -> None:
        """A batch leaves."""
        if self._kbit_per_s:
            begins_ms = max(self._free_at_ms, now_ms)
            self._free_at_ms = begins_ms + payload_bytes * 8 / self._kbit_per_s

    def free_at_ms(self) -> int:
        """Monotonic time from which on the next batch may leave."""
        return -int(-self._free_at_ms // 1)
