"""How an exploration goes, for a person: a bar where there is a terminal, now and then a line where there is none."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from harness.explore.attempt import Attempt

PLAIN_EVERY_S = 10.0


class Tally:
    """What has been tried out so far.

    Args:
        now_s: seconds of any clock that only goes forward.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._began_s = now_s()
        self._virtual_ms = 0.0
        self.tried = self.failed = self.states = 0

    @property
    def elapsed_s(self) -> float:
        """Since the beginning."""
        return self._now_s() - self._began_s

    def take(self, attempt: Attempt, states: int) -> None:
        """Count one more."""
        self.tried += 1
        self.failed += attempt.failed
        self.states = states
        self._virtual_ms += attempt.virtual_ms

    def line(self) -> str:
        """In a few words."""
        elapsed_s = max(self.elapsed_s, 1e-3)
        return (
            f"{self.tried / elapsed_s:.1f} scenarios/s, {self._virtual_ms / 1000 / elapsed_s:,.0f} virtual s/s, "
            f"{self.states} states, {self.failed or 'none'} failed"
        )


class Screen:
    """Shows a tally, and each failure when it is found.

    Args:
        bar: and what it counts; None where there is no terminal.
    """

    def __init__(self, console: Console, tally: Tally, bar: tuple[Progress, TaskID] | None) -> None:
        self._console = console
        self._tally = tally
        self._bar = bar
        self._told_s = 0.0

    def tried(self, attempt: Attempt, states: int) -> None:
        """See `harness.explore.exploring.Spectator`."""
        self._tally.take(attempt, states)
        if attempt.failed:
            self._say(f"{attempt.lineage}: {attempt.verdict}: {attempt.reason}")
        if self._bar is not None:
            progress, task = self._bar
            progress.update(task, advance=1, told=self._tally.line())
        elif self._tally.elapsed_s - self._told_s >= PLAIN_EVERY_S:
            self._told_s = self._tally.elapsed_s
            self._say(f"{self._told_s:6.0f} s | {self._tally.tried} tried | {self._tally.line()}")

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def screen(console: Console, total: int | None, tally: Tally) -> Iterator[Screen]:
    """Somebody who shows how it goes.

    Args:
        total: how many scenarios there will be; None: nobody knows.
    """
    if not console.is_terminal:
        yield Screen(console, tally, None)
        return
    columns = (
        BarColumn(bar_width=20),
        TextColumn("{task.completed}"),
        TextColumn("{task.fields[told]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("explore", total=total, told="")
        yield Screen(console, tally, (progress, task))
