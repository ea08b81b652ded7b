"""What a person sees while a run goes on: link, backlog, rates, conditions. Plain lines where there is no terminal."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from harness.run.observer import Observer

PLAIN_EVERY_S = 5.0
LIVE_EVERY_S = 0.5
FEW_LINKS = 3
"""More than these are not named one by one on a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """The state of a run at one moment.

    Attributes:
        elapsed_s: since the first reading was due; negative before.
        left_s: until the planned end, then until the drain's deadline; None when that is over.
        links: for each service that is disturbed what is done to it.
        backlogs: messages that wait, for each exporter: by its name, with its stream's where two are called alike.
        appended_hz, delivered_hz: messages per second of the last five seconds.
        conditions: progress of what has to happen, a few words each.
    """

    scenario: str
    phase: str
    elapsed_s: float
    left_s: float | None
    links: Mapping[str, str]
    backlogs: Mapping[str, int]
    appended_hz: float
    delivered_hz: float
    conditions: tuple[str, ...] = ()

    def line(self) -> str:
        """In one line."""
        left = "" if self.left_s is None else f", {self.left_s:.0f} s left"
        waiting = ", ".join(f"{key} {count}" for key, count in self.backlogs.items())
        parts = [
            f"{self.elapsed_s:6.1f} s",
            f"{self.phase}{left}",
            self.told_links(),
            f"waiting: {waiting}" if waiting else "no stream yet",
            f"appended {self.appended_hz:.0f}/s, delivered {self.delivered_hz:.0f}/s",
        ]
        return " | ".join([*parts, *self.conditions])

    def told_links(self) -> str:
        """What is done to links, in a few words."""
        if not self.links:
            return "links up"
        if len(set(self.links.values())) == 1 and len(self.links) > FEW_LINKS:
            return f"{len(self.links)} links {next(iter(self.links.values()))}"
        return ", ".join(f"{service} {what}" for service, what in self.links.items())


def glance(
    observer: Observer,
    *,
    scenario: str,
    elapsed_s: float,
    left_s: float | None,
    conditions: tuple[str, ...],
) -> Glance:
    """The state that an observer sees."""
    links: dict[str, str] = {}
    for fault in observer.faults.values():
        kind = str(fault["fault"]["kind"]).removeprefix("link_")
        links |= dict.fromkeys(fault["services"], kind)
    return Glance(
        scenario=scenario,
        phase=observer.phase,
        elapsed_s=elapsed_s,
        left_s=left_s,
        links=dict(sorted(links.items())),
        backlogs=_backlogs(observer),
        appended_hz=observer.rate_hz("appended"),
        delivered_hz=observer.rate_hz("delivered"),
        conditions=conditions,
    )


def _backlogs(observer: Observer) -> dict[str, int]:
    alike = Counter(identifier for _, identifier in observer.exporters)
    return {
        identifier if alike[identifier] == 1 else f"{stream}/{identifier}": observer.backlog(each)
        for (stream, identifier), each in sorted(observer.exporters.items())
    }


class View(Protocol):
    """Shows how a run goes, as a context manager."""

    def __enter__(self) -> "View":
        """Begin to show."""

    def __exit__(self, *_: object) -> None:
        """Show no more."""

    def say(self, text: str) -> None:
        """Something happened."""

    def follow(self, ask: Callable[[], Glance] | None) -> None:
        """Show from now on what `ask` tells; nothing more when it is None."""


class _Repeating:
    """Shows a glance again and again, in a thread."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._ended = threading.Event()
        self._ask: Callable[[], Glance] | None = None
        self._thread = threading.Thread(target=self._run, name="view", daemon=True)

    def follow(self, ask: Callable[[], Glance] | None) -> None:
        """Show from now on what `ask` tells; nothing more when it is None."""
        self._ask = ask

    def _run(self) -> None:
        try:
            while not self._ended.wait(self._every_s):
                if (ask := self._ask) is not None:
                    self._show(ask())
        except Exception as error:
            # A run that nobody sees is still a run.
            self.say(f"nothing more can be shown: {error!r}")

    def say(self, text: str) -> None:
        """Something happened."""
        raise NotImplementedError

    def _show(self, state: Glance) -> None:
        raise NotImplementedError

    def _end(self) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()


class PlainView(_Repeating):
    """A line now and then.

    Args:
        write: takes a line.
    """

    def __init__(self, write: Callable[[str], None], every_s: float = PLAIN_EVERY_S) -> None:
        super().__init__(every_s)
        self._write = write

    def __enter__(self) -> "PlainView":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def say(self, text: str) -> None:
        """Something happened."""
        self._write(text)

    def _show(self, state: Glance) -> None:
        self._write(state.line())


class TerminalView(_Repeating):
    """A table that stays in its place."""

    def __init__(self, console: Console, every_s: float = LIVE_EVERY_S) -> None:
        super().__init__(every_s)
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> "TerminalView":
        self._live.start()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._end()
        self._live.stop()

    def say(self, text: str) -> None:
        """Something happened; it stays above the table."""
        self._console.print(Text(text))

    def _show(self, state: Glance) -> None:
        self._live.update(_table(state), refresh=True)


def _table(state: Glance) -> Group:
    left = "" if state.left_s is None else f", {max(0, state.left_s):.0f} s to go"
    title = Text(f"{state.scenario}: {state.phase}, {state.elapsed_s:.0f} s{left}", style="bold")
    links = Text(state.told_links(), style="red" if state.links else "green")
    rates = Text(f"appended {state.appended_hz:.0f}/s, delivered {state.delivered_hz:.0f}/s")
    table = Table(box=None, pad_edge=False)
    table.add_column("exporter")
    table.add_column("waiting", justify="right")
    for key, count in state.backlogs.items():
        table.add_row(key, f"{count:,}")
    backlogs = table if state.backlogs else Text("no stream yet")
    return Group(Text(), title, links, rates, backlogs, *(Text(each) for each in state.conditions))


def view_for(console: Console) -> PlainView | TerminalView:
    """The view that suits where the output goes."""
    if console.is_terminal:
        return TerminalView(console)
    return PlainView(lambda line: console.print(Text(line), soft_wrap=True))
