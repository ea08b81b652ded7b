"""`python -m bench.clients.nats_client PORT SECONDS BYTES`: NATS's own client for Python, one publication after the
other, each acknowledged by JetStream."""

import asyncio
import json
import sys
import time

import nats

WARM_UP = 50


async def main(port: int, seconds: float, size: int) -> None:
    """Publish for so long to the stream S."""
    connection = await nats.connect(f"nats://127.0.0.1:{port}")
    stream = connection.jetstream()
    await stream.add_stream(name="S", subjects=["S"])
    payload = b"r" * size
    for _ in range(WARM_UP):
        await stream.publish("S", payload)
    answered, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        await stream.publish("S", payload)
        answered += 1
    elapsed = time.perf_counter() - start
    await connection.close()
    print(json.dumps({"answered": answered, "seconds": elapsed}))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
