"""Work on many things at once, each after those that it needs."""

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter

Needs = Mapping[str, set[str]]
"""For each key the keys that come before it."""


def in_order(
    needs: Needs, work: Callable[[str], None], *, workers: int, stop_at_failure: bool
) -> dict[str, BaseException]:
    """Do the work for each key, after it was done for all that the key needs.

    Args:
        work: runs in several threads.
        workers: how many of them.
        stop_at_failure: whether nothing new is begun once something failed; what runs is waited for.

    Returns:
        What failed, in the order in which it did.
    """
    sorter = TopologicalSorter(needs)
    sorter.prepare()
    failed: dict[str, BaseException] = {}
    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="stack") as pool:
        try:
            while sorter.is_active():
                if not (failed and stop_at_failure):
                    running |= {pool.submit(work, key): key for key in sorter.get_ready()}
                if not running:
                    break
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    key = running.pop(done)
                    if (error := done.exception()) is not None:
                        failed[key] = error
                    sorter.done(key)
        except BaseException:
            # Interrupted: what waits for a thread is not begun any more.
            pool.shutdown(cancel_futures=True)
            raise
    return failed


def reversed_needs(needs: Needs) -> Needs:
    """For each key the keys that need it: the order in which things are taken away."""
    return {key: {other for other in needs if key in needs[other]} for key in needs}
