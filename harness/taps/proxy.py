"""A recording reverse proxy before the cloud.

Each request is passed on as it came: no redirect is followed, nothing is decompressed, no time-out ends it. What asks
the cloud to keep messages is taken in whole and written down before it is passed on, its answer before it is returned.
When the client is gone meanwhile the request still goes its way, as it would have without us, and its end is written
down.

What differs from a wire: `Expect: 100-continue` is answered here, and a cloud that cannot be reached closes the
connection after the request instead of before it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import aiohttp
from aiohttp import hdrs, web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from harness.taps.exchange import Exchange
from harness.taps.puts import (
    ERROR_CHARACTERS_MAX,
    PUT_SERVICES,
    Put,
    operation_of,
    plain,
    recognise,
)
from harness.taps.record import Record
from harness.taps.relay import LOOPBACK

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CHUNK_BYTES = 1 << 18
LINE_BYTES_MAX = 1 << 16
STOP_S = 0.5
GONE = "the client was gone in the middle of its request"

# Of one connection, not of the message; the body's framing is made anew from Content-Length, or chunked without it.
HOP_BY_HOP = (
    "Connection",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
)

# The cloud signs and judges headers: what a client did not send must not appear.
NOT_ADDED = (hdrs.ACCEPT, hdrs.ACCEPT_ENCODING, hdrs.CONTENT_TYPE, hdrs.USER_AGENT)

Headers = CIMultiDictProxy[str]


class RequestIncomplete(Exception):
    """The client was gone before its request was complete."""


def end_to_end(headers: Headers) -> CIMultiDict[str]:
    """The headers to pass on, repeated ones included, in their order."""
    named = ",".join(headers.getall(hdrs.CONNECTION, ())).split(",")
    left_out = {name.strip().lower() for name in (*HOP_BY_HOP, *named)}
    # aiohttp's client keeps repeated headers only if they are spelt alike.
    spelling: dict[str, str] = {}
    passed: CIMultiDict[str] = CIMultiDict()
    for name, value in headers.items():
        if name.lower() not in left_out:
            passed.add(spelling.setdefault(name.lower(), name), value)
    return passed


class _Complaints(logging.Handler):
    """Writes down what the HTTP library complains of, such as a request that it could not read."""

    def __init__(self, record: Record) -> None:
        super().__init__()
        self._record = record

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        reason = f"{record.getMessage()}: {error!r}" if error else record.getMessage()
        self._record.write("trouble", "note", reason=reason[:ERROR_CHARACTERS_MAX])


def _logger(record: Record) -> logging.Logger:
    logger = logging.Logger("cloud-tap", logging.DEBUG)
    logger.addHandler(_Complaints(record))
    return logger


class CloudProxy:
    """Passes requests of each service on to the cloud.

    Args:
        record: where the lines go.
        target: URL of the cloud, without a path.
        host: address that it listens on.
    """

    def __init__(self, record: Record, target: str, host: str = LOOPBACK) -> None:
        self._record = record
        self._host = host
        self._target = target.rstrip("/")
        self._count = 0
        self._under_way: set[Exchange] = set()
        self._logger = _logger(record)
        self._servers: list[tuple[web.Server, asyncio.Server]] = []
        self._session = aiohttp.ClientSession(
            # A connection for each request: one that is kept may be closed by the cloud in the very moment it is used.
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),
            skip_auto_headers=NOT_ADDED,
            max_line_size=LINE_BYTES_MAX,
            max_field_size=LINE_BYTES_MAX,
        )

    async def listen(self, service: str, port: int) -> int:
        """Listen for the requests of one service.

        Returns:
            The port.

        Raises:
            OSError: the port is taken.
        """

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            return await self._handle(service, request)

        http = web.Server(
            handle,
            auto_decompress=False,
            access_log=None,
            logger=self._logger,
            max_line_size=LINE_BYTES_MAX,
            max_field_size=LINE_BYTES_MAX,
        )
        loop = asyncio.get_running_loop()
        server = await loop.create_server(http, self._host, port, backlog=1024)
        self._servers.append((http, server))
        actual: int = server.sockets[0].getsockname()[1]
        return actual

    async def stop(self) -> None:
        """End everything; requests that are under way end as unknown."""
        for _, server in self._servers:
            server.close()
        await asyncio.gather(*(http.shutdown(STOP_S) for http, _ in self._servers))
        for exchange in self._under_way:
            exchange.settle("unknown", reason="the tap was stopped")
        await self._session.close()

    # -- one request ---------------------------------------------------------------------------

    async def _handle(self, service: str, request: web.BaseRequest) -> web.StreamResponse:
        wants_to_be_told = request.headers.get(hdrs.EXPECT, "").lower() == "100-continue"
        if wants_to_be_told and request.transport is not None:
            request.transport.write(CONTINUE)
        operation = operation_of(request.method, request.raw_path, request.headers)
        try:
            whole = await _whole(request) if service in PUT_SERVICES else None
        except RequestIncomplete as error:
            self._record.write(
                "incomplete", "note", service=service, operation=operation, reason=str(error)
            )
            return _hang_up(request)
        exchange = self._begin(service, operation, request, whole)
        self._under_way.add(exchange)
        response = await self._forward(exchange, request, whole)
        self._under_way.discard(exchange)
        return response

    def _begin(
        self, service: str, operation: str, request: web.BaseRequest, whole: bytes | None
    ) -> Exchange:
        self._count += 1
        put: Put | None = None
        fields: dict[str, Any] = {}
        if whole is not None:
            fields["bytes"] = len(whole)
            content_type = request.headers.get(hdrs.CONTENT_TYPE, "")
            try:
                put = recognise(operation, content_type, plain(request.headers, whole))
            except Exception as error:  # whatever a client sends, it is passed on
                fields["problem"] = f"cannot be decoded: {error!r}"[:ERROR_CHARACTERS_MAX]
        exchange = Exchange(
            record=self._record,
            id=f"{service}-{self._count}",
            service=service,
            operation=operation,
            put=put,
        )
        exchange.begin(**(fields if put is None else put.fields()))
        return exchange

    async def _forward(
        self, exchange: Exchange, request: web.BaseRequest, whole: bytes | None
    ) -> web.StreamResponse:
        headers = end_to_end(request.headers)
        headers.popall(hdrs.EXPECT, None)
        try:
            async with self._session.request(
                request.method,
                URL(self._target + request.raw_path, encoded=True),
                headers=headers,
                data=_body(request) if whole is None else BytesIO(whole) if whole else None,
                allow_redirects=False,
            ) as answer:
                parts = await _judged(exchange, answer)
                return await _hand_over(exchange, request, answer, parts)
        except aiohttp.ClientConnectorError as error:
            reason = f"the cloud cannot be reached: {error}"[:ERROR_CHARACTERS_MAX]
            exchange.settle("failed", status=None, error=reason)
        except (aiohttp.ClientError, OSError, RequestIncomplete) as error:
            exchange.broken(error)
        return _hang_up(request)


async def _judged(exchange: Exchange, answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Write down what an answer says; returns its body."""
    if exchange.put is None:
        exchange.settle("ok" if answer.status < 400 else "failed", status=answer.status)
        return answer.content.iter_chunked(CHUNK_BYTES)
    body = await answer.read()
    exchange.judge(answer.status, answer.headers, body)
    return _once(body)


