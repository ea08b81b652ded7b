"""`python -m bench.servers.answering`: a server that speaks the protocol, keeps nothing and only answers.

It is the measure of the others: nothing written in the same language with the same codec and the same event loop can be
faster by much. It takes a frame apart, decodes it, and answers an append with the next number.
"""

import argparse
import asyncio
from typing import Any, cast

import cbor2

CONNECT, CREATE, APPEND = 1, 2, 4
ANSWERS = {CONNECT: 6, CREATE: 7, APPEND: 9}


class Answering(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._buffer = b""
        self._opened = False
        self._next = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer the requests that are whole, all in one write."""
        self._buffer += data
        place = 0
        answers = []
        if not self._opened:
            self._opened, place = True, 1
            answers.append(b"\x01")
        while len(self._buffer) - place >= 5:
            end = place + 4 + int.from_bytes(self._buffer[place : place + 4], "big")
            if end > len(self._buffer):
                break
            answers.append(self._answer(self._buffer[place + 4], self._buffer[place + 5 : end]))
            place = end
        self._buffer = self._buffer[place:]
        self._transport.write(b"".join(answers))

    def _answer(self, operation: int, payload: bytes) -> bytes:
        request = cbor2.loads(payload)
        values: dict[str, Any] = {
            "requestId": request["requestId"],
            "status": 0,
            "errorMessage": "",
        }
        if operation == APPEND:
            values["sequenceNumber"] = self._next
            self._next += 1
        elif operation == CONNECT:
            values.update(protocolVersion="1.1.0", supportedProtocolVersions=["1.1.0"])
            values.update(serverVersion="answers only", clientIdentifier="1")
        body = cbor2.dumps(values)
        return (len(body) + 1).to_bytes(4, "big") + bytes([ANSWERS[operation]]) + body


async def serve(port: int) -> None:
    """Answer on a port until the process is ended; says so in a line."""
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", port)
    print(f"listens on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--store", help="not used: what is answered is forgotten")
    asyncio.run(serve(options.parse_args().port))
