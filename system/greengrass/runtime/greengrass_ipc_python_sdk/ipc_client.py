"""Client of the core's local HTTP interface.

One connection per thread, kept open: a function publishes many times a second, and a new connection for each message
would cost more than the message.
"""

import http.client
import json
import os
import threading
from typing import Any, Protocol

API = "/2016-11-01/functions"
CONNECT_TIMEOUT_S = 10
AUTHORIZATION = "Authorization"
CLIENT_CONTEXT = "X-Amz-Client-Context"
FUNCTION_ERROR = "X-Amz-Function-Error"
INVOCATION_ID = "X-Amz-InvocationId"
INVOCATION_TYPE = "X-Amz-Invocation-Type"
WORKER_ID = "X-Amz-Worker-Id"


class IPCException(Exception):
    """The core refused, or could not be reached."""


class Readable(Protocol):
    """A file-like payload."""

    def read(self) -> Any:
        """Its content."""


class WorkItem:
    """An invocation to carry out."""

    def __init__(self, invocation_id: str, payload: bytes, client_context: str) -> None:
        self.invocation_id = invocation_id
        self.payload = payload
        self.client_context = client_context


class WorkResultOutput:
    """What an invocation came to; `func_err` is empty when it succeeded."""

    def __init__(self, payload: bytes, func_err: str) -> None:
        self.payload = payload
        self.func_err = func_err


def payload_bytes(payload: "str | bytes | bytearray | Readable | None") -> bytes:
    """A payload as the SDK's users give it: bytes, text, or a file."""
    if payload is None:
        return b""
    if isinstance(payload, str):
        return payload.encode()
    if isinstance(payload, bytes | bytearray | memoryview):
        return bytes(payload)
    if hasattr(payload, "read"):
        return payload_bytes(payload.read())
    raise TypeError(f"A payload has to be bytes, str or a file, not {type(payload).__name__}")


class IPCClient:
    """Speaks to the core.

    Args:
        endpoint: host of the core.
        port: used only when the environment has no GG_DAEMON_PORT: older SDKs always ask for 8000.
    """

    def __init__(self, endpoint: str = "localhost", port: "int | None" = None) -> None:
        # The core listens on the IPv4 loopback; "localhost" may mean the other one first.
        self._host = "127.0.0.1" if endpoint == "localhost" else endpoint
        self._port = int(os.environ.get("GG_DAEMON_PORT", port or 8000))
        self._token = os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
        self._worker = os.environ.get("GG_WORKER_ID", "")
        self._local = threading.local()

    def set_gg_daemon_port(self, port: int) -> None:
        """Use another port from the next call on."""
        self._port = int(port)
        self._forget()

    def post_work(
        self,
        function_arn: str,
        payload: "str | bytes | Readable",
        client_context: "str | bytes",
        invocation_type: str = "RequestResponse",
    ) -> str:
        """Invoke a function.

        Returns:
            The invocation's id.
        """
        context = client_context.decode() if isinstance(client_context, bytes) else client_context
        headers = {CLIENT_CONTEXT: context, INVOCATION_TYPE: invocation_type}
        answered, _ = self._call("POST", f"{API}/{function_arn}", payload_bytes(payload), headers)
        return answered.get(INVOCATION_ID, "")

    def get_work_result(self, function_arn: str, invocation_id: str) -> WorkResultOutput:
        """Wait for what an invocation comes to."""
        answered, body = self._call(
            "GET", f"{API}/{function_arn}", b"", {INVOCATION_ID: invocation_id}
        )
        return WorkResultOutput(body, answered.get(FUNCTION_ERROR, ""))

    def get_work(self, function_arn: str) -> WorkItem:
        """Wait for the next invocation to carry out."""
        answered, body = self._call("GET", f"{API}/{function_arn}/work", b"", {})
        return WorkItem(answered[INVOCATION_ID], body, answered.get(CLIENT_CONTEXT, ""))

    def post_work_result(self, function_arn: str, work_item: WorkItem, result: bytes) -> None:
        """Report an invocation's result."""
        headers = {INVOCATION_ID: work_item.invocation_id}
        self._call("POST", f"{API}/{function_arn}/work", result, headers)

    def post_handler_err(self, function_arn: str, invocation_id: str, error: bytes) -> None:
        """Report that the handler raised."""
        headers = {INVOCATION_ID: invocation_id, FUNCTION_ERROR: "Handled"}
        self._call("POST", f"{API}/{function_arn}/work", error, headers)

    def put_initialization_result(self, function_arn: str, success: bool, response: str) -> None:
        """Report that the function is ready for work, or why it is not."""
        body = json.dumps({"Success": success, "Response": response}).encode()
        self._call("PUT", f"{API}/{function_arn}/initialized", body, {})

    def _call(
        self, verb: str, path: str, body: bytes, headers: "dict[str, str]"
    ) -> "tuple[http.client.HTTPMessage, bytes]":
        everything = {AUTHORIZATION: self._token, WORKER_ID: self._worker, **headers}
        try:
            response = self._exchange(verb, path, body, everything)
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._forget()
            raise IPCException(f"The core cannot be reached: {error!r}") from error
        if response.status >= 300:
            raise IPCException(f"{response.status}: {reason_in(content)}")
        return response.headers, content

    def _exchange(
        self, verb: str, path: str, body: bytes, headers: "dict[str, str]"
    ) -> http.client.HTTPResponse:
        connection = self._connection()
        connection.request(verb, path, body=body, headers=headers)
        return connection.getresponse()

    def _connection(self) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection(
                self._host, self._port, timeout=CONNECT_TIMEOUT_S
            )
            connection.connect()
            # From here on waiting is right: the core answers when there is work, or a result.
            connection.sock.settimeout(None)
            self._local.connection = connection
        return connection

    def _forget(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None


def reason_in(content: bytes) -> str:
    """What the core says about a refusal."""
    try:
        return str(json.loads(content)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return content.decode(errors="replace")
