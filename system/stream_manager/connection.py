"""One client connection as a state machine: bytes in, requests out; answers in, bytes out.

```
   version byte          Connect frame               frames
  ──────────────► new ────────────────► opened ◄─────────────┐
        │          │                       └──────────────────┘
        └──────────┴── anything else ─────► closing (what is to be said first is in `take_output`)
```

Requests are taken one by one, so that the shell can stop where a client does not read its answers.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from system.stream_manager.session import Session
from system.wire import frames, payloads
from system.wire.fields import Fields, InvalidFields
from system.wire.frames import Frame, FrameMalformed, FrameReader, FrameTooLarge
from system.wire.messages import REQUESTS, Connect, Request, Response, read_connect, read_request
from system.wire.operations import (
    CONNECT_VERSION,
    PROTOCOL_VERSIONS,
    RESPONSE_TO,
    SINCE_1_1,
    Operation,
    StatusCode,
)

REQUEST_BYTES_MAX = 64 * 1024 * 1024
"""Largest frame that is taken: the protocol allows 1 GiB, which one client alone must not make the server hold."""
SERVER_VERSION = "1.1.0-stream-chaos"

_VERSION = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,4}")
_CONNECT_VERSION_BYTE = bytes([CONNECT_VERSION])
_FRAME_HEADER_BYTES = 5

# A client of protocol 1.0.0 dies of a status that it does not know.
_STATUS_IN_1_0 = {
    StatusCode.OUT_OF_MEMORY_ERROR: StatusCode.UNKNOWN_FAILURE,
    StatusCode.UPDATE_FAILED: StatusCode.UNKNOWN_FAILURE,
    StatusCode.UPDATE_NOT_ALLOWED: StatusCode.INVALID_REQUEST,
    StatusCode.UNKNOWN_OPERATION: StatusCode.UNEXPECTED_OPERATION,
}


class Connection:
    """See the module.

    Args:
        number: counts the connections of a server; the client is told it.
        authenticate: whether a client with this token may connect.
        request_bytes_max: largest frame that is taken.
    """

    def __init__(
        self,
        number: int,
        *,
        authenticate: Callable[[str], bool] = lambda token: True,
        request_bytes_max: int = REQUEST_BYTES_MAX,
    ) -> None:
        self._number = number
        self._authenticate = authenticate
        self._reader = FrameReader(request_bytes_max)
        self._greeted = False
        self._speaks_1_0 = False
        self._output: list[bytes] = []
        self._too_large: FrameTooLarge | None = None
        self.session: Session | None = None
        self.closing = False
        """Nothing more is taken; to be closed once the output is sent."""

    @property
    def inside_a_frame(self) -> bool:
        """Whether a part of a frame is here and the rest is still to come."""
        return self._reader.inside_a_frame()

    def receive(self, data: bytes) -> None:
        """Take bytes as they arrived, in whatever pieces."""
        if not self.closing:
            self._reader.feed(data)

    def take_output(self) -> list[bytes]:
        """The bytes to send; no element ends inside the header of a frame, none may be split there."""
        output, self._output = self._output, []
        return output

    # -- taking ----------------------------------------------------------------------------------

    def next_request(self) -> Request | None:
        """The next request for the engine; what concerns the connection alone is answered on the way."""
        while not self.closing:
            if not self._greeted and not self._greet():
                return None
            frame = self._next_frame()
            if frame is None:
                return None
            request = self._take(frame)
            if request is not None:
                return request
        return None

    def _greet(self) -> bool:
        """Take the version byte, if it is here."""
        version = self._reader.take(1)
        if version is None:
            return False
        self._greeted = True
        self._output.append(_CONNECT_VERSION_BYTE)
        if version != _CONNECT_VERSION_BYTE:
            text = f"connect version {version[0]} is not supported, only {CONNECT_VERSION}"
            self._refuse_connect("", StatusCode.UNSUPPORTED_CONNECT_VERSION, text)
            return False
        return True

    def _next_frame(self) -> Frame | None:
        try:
            if self._too_large is None:
                return self._reader.next()
        except FrameMalformed:
            self.closing = True
            return None
        except FrameTooLarge as error:
            self._too_large = error
        self._refuse_too_large()
        return None

    def _refuse_too_large(self) -> None:
        """Refuse a frame that is too large once its request id has arrived; nothing behind it can be read."""
        head = self._reader.take(_FRAME_HEADER_BYTES + payloads.REQUEST_ID_PREFIX_BYTES)
        if head is None:
            return
        self.closing = True
        operation = int.from_bytes(head[4:5], "big", signed=True)
        request_id = payloads.leading_request_id(head[_FRAME_HEADER_BYTES:])
        if request_id is not None and operation in RESPONSE_TO:
            status, text = StatusCode.REQUEST_PAYLOAD_TOO_LARGE, str(self._too_large)
            self._refuse(request_id, Operation(operation), status, text)

    def _take(self, frame: Frame) -> Request | None:
        try:
            values = payloads.decode(frame.payload)
        except payloads.Undecodable as error:
            self._refuse_undecodable(frame, error)
            return None
        if self.session is None:
            self._connect(frame, values)
            return None
        request_id = values.get("requestId")
        if not isinstance(request_id, str) or not request_id:
            # An answer without the id would be waited for by nobody, and is deadly to some clients.
            self.closing = True
            return None
        return self._request(frame.operation, request_id, values)

    def _request(self, number: int, request_id: str, values: Mapping[str, Any]) -> Request | None:
        if number not in REQUESTS or (self._speaks_1_0 and number in SINCE_1_1):
            self._refuse_operation(request_id, number)
            return None
        try:
            return read_request(number, values)
        except InvalidFields as error:
            status = StatusCode.INVALID_REQUEST
            self._refuse(request_id, Operation(number), status, str(error))
            return None

    # -- connecting ------------------------------------------------------------------------------

    def _connect(self, frame: Frame, values: Mapping[str, Any]) -> None:
        fields = Fields(values)
        connect = read_connect(fields)
        if frame.operation != Operation.CONNECT:
            text = "the first request has to be Connect"
            self._refuse_connect(connect.request_id, StatusCode.UNEXPECTED_OPERATION, text)
        elif fields.problems:
            text = str(InvalidFields(tuple(fields.problems)))
            self._refuse_connect(connect.request_id, StatusCode.INVALID_REQUEST, text)
        elif not self._authenticate(connect.auth_token):
            text = "the client's token is not one of a function of this core"
            self._refuse_connect(connect.request_id, StatusCode.UNAUTHORIZED, text)
        else:
            self._agree(connect)

    def _agree(self, connect: Connect) -> None:
        offered = (connect.protocol_version, *connect.other_supported_protocol_versions)
        if not _VERSION.fullmatch(connect.protocol_version):
            text = f"the protocol version {connect.protocol_version[:40]!r} has not the form 1.1.0"
            self._refuse_connect(connect.request_id, StatusCode.INVALID_PROTOCOL_VERSION, text)
            return
        common = [version for version in PROTOCOL_VERSIONS if version in offered]
        if not common:
            text = f"supported protocol versions are {', '.join(PROTOCOL_VERSIONS)}"
            self._refuse_connect(connect.request_id, StatusCode.UNSUPPORTED_PROTOCOL_VERSION, text)
            return
        preferred = connect.protocol_version in common
        version = connect.protocol_version if preferred else common[0]
        self.session = Session(self._number, version)
        self._speaks_1_0 = version == "1.0.0"
        self._put_connect_response(connect.request_id, StatusCode.SUCCESS, "", version)

    def _refuse_connect(self, request_id: str, status: StatusCode, text: str) -> None:
        self._put_connect_response(request_id, status, text, PROTOCOL_VERSIONS[0])
        self.closing = True

    def _put_connect_response(
        self, request_id: str, status: StatusCode, text: str, version: str
    ) -> None:
        values = {
            "protocolVersion": version,
            "supportedProtocolVersions": list(PROTOCOL_VERSIONS),
            "serverVersion": SERVER_VERSION,
            "clientIdentifier": f"client-{self._number}",
        }
        response = Response(
            request_id=request_id,
            operation=Operation.CONNECT,
            status=status,
            error_message=text,
            values=values,
        )
        # The version byte and the first frame leave together.
        greeting = b"".join(self.take_output())
        self.answer(response)
        self._output[-1] = greeting + self._output[-1]

    # -- answering -------------------------------------------------------------------------------

    def answer(self, response: Response) -> None:
        """Put an answer into the output, in words that the client's protocol version has."""
        values = response.to_map()
        if self._speaks_1_0:
            values["status"] = int(_STATUS_IN_1_0.get(response.status, response.status))
        operation = RESPONSE_TO.get(response.operation, Operation.UNKNOWN_OPERATION_ERROR)
        self._output.append(frames.encode(operation, payloads.encode(values)))

    def _refuse(self, request_id: str, operation: Operation, status: StatusCode, text: str) -> None:
        self.answer(
            Response(request_id=request_id, operation=operation, status=status, error_message=text)
        )

    def _refuse_operation(self, request_id: str, number: int) -> None:
        if number == Operation.CONNECT:
            text = "the connection is open already"
            self._refuse(request_id, Operation.CONNECT, StatusCode.UNEXPECTED_OPERATION, text)
            return
        if self._speaks_1_0:
            # Protocol 1.0.0 has no answer to this.
            self.closing = True
            return
        text = f"operation {number} is unknown"
        self._refuse(request_id, Operation.UNKNOWN, StatusCode.UNKNOWN_OPERATION, text)

    def _refuse_undecodable(self, frame: Frame, error: payloads.Undecodable) -> None:
        known = error.request_id and frame.operation in RESPONSE_TO and self.session is not None
        if known and error.request_id:
            status, operation = StatusCode.INVALID_REQUEST, Operation(frame.operation)
            self._refuse(error.request_id, operation, status, str(error))
        else:
            self.closing = True
