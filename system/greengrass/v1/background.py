"""Blocking calls beside the event loop.

`asyncio.to_thread` would make the end of the program wait for its threads, and a call over a silent link lasts many
seconds. These threads are daemons: what they still do when the core ends is nobody's business any more.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


async def in_thread(work: Callable[[], Result], *, name: str) -> Result:
    """Run `work` in a thread of its own and wait for its result."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def settle(how: Callable[[], None]) -> None:
        if not done.done():
            how()

    def report(how: Callable[[], None]) -> None:
        # The loop is closed when the core ended in the meantime.
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, how)

    def run() -> None:
        try:
            result = work()
        except BaseException as error:
            failure = error
            report(lambda: done.set_exception(failure))
        else:
            report(lambda: done.set_result(result))

    threading.Thread(target=run, name=name, daemon=True).start()
    return await done
