"""`python -m bench.clients.stock PORT SECONDS BYTES`: the vendor's client for Python, one append after the other."""

import json
import sys
import time

from stream_manager import StreamManagerClient

WARM_UP = 50


def main(port: int, seconds: float, size: int) -> None:
    """Append for so long to the stream S."""
    client = StreamManagerClient(port=port)
    payload = b"r" * size
    for _ in range(WARM_UP):
        client.append_message("S", payload)
    answered, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        client.append_message("S", payload)
        answered += 1
    elapsed = time.perf_counter() - start
    client.close()
    print(json.dumps({"answered": answered, "seconds": elapsed}))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
