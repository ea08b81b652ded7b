"""Requests on their way to a cloud service, judged by the direction in which bytes flow.

HTTP keeps connections open, so a connection says little: a request begins when bytes leave after silence or after an
answer, and it is answered when the first bytes come back. Nothing else of HTTP is read but two things which the
direction cannot tell: an interim answer (`100 Continue`) is none, and bytes that follow an early answer without looking
like a new request are the rest of the old one.
"""

import re
from enum import Enum

from harness.taps.record import Record

REQUEST_LINE = re.compile(rb"[A-Z]{3,7} ")
INTERIM = b"HTTP/1.1 1"
INTERIM_BYTES_MAX = 4096
HEAD_END = b"\r\n\r\n"


class _State(Enum):
    IDLE = "no request yet, or the last one is answered"
    WAITING = "a request is not answered"
    OVER = "closed"


class Uplink:
    """Watches one connection to a cloud service.

    Args:
        record: where the lines go.
        service: of the cloud.
        number: of the connection.
    """

    def __init__(self, record: Record, service: str, number: int) -> None:
        self._record = record
        self._service = service
        self._id = f"{service}-{number}"
        self._count = 0
        self._state = _State.IDLE
        self._http: bool | None = None
        self._answer = b""
        self._line("connection", "invoked", self._id)

    # -- what the relay tells ------------------------------------------------------------------

    def connected(self) -> None:
        """The link accepted."""
        self._line("connection", "ok", self._id)

    def refused(self, reason: str) -> None:
        """The link refused."""
        self._state = _State.OVER
        self._line("connection", "failed", self._id, reason=reason)

    def client_sent(self, data: bytes) -> bytes:
        """Bytes for the cloud: a request, or more of one."""
        if self._http is None:
            self._http = REQUEST_LINE.match(data) is not None
        begins = REQUEST_LINE.match(data) is not None if self._http else True
        if self._state is _State.IDLE and begins:
            self._state = _State.WAITING
            self._count += 1
            self._answer = b""
            self._line("request", "invoked", self._request_id)
        return data

    def server_sent(self, data: bytes) -> bytes:
        """Bytes from the cloud: an answer, or more of one."""
        if self._state is _State.WAITING and self._answered(data):
            self._state = _State.IDLE
            self._line("request", "ok", self._request_id)
        return data

    def client_ended(self) -> bytes:
        """The edge side sends no more."""
        return b""

    def server_ended(self) -> bytes:
        """The cloud side sends no more."""
        return b""

    def client_waits_for_acknowledgement(self) -> bool:
        """Whether more of a request is likely to come: HTTP clients send head and body apart."""
        return self._state is _State.WAITING

    def closed(self, by: str, up: int, down: int) -> None:
        """A request without an answer has failed."""
        side = {"client": "edge side", "server": "cloud side"}.get(by, by)
        if self._state is _State.WAITING:
            ended = "unknown" if by == "tap" else "failed"
            self._line("request", ended, self._request_id, reason=f"closed by {side}")
        self._state = _State.OVER
        self._line("connection", "note", self._id, closed_by=side, up=up, down=down)

    # -- what it means -------------------------------------------------------------------------

    @property
    def _request_id(self) -> str:
        return f"{self._id}-{self._count}"

    def _line(self, kind: str, type: str, id: str, **fields: object) -> None:
        self._record.write(kind, type, id=id, service=self._service, **fields)

    def _answered(self, data: bytes) -> bool:
        """Whether something other than interim answers has come."""
        self._answer += data
        while self._answer.startswith(INTERIM):
            head, end, rest = self._answer.partition(HEAD_END)
            if not end:
                return len(head) > INTERIM_BYTES_MAX
            self._answer = rest
        return not INTERIM.startswith(self._answer)
