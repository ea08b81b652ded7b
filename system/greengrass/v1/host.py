"""Hosts one function: its queue, its workers, their starts, time-outs and ends.

Everything happens in the event loop's thread, in short steps that never wait. The workers ask for work over the local
HTTP interface (`local_api.py`), which calls `initialized`, `next_work` and `finished`.
"""

import asyncio
import base64
import json
import logging
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

from system.greengrass.logs.journal import Journal
from system.greengrass.logs.level import Level
from system.greengrass.router.router import Publication
from system.greengrass.supervision.backoff import Backoff, BackoffRule
from system.greengrass.supervision.process import Child, Launch, describe_exit
from system.greengrass.v1.function_output import FunctionOutput
from system.greengrass.v1.group import Function
from system.greengrass.v1.scaling import Load, Scaling, due_in_s
from system.greengrass.v1.work import Outcome, WorkBudget, WorkItem, unhandled
from system.greengrass.v1.worker import Worker, WorkerState, WorkerStatus

log = logging.getLogger(__name__)

RESTART = BackoffRule(first_s=0.5, cap_s=30.0, stable_s=30.0)
DISCARDS_LOGGED_EVERY = 1000
RETIRE_GRACE_S = 1.0
HOST = "greengrass"
"""What stands for a file name in the lines that the core writes into a function's log."""


@dataclass(eq=False)
class QueueFull(Exception):
    """No more invocations may wait."""

    function: str
    limit: int

    def __str__(self) -> str:
        return f"The work queue is full ({self.limit} items): the invocation of {self.function} was discarded"


@dataclass(eq=False)
class UnknownWorker(Exception):
    """Somebody asks for work who is no worker of this function."""

    worker: str

    def __str__(self) -> str:
        return f"{self.worker or 'A caller without X-Amz-Worker-Id'} is no worker of this function"


@lru_cache(maxsize=1024)
def topic_context(topic: str) -> str:
    """The client context of a message that came by a subscription."""
    return base64.b64encode(json.dumps({"custom": {"subject": topic}}).encode()).decode()


