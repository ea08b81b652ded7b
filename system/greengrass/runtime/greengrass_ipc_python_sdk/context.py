"""The context object of a handler."""

import base64
import binascii
import json
from typing import Any

FUNCTION_FIELD = 6


class ClientContext:
    """What the caller sent along; `custom["subject"]` is the topic of a message."""

    def __init__(self, fields: "dict[str, Any]") -> None:
        self.client = fields.get("client")
        self.custom: dict[str, Any] = fields.get("custom") or {}
        self.env: dict[str, Any] = fields.get("env") or {}


class Context:
    """An invocation as its handler sees it."""

    def __init__(self, function_arn: str, invocation_id: str, client_context: str) -> None:
        fields = function_arn.split(":")
        self.invoked_function_arn = function_arn
        self.function_name = fields[FUNCTION_FIELD]
        self.function_version = ":".join(fields[FUNCTION_FIELD + 1 :]) or "$LATEST"
        self.aws_request_id = invocation_id
        self.client_context = decode_client_context(client_context)
        self.identity = None
        self.memory_limit_in_mb = ""
        self.log_group_name = ""
        self.log_stream_name = ""


def decode_client_context(encoded: str) -> "ClientContext | None":
    """The caller's context; none where none was sent, or nothing that can be read."""
    try:
        fields = json.loads(base64.b64decode(encoded))
    except (binascii.Error, ValueError):
        return None
    return ClientContext(fields) if isinstance(fields, dict) else None
