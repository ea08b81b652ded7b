"""`python -m bench.clients.redis_client PORT SECONDS BYTES`: Redis's own client for Python, one XADD at a time."""

import json
import sys
import time
from typing import Any

from redis import Redis

WARM_UP = 50


def main(port: int, seconds: float, size: int) -> None:
    """Add for so long to the stream S."""
    client = Redis(port=port)
    entry: dict[Any, Any] = {b"p": b"r" * size}
    for _ in range(WARM_UP):
        client.xadd("S", entry)
    answered, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        client.xadd("S", entry)
        answered += 1
    print(json.dumps({"answered": answered, "seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