class FunctionHost:
    """Keeps one function ready and gives it its invocations.

    Args:
        function: what is hosted.
        scaling: how many workers.
        budget: shared with all functions.
        launch: how a worker with this id is started.
        journal: the function's log.
        on_change: is called when a worker started or ended.
    """

    def __init__(
        self,
        function: Function,
        *,
        scaling: Scaling,
        budget: WorkBudget,
        launch: Callable[[str], Launch],
        journal: Journal,
        on_change: Callable[[], None],
    ) -> None:
        self.function = function
        self.restarts = 0
        self.started: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._scaling = scaling
        self._budget = budget
        self._launch = launch
        self._journal = journal
        self._output = FunctionOutput(journal)
        self._on_change = on_change
        self._queue: deque[WorkItem] = deque()
        self._workers: dict[str, Worker] = {}
        self._idle: list[Worker] = []
        self._backoff = Backoff(RESTART)
        self._not_before = 0.0
        self._newest_ready = 0.0
        self._discarded = 0
        self._timer: asyncio.TimerHandle | None = None
        self._sweep: asyncio.TimerHandle | None = None
        self._ends: set[asyncio.Task[int]] = set()
        self._stopping = False

    def start(self) -> None:
        """Start the workers that it always has; `started` is set when they are ready, to what went wrong or ''."""
        if not self._scaling.workers_min:
            self.started.set_result("")
        self._look_for_idle()
        self._scale()

    async def stop(self, grace_s: float) -> None:
        """Stop all workers; what waits is given up."""
        self._stopping = True
        for timer in (self._timer, self._sweep):
            if timer is not None:
                timer.cancel()
        while self._queue:
            self._budget.give_back()
            self._queue.popleft().settle(unhandled("The function was stopped"))
        children = [worker.child for worker in self._workers.values()]
        for worker in self._workers.values():
            worker.dismissed = True
            worker.terminate()
        await asyncio.gather(*(child.stop(grace_s) for child in children), *self._ends)

    def workers(self) -> list[WorkerStatus]:
        """Its workers of this moment, the oldest first."""
        return [worker.status() for worker in self._workers.values() if worker.child.alive]

    def has_room(self) -> bool:
        """Whether one more invocation may wait."""
        return self._budget.has_room()

    def deliver(self, publication: Publication) -> bool:
        """Invoke it with a message."""
        try:
            self.invoke(publication.payload, topic_context(publication.topic))
        except QueueFull:
            return False
        return True

    def invoke(self, payload: bytes, client_context: str, *, answered: bool = False) -> WorkItem:
        """Queue an invocation.

        Args:
            answered: somebody waits for what it comes to.

        Raises:
            QueueFull: too many wait already.
        """
        if not self._budget.has_room():
            raise self._discard()
        outcome = asyncio.get_running_loop().create_future() if answered else None
        item = WorkItem(payload=payload, client_context=client_context, outcome=outcome)
        self._budget.take()
        self._queue.append(item)
        self._pump()
        return item

    def initialized(self, worker_id: str, success: bool, reason: str) -> None:
        """A worker is ready, or could not load its handler."""
        worker = self._worker(worker_id)
        worker.ready()
        if not success:
            self._initialization_failed(reason)
            self._end(worker)
            return
        self._newest_ready = time.monotonic()
        worker.state = WorkerState.WAITING
        if not self.started.done():
            self.started.set_result("")

    async def next_work(self, worker_id: str) -> WorkItem:
        """The next invocation for a worker, when there is one."""
        worker = self._worker(worker_id)
        ask = worker.ask()
        self._idle = [each for each in self._idle if each is not worker] + [worker]
        self._pump()
        self._retire_surplus()
        return await ask

    def finished(self, worker_id: str, invocation: str, outcome: Outcome) -> None:
        """A worker reports what an invocation came to."""
        worker = self._worker(worker_id)
        # A late report, after the time-out was decided, counts for nothing.
        if worker.item is not None and worker.item.id == invocation:
            worker.finish(outcome)

    def _worker(self, worker_id: str) -> Worker:
        if worker_id in self._workers:
            return self._workers[worker_id]
        # A runtime that is not ours knows no worker ids; with a single worker there is no doubt.
        if not worker_id and len(self._workers) == 1:
            return next(iter(self._workers.values()))
        raise UnknownWorker(worker_id)

    def _pump(self) -> None:
        """Give what waits to whoever waits; the one that worked last first, which keeps the order."""
        while self._queue and self._idle:
            worker = self._idle.pop()
            if worker.asks():
                self._budget.give_back()
                item = self._queue.popleft()
                worker.hand(item, self.function.timeout_s, partial(self._timed_out, worker))
        self._scale()

    def _scale(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._stopping:
            return
        now = time.monotonic()
        due_s = due_in_s(self._scaling, self._load(), now)
        if due_s is None:
            return
        due_s = max(due_s, self._not_before - now)
        if due_s > 0:
            self._timer = asyncio.get_running_loop().call_later(due_s, self._scale)
        else:
            self._start_worker()

    def _load(self) -> Load:
        workers = [each for each in self._workers.values() if each.state != WorkerState.TERMINATED]
        starting = sum(each.state == WorkerState.INITIALIZING for each in workers)
        return Load(
            live=len(workers),
            starting=starting,
            oldest_queued=self._queue[0].queued if self._queue else None,
            newest_ready=self._newest_ready,
        )

    def _start_worker(self) -> None:
        identity = str(uuid.uuid4())
        try:
            child = Child(
                self._launch(identity),
                on_line=self._output.line,
                on_exit=lambda code: self._ended(identity, code),
            )
        except OSError as error:
            self._initialization_failed(f"the worker cannot be started: {error}")
            self._not_before = time.monotonic() + self._backoff.failed_after(0)
            self._scale()
            return
        worker = self._workers[identity] = Worker(identity, child)
        if self._scaling.initialization_s is not None:
            worker.limit(self._scaling.initialization_s, partial(self._timed_out, worker))
        self._on_change()

    def _timed_out(self, worker: Worker) -> None:
        what = "invocation" if worker.item else "initialization"
        allowed_s = self.function.timeout_s if worker.item else self._scaling.initialization_s
        message = f"The {what} timed out after {allowed_s:g} seconds"
        self._say(Level.ERROR, f"{message}; the worker {worker.child.pid} is ended")
        worker.finish(unhandled(message))
        worker.terminate()
        worker.child.kill()

    def _initialization_failed(self, reason: str) -> None:
        self._say(Level.ERROR, f"Initialization failed: {reason}")
        if not self.started.done():
            self.started.set_result(f"{self.function.name} could not be initialized: {reason}")
        # The invocation that caused the start is answered; those behind it have their own try.
        if self._queue and not self._scaling.workers_min:
            self._budget.give_back()
            self._queue.popleft().settle(unhandled(f"Initialization failed: {reason}"))

    def _ended(self, worker_id: str, code: int) -> None:
        worker = self._workers.pop(worker_id)
        self._idle = [each for each in self._idle if each is not worker]
        how = f"The worker {worker.child.pid} {describe_exit(code)}"
        if not worker.dismissed:
            self._say(Level.ERROR, how)
            self.restarts += 1
            self._not_before = time.monotonic() + self._backoff.failed_after(
                worker.child.uptime_s()
            )
        worker.ended(unhandled(how))
        self._on_change()
        self._scale()

    def _retire_idle(self) -> None:
        """End the workers that had nothing to do for long; looks again as long as it lives."""
        limit = time.monotonic() - self._scaling.idle_s
        for worker in list(self._idle):
            if worker.waiting_since < limit and len(self._idle) > self._scaling.workers_min:
                self._retire(worker)
        self._look_for_idle()

    def _look_for_idle(self) -> None:
        if self._scaling.workers_max > self._scaling.workers_min and not self._stopping:
            loop = asyncio.get_running_loop()
            self._sweep = loop.call_later(self._scaling.idle_s / 4, self._retire_idle)

    def _retire_surplus(self) -> None:
        while len(self._idle) > max(self._scaling.idle_max, self._scaling.workers_min):
            self._retire(self._idle[0])

    def _retire(self, worker: Worker) -> None:
        """End a worker that did nothing wrong."""
        worker.dismissed = True
        self._end(worker)

    def _end(self, worker: Worker) -> None:
        self._idle = [each for each in self._idle if each is not worker]
        worker.terminate()
        end = asyncio.create_task(worker.child.stop(RETIRE_GRACE_S))
        self._ends.add(end)
        end.add_done_callback(self._ends.discard)

    def _discard(self) -> QueueFull:
        full = QueueFull(self.function.name, self._budget.limit)
        if self._discarded % DISCARDS_LOGGED_EVERY == 0:
            log.warning("%s (%d before it)", full, self._discarded)
        self._discarded += 1
        return full

    def _say(self, level: Level, message: str) -> None:
        self._journal.write(level, HOST, message)
        log.log(level, "%s: %s", self.function.name, message)
