"""`python -m greengrass_ipc_python_sdk.worker`: runs one function, one invocation after the other.

Environment: `GG_HANDLER` is the handler as Lambda writes it (`module.function`); the rest is in the core's reference.
"""

import importlib
import json
import logging
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

from . import function_log
from .context import Context
from .ipc_client import IPCClient, IPCException, WorkItem

INIT_FAILED_STATUS = 70
CORE_GONE_STATUS = 71

Handler = Callable[[Any, Context], Any]

log = logging.getLogger("greengrass_worker")


def load_handler(handler: str) -> Handler:
    """Import a function's module and find its handler."""
    module_name, _, name = handler.rpartition(".")
    if not module_name:
        raise ValueError(f"The handler {handler!r} has to have the form module.function")
    found = importlib.import_module(module_name.replace("/", "."))
    for part in name.split("."):
        found = getattr(found, part)
    if not callable(found):
        raise TypeError(f"The handler {handler!r} is not a function")
    return found


def decode(payload: bytes, encoding: str) -> Any:
    """An invocation's payload as its handler gets it."""
    if encoding == "binary":
        return payload
    return json.loads(payload) if payload else {}


def encode(result: Any, encoding: str) -> bytes:
    """A handler's result as the caller gets it."""
    if encoding != "binary":
        return json.dumps(result).encode()
    if result is None:
        return b""
    return result.encode() if isinstance(result, str) else bytes(result)


def describe(error: BaseException) -> bytes:
    """An error as Lambda reports it to the caller."""
    fields = {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": traceback.format_tb(error.__traceback__),
    }
    return json.dumps(fields).encode()


class Worker:
    """Takes work from the core and gives it to the handler.

    Args:
        client: the way to the core.
        function_arn: which function this is.
        encoding: `json` or `binary`.
    """

    def __init__(self, client: IPCClient, function_arn: str, encoding: str) -> None:
        self._client = client
        self._function_arn = function_arn
        self._encoding = encoding

    def initialize(self, handler: str) -> "Handler | None":
        """Load the handler and tell the core; none when that failed."""
        try:
            loaded = load_handler(handler)
        except BaseException as error:
            log.exception("Failed to initialize: %s could not be imported", handler)
            reason = f"{type(error).__name__}: {error}"
            self._client.put_initialization_result(self._function_arn, False, reason)
            return None
        self._client.put_initialization_result(self._function_arn, True, "")
        return loaded

    def run(self, handler: Handler) -> None:
        """Work until the core is gone."""
        while True:
            self.carry_out(handler, self._client.get_work(self._function_arn))

    def carry_out(self, handler: Handler, item: WorkItem) -> None:
        """Carry out one invocation and report what came of it."""
        context = Context(self._function_arn, item.invocation_id, item.client_context)
        try:
            result = encode(handler(decode(item.payload, self._encoding), context), self._encoding)
        except (Exception, SystemExit) as error:
            log.exception("The handler failed")
            self._client.post_handler_err(self._function_arn, item.invocation_id, describe(error))
        else:
            self._client.post_work_result(self._function_arn, item, result)


def main() -> int:
    """Run the function that the environment names."""
    function_log.set_up()
    arn = os.environ["MY_FUNCTION_ARN"]
    worker = Worker(IPCClient(), arn, os.environ.get("ENCODING_TYPE", "json"))
    try:
        handler = worker.initialize(os.environ["GG_HANDLER"])
        if handler is None:
            return INIT_FAILED_STATUS
        worker.run(handler)
    except IPCException as error:
        log.error("The function ends, because the core does not answer: %s", error)
        return CORE_GONE_STATUS
    return 0


def leave(status: int) -> None:
    """End now: threads of the function that are not daemons would keep a failed worker alive."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    leave(main())