async def _once(body: bytes) -> AsyncIterator[bytes]:
    if body:
        yield body


async def _hand_over(
    exchange: Exchange,
    request: web.BaseRequest,
    answer: aiohttp.ClientResponse,
    parts: AsyncIterator[bytes],
) -> web.StreamResponse:
    """Give the client its answer, as fast as it takes it."""
    response = web.StreamResponse(
        status=answer.status, reason=answer.reason, headers=end_to_end(answer.headers)
    )
    try:
        await response.prepare(request)
        async for part in parts:
            await response.write(part)
        await response.write_eof()
    except OSError:
        exchange.returned(False)
        return _hang_up(request)
    exchange.returned(request.transport is not None and not request.transport.is_closing())
    return response


async def _whole(request: web.BaseRequest) -> bytes:
    return b"".join([part async for part in _stream(request)])


async def _stream(request: web.BaseRequest) -> AsyncIterator[bytes]:
    # Of a client that was gone before anybody looked at its request the body would be waited for for ever.
    if request.transport is None and not request.content.is_eof():
        raise RequestIncomplete(GONE)
    try:
        async for part in request.content.iter_any():
            yield part
    except (OSError, aiohttp.ClientError, web.RequestPayloadError) as error:
        raise RequestIncomplete(GONE) from error


def _body(request: web.BaseRequest) -> AsyncIterator[bytes] | None:
    return _stream(request) if request.body_exists and request.can_read_body else None


def _hang_up(request: web.BaseRequest) -> web.StreamResponse:
    """Close the client's connection as it would have been closed without us.

    Returns:
        A response for the HTTP library, which finds nobody to send it to.
    """
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
