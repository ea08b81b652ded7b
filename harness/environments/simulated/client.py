"""The stock SDK's client in virtual time: its data classes and errors, real frames, and calls that wait in the world.

It behaves as `stream_manager.StreamManagerClient` 1.1.2 does towards a function: one connection; a connection that
breaks leaves the calls under way to their time-out; the next call connects again.
"""

from collections.abc import Callable
from typing import Any

import cbor2
from stream_manager import data as sdk
from stream_manager.utilinternal import UtilInternal

from harness.environments.simulated.manager import SimulatedManager, Wire
from harness.environments.simulated.world import Mailbox, World
from harness.taps.conversation import Conversation
from system.wire.frames import FrameReader, encode
from system.wire.operations import CONNECT_VERSION, Operation

SDK_VERSION = "1.1.2"
REQUEST_TIMEOUT_S = 60
FRAME_BYTES_MAX = 1 << 30

_ANSWERS = {
    Operation.APPEND_MESSAGE: sdk.AppendMessageResponse,
    Operation.CREATE_MESSAGE_STREAM: sdk.CreateMessageStreamResponse,
    Operation.DELETE_MESSAGE_STREAM: sdk.DeleteMessageStreamResponse,
    Operation.DESCRIBE_MESSAGE_STREAM: sdk.DescribeMessageStreamResponse,
    Operation.LIST_STREAMS: sdk.ListStreamsResponse,
    Operation.READ_MESSAGES: sdk.ReadMessagesResponse,
    Operation.UPDATE_MESSAGE_STREAM: sdk.UpdateMessageStreamResponse,
}


class Line:
    """One connection through the edge tap.

    Args:
        broken: told when the server is gone.
    """

    def __init__(
        self, manager: SimulatedManager, watcher: Conversation, broken: Callable[[], None]
    ) -> None:
        self._watcher = watcher
        self._broken = broken
        self._reader = FrameReader(FRAME_BYTES_MAX)
        self._greeted = False
        self._over = False
        self._up = self._down = 0
        self.frames: Callable[[bytes], None] = lambda payload: None
        if not manager.listening:
            watcher.refused("Connection refused")
            raise ConnectionResetError("the stream manager does not listen")
        watcher.connected()
        self._wire: Wire = manager.connect(self)

    def send(self, data: bytes) -> None:
        """Send bytes to the server, past the tap."""
        self._up += len(data)
        self._wire.send(self._watcher.client_sent(data))

    def server_sent(self, data: bytes) -> None:
        """Bytes from the server, past the tap."""
        self._down += len(data)
        self._reader.feed(self._watcher.server_sent(data))
        if not self._greeted:
            self._greeted = self._reader.take(1) is not None
        while self._greeted and (frame := self._reader.next()) is not None:
            self.frames(frame.payload)

    def server_closed(self) -> None:
        """The server is gone."""
        if self._end("server"):
            self._broken()

    def close(self) -> None:
        """End it from the client's side."""
        if self._end("client"):
            self._wire.close()

    def _end(self, by: str) -> bool:
        if self._over:
            return False
        self._over = True
        self._watcher.closed(by, self._up, self._down)
        return True


class SimulatedClient:
    """See the module.

    Args:
        opened: told of each connection, so that it can be closed when the function is killed.
        request_timeout: seconds of a call.
    """

    def __init__(
        self,
        world: World,
        manager: SimulatedManager,
        watch: Callable[[], Conversation],
        *,
        opened: Callable[[Line], None] = lambda line: None,
        request_timeout: float = REQUEST_TIMEOUT_S,
    ) -> None:
        self._opened = opened
        self._world = world
        self._manager = manager
        self._watch = watch
        self._timeout_ms = request_timeout * 1000
        self._line: Line | None = None
        self._waiting: dict[str, Mailbox] = {}
        self._mailbox = Mailbox(world)
        self._count = 0
        self._connect()

    def close(self) -> None:
        """End the connection."""
        if self._line is not None:
            self._line.close()
            self._line = None

    # -- the calls of the SDK ------------------------------------------------------------------

    def append_message(self, stream_name: str, data: bytes) -> int:
        """Append; returns the sequence number."""
        values = {"name": stream_name, "payload": data}
        answer = self._asked(Operation.APPEND_MESSAGE, values)
        if answer.get("status") == 0:
            # By far the most frequent answer: the SDK's class for it would cost as much as the append.
            number: int = answer["sequenceNumber"]
            return number
        refused: int = self._understood(Operation.APPEND_MESSAGE, answer).sequence_number
        return refused

    def create_message_stream(self, definition: Any) -> None:
        """Create a stream."""
        self._call(Operation.CREATE_MESSAGE_STREAM, {"definition": definition.as_dict()})

    def update_message_stream(self, definition: Any) -> None:
        """Update a stream."""
        self._call(Operation.UPDATE_MESSAGE_STREAM, {"definition": definition.as_dict()})

    def delete_message_stream(self, stream_name: str) -> None:
        """Delete a stream."""
        self._call(Operation.DELETE_MESSAGE_STREAM, {"name": stream_name})

    def describe_message_stream(self, stream_name: str) -> Any:
        """What a stream is."""
        answer = self._call(Operation.DESCRIBE_MESSAGE_STREAM, {"name": stream_name})
        return answer.message_stream_info

    def list_streams(self) -> list[str]:
        """The names of all streams."""
        names: list[str] = self._call(Operation.LIST_STREAMS, {}).streams
        return names

    def read_messages(self, stream_name: str, options: Any = None) -> list[Any]:
        """Read messages."""
        values: dict[str, Any] = {"streamName": stream_name}
        if options is not None:
            values["readMessagesOptions"] = options.as_dict()
        messages: list[Any] = self._call(Operation.READ_MESSAGES, values).messages
        return messages

    # -- requests and answers ------------------------------------------------------------------

    def _connect(self) -> None:
        self._line = Line(self._manager, self._watch(), self._broke)
        self._line.frames = self._answered
        self._opened(self._line)
        values = {
            "protocolVersion": "1.1.0",
            "otherSupportedProtocolVersions": ["1.0.0"],
            "sdkVersion": SDK_VERSION,
        }
        self._ask(Operation.CONNECT, values, greeting=bytes([CONNECT_VERSION]))

    def _broke(self) -> None:
        self._line = None

    def _answered(self, payload: bytes) -> None:
        values = cbor2.loads(payload)
        mailbox = self._waiting.pop(values.get("requestId"), None)
        if mailbox is not None:
            mailbox.put(values)

    def _call(self, operation: Operation, values: dict[str, Any]) -> Any:
        return self._understood(operation, self._asked(operation, values))

    def _asked(self, operation: Operation, values: dict[str, Any]) -> Any:
        if self._line is None:
            self._connect()
        return self._ask(operation, values)

    @staticmethod
    def _understood(operation: Operation, values: dict[str, Any]) -> Any:
        answer = _ANSWERS[operation].from_dict(values)
        UtilInternal.raise_on_error_response(answer)
        return answer

    def _ask(self, operation: Operation, values: dict[str, Any], greeting: bytes = b"") -> Any:
        assert self._line is not None
        self._count += 1
        request_id = str(self._count)
        # One after the other they share one.
        mailbox = Mailbox(self._world) if self._waiting else self._mailbox
        mailbox.empty()
        self._waiting[request_id] = mailbox
        payload = cbor2.dumps({**values, "requestId": request_id})
        self._line.send(greeting + encode(operation, payload))
        try:
            return mailbox.take(self._timeout_ms)
        finally:
            self._waiting.pop(request_id, None)
