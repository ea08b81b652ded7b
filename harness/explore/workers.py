"""Who tries scenarios out: this process, processes of this machine, or a cluster that Dask drives."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from importlib import import_module
from multiprocessing import active_children, get_context
from typing import Any, ParamSpec, TypeVar

from harness.environments.errors import EnvironmentUnavailable
from harness.interruption import interruptible
from harness.tools.launch import die_with

P = ParamSpec("P")
T = TypeVar("T")

LOCAL = "local"
"""In the place of an address: a cluster of this machine, for as long as it is needed."""

CONNECT_S = 10


class Inline(Executor):
    """Does everything at once, in this process."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Do it; the future is over when it comes back."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def workers(jobs: int, dask: str | None = None) -> Iterator[tuple[Executor, int]]:
    """Somebody who works, and how many scenarios they can have at once; nobody is left when the block ends.

    Args:
        jobs: how many processes of this machine.
        dask: address of a scheduler whose workers are taken instead; LOCAL begins one on this machine.

    Raises:
        EnvironmentUnavailable: the cluster cannot be reached, or Dask is not installed.
    """
    with interruptible(), ExitStack() as stack:
        if dask is not None:
            client = stack.enter_context(_cluster(dask, jobs))
            yield client.get_executor(pure=False), max(1, sum(client.ncores().values()))
        elif jobs == 1:
            yield Inline(), 1
        else:
            yield stack.enter_context(_processes(jobs)), jobs


@contextmanager
def _processes(jobs: int) -> Iterator[Executor]:
    others = set(active_children())
    # Processes that begin with nothing: whatever threads there are here are not copied half-way.
    pool = ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_begin, initargs=(os.getpid(),)
    )
    try:
        yield pool
    except BaseException:
        # Nobody takes what they are at, and a scenario of a day takes minutes.
        for worker in set(active_children()) - others:
            worker.kill()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(parent: int) -> None:
    """What a worker does first."""
    # Ctrl-C goes to all processes of a terminal; it is the first one that decides what becomes of the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with(parent)


@contextmanager
def _cluster(address: str, jobs: int) -> Iterator[Any]:
    try:
        dask: Any = import_module("distributed")
    except ImportError as error:
        raise EnvironmentUnavailable(
            "Dask is not installed", "Install stream-chaos with its extra `cluster`"
        ) from error
    with ExitStack() as stack:
        try:
            scheduler: Any = address
            if address == LOCAL:
                own = dask.LocalCluster(
                    n_workers=jobs, threads_per_worker=1, dashboard_address=None
                )
                scheduler = stack.enter_context(own)
            client = stack.enter_context(dask.Client(scheduler, timeout=CONNECT_S))
        except (OSError, TimeoutError) as error:
            raise EnvironmentUnavailable(
                f"The scheduler {address} cannot be reached: {error}",
                "Start one with `dask scheduler`, and workers that have stream-chaos installed",
            ) from error
        yield client
