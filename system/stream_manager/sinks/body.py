"""The body of a request, handed out in blocks.

The time-out of a connection bounds each single write, and on a new connection it is the short one of connecting: in one
piece, a large body would never get over a slow link. In blocks the link has to take only one in that time, and the
whole has a bound of its own.
"""

import io

from system.clock import Clock


class Body(io.BytesIO):
    """Bytes that can be read until a moment.

    Args:
        data: all of it.
        clock: its monotonic time counts.
        seconds: from now to that moment.
    """

    def __init__(self, data: bytes, clock: Clock, seconds: float) -> None:
        super().__init__(data)
        self._clock = clock
        self._until_ms = clock.monotonic_ms() + round(seconds * 1000)

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes.

        Raises:
            TimeoutError: it took too long to send those before.
        """
        if self._clock.monotonic_ms() > self._until_ms:
            raise TimeoutError("the request took too long to send")
        return super().read(size)
