"""What a client and the stream manager say to each other, as lines of the edge tap.

A request is written down before it is passed on and an answer before it is returned. Answers name their request by its
id, in any order; one official client uses the same id for all its requests, so equal ids are answered in the order of
the requests, as far as their operations allow.
"""

from collections.abc import Mapping
from typing import Any

import cbor2

from harness.taps.frames import Cutter, Frame
from harness.taps.payload import describe
from harness.taps.record import Testimony

REQUESTS = {
    1: "connect",
    2: "create",
    3: "delete",
    4: "append",
    5: "read",
    11: "list",
    13: "describe",
    15: "update",
}
ANSWERS = {
    6: "connect",
    7: "create",
    8: "delete",
    9: "append",
    10: "read",
    12: "list",
    14: "describe",
    16: "update",
}
UNKNOWN_REQUEST = "other"
"""The kind of a request whose operation is none of these."""

Values = Mapping[str, Any]


def request_fields(kind: str, values: Values) -> dict[str, Any]:
    """What the line of a request tells besides its kind and id."""
    match kind:
        case "create" | "update":
            definition = values.get("definition")
            name = definition.get("name") if isinstance(definition, dict) else None
            return {"stream": name, "definition": definition}
        case "append":
            payload = values.get("payload")
            known = describe(payload) if isinstance(payload, bytes) else {}
            return {"stream": values.get("name"), **known}
        case "read":
            options = values.get("readMessagesOptions") or {}
            return {"stream": values.get("streamName"), "options": options}
        case "delete" | "describe":
            return {"stream": values.get("name")}
        case "connect":
            return {"protocol": values.get("protocolVersion"), "sdk": values.get("sdkVersion")}
    return {}


def answer_fields(kind: str, values: Values) -> dict[str, Any]:
    """What the line of a successful answer tells besides its kind and id."""
    match kind:
        case "append":
            return {"sequence_number": values.get("sequenceNumber")}
        case "read":
            numbers = [message["sequenceNumber"] for message in values.get("messages") or ()]
            ends = {"first": numbers[0], "last": numbers[-1]} if numbers else {}
            return {"messages": len(numbers), **ends}
        case "connect":
            return {
                "protocol": values.get("protocolVersion"),
                "server": values.get("serverVersion"),
            }
        case "list":
            return {"streams": values.get("streams")}
    return {}


class Pending:
    """Requests of one connection that are not answered, the oldest first."""

    def __init__(self) -> None:
        self._requests: dict[str, list[tuple[str, str]]] = {}

    def add(self, request_id: str, kind: str, line_id: str) -> None:
        """A request was seen."""
        self._requests.setdefault(request_id, []).append((kind, line_id))

    def answer(self, request_id: str, kind: str | None) -> tuple[str, str] | None:
        """Kind and line of the request that is answered; `kind` None answers one of any kind."""
        waiting = self._requests.get(request_id, [])
        for index, request in enumerate(waiting):
            if kind is None or request[0] == kind:
                del waiting[index]
                if not waiting:
                    del self._requests[request_id]
                return request
        return None

    def drain(self) -> list[tuple[str, str]]:
        """All of them, which nobody will answer any more."""
        left = [request for waiting in self._requests.values() for request in waiting]
        self._requests.clear()
        return left


class Conversation:
    """Watches one connection between a client and the stream manager.

    Args:
        record: where the lines go.
        number: of the connection.
    """

    def __init__(self, record: Testimony, number: int) -> None:
        self._record = record
        self._number = number
        self._requests = Cutter()
        self._answers = Cutter()
        self._pending = Pending()
        self._count = 0

    # -- what the relay tells ------------------------------------------------------------------

    def connected(self) -> None:
        """The server accepted."""
        self._record.write("connection", "ok", id=self._connection_id)

    def refused(self, reason: str) -> None:
        """There is no server."""
        self._record.write("connection", "failed", id=self._connection_id, reason=reason)

    def client_sent(self, data: bytes) -> bytes:
        """Write down the requests that `data` completes.

        Returns:
            What is to be passed on now.
        """
        pieces = list(self._requests.feed(data))
        for piece in pieces:
            if piece.problem:
                self._note(f"request: {piece.problem}")
            if piece.frame is not None:
                self._understand("request", piece.frame, self._request)
        return b"".join(piece.data for piece in pieces)

    def server_sent(self, data: bytes) -> bytes:
        """Write down the answers that `data` completes.

        Returns:
            What is to be returned now.
        """
        pieces = list(self._answers.feed(data))
        for piece in pieces:
            if piece.problem:
                self._note(f"answer: {piece.problem}")
            if piece.frame is not None:
                self._understand("answer", piece.frame, self._answer)
        return b"".join(piece.data for piece in pieces)

    def client_ended(self) -> bytes:
        """The client sends no more; what was held of its last frame is passed on."""
        return self._requests.rest()

    def server_ended(self) -> bytes:
        """The server sends no more; what was held of its last frame is passed on."""
        return self._answers.rest()

    def client_waits_for_acknowledgement(self) -> bool:
        """Whether the client may hold back the rest of a frame until its first part is acknowledged."""
        return self._requests.inside_a_frame()

    def closed(self, by: str, up: int, down: int) -> None:
        """The connection ended: what is not answered never will be."""
        for kind, line_id in self._pending.drain():
            self._record.write(kind, "unknown", id=line_id, reason=f"connection closed by {by}")
        self._record.write(
            "connection", "note", id=self._connection_id, closed_by=by, up=up, down=down
        )

    # -- what it means -------------------------------------------------------------------------

    @property
    def _connection_id(self) -> str:
        return str(self._number)

    def _note(self, reason: str) -> None:
        self._record.write("frame", "note", id=self._connection_id, reason=reason)

    def _understand(self, what: str, frame: Frame, take: Any) -> None:
        try:
            values = cbor2.loads(frame.payload)
            if not isinstance(values, dict):
                raise TypeError(f"{type(values).__name__} is no map")
            take(frame.operation, values)
        except Exception as error:  # whatever a peer sends, the traffic goes on
            self._note(f"{what} of operation {frame.operation} cannot be decoded: {error!r}"[:300])

    def _request(self, operation: int, values: Values) -> None:
        kind = REQUESTS.get(operation, UNKNOWN_REQUEST)
        self._count += 1
        line_id = f"{self._number}-{self._count}"
        fields = request_fields(kind, values)
        if kind == UNKNOWN_REQUEST:
            fields["operation"] = operation
        self._record.write(kind, "invoked", id=line_id, **fields)
        self._pending.add(str(values.get("requestId")), kind, line_id)

    def _answer(self, operation: int, values: Values) -> None:
        request_id = str(values.get("requestId"))
        request = self._pending.answer(request_id, ANSWERS.get(operation))
        if request is None:
            self._note(f"nobody waits for an answer of operation {operation} to {request_id!r}")
            return
        kind, line_id = request
        status = values.get("status")
        if status == 0:
            self._record.write(kind, "ok", id=line_id, **answer_fields(kind, values))
        elif isinstance(status, int):
            error = values.get("errorMessage") or ""
            self._record.write(kind, "failed", id=line_id, status=status, error=error)
        else:
            self._record.write(kind, "unknown", id=line_id, reason="the answer has no status")
