"""What the one leading process of a load does: it divides the readings, ends the load, and says whether it went well.

It is the locust that runs alone, or the master of several.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import gevent

from harness.commands.outcome import ExitStatus
from harness.load.gate import Gate
from harness.load.options import LoadOptions
from harness.load.rows import COLUMNS, INTENDED
from harness.load.schedule import LoadUser
from harness.load.tally import Result, Tally
from harness.load.worker import SHARES, SIZES, STOP, TALLIES

CONNECTED_S = 120.0
"""The longest that users may take until all of them are connected."""
LEAD_S = 0.5
"""From dividing the readings to the first of them: for the message to arrive before it is due."""
SLACK_S = 15.0
"""What a busy machine may need, after which what is missing is not waited for."""
SUMS_S = 10.0
"""The longest that the last figures of the workers are waited for."""
WRITTEN_S = 1.5
"""Locust writes its files once a second, and not when it ends."""
LOCAL = "local"
"""What locust calls the only process of a load."""
LOOK_S = 0.1


class Leader:
    """See the module.

    Args:
        runner: of locust.
        options: as they are once users have been spawned.
        own: what the worker in this process has to report, where there is one.
        say: shows a line.
    """

    def __init__(
        self,
        runner: Any,
        options: LoadOptions,
        own: Callable[[], dict[str, Any]] | None,
        say: Callable[[str], None] = print,
    ) -> None:
        self._runner = runner
        self._options = options
        self._own = own
        self._say = say
        self._ready: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._tallies: dict[str, dict[str, Tally]] = {}
        self._sizes: dict[str, dict[str, int]] = {}
        self._working: set[str] = set()
        self._done: set[str] = set()
        self._users: list[str] = []
        self._t0_s: float | None = None
        self._until_s: float | None = None
        self._refused: tuple[str, int] | None = None
        self._leading = False

    # -- what the workers say ------------------------------------------------------------------

    def user_ready(self, node: str, data: dict[str, Any]) -> None:
        """A user of a worker is connected."""
        self._ready[node][data["user"]] += 1

    def refused(self, data: dict[str, Any]) -> None:
        """A user cannot begin."""
        self._refused = self._refused or (data["text"], data["status"])

    def tallied(self, node: str, data: dict[str, Any]) -> None:
        """A worker says what became of its readings until now."""
        told = data.get(TALLIES) or {}
        self._tallies[node] = {user: Tally.from_json(each) for user, each in told.items()}
        self._sizes[node] = data.get(SIZES) or {}

    def done(self, node: str, data: dict[str, Any]) -> None:
        """A worker knows of all its readings what became of them."""
        self.tallied(node, data)
        self._done.add(node)

    # -- from the first user to the last reading -----------------------------------------------

    def lead(self) -> None:
        """From the moment at which all users are spawned to the end of the load."""
        if self._leading:
            # Somebody spawned one more.
            return
        self._leading = True
        if self._wait(self._all_connected, CONNECTED_S):
            self._begin(self._first_due_s())
            self._wait(self._all_done, self._options.latest_end_s + LEAD_S + SLACK_S)
            self._wait(self._rows_add_up, SUMS_S)
            gevent.sleep(WRITTEN_S)
        elif self._refused is None:
            seconds = f"{CONNECTED_S:g} s"
            self._refused = (
                f"The users of the load were not connected within {seconds}.",
                ExitStatus.NO_ENVIRONMENT,
            )
        self._end()

    def _wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Whether it came true in time, before somebody refused."""
        until_s = time.monotonic() + seconds
        while self._refused is None and time.monotonic() < until_s:
            if condition():
                return True
            gevent.sleep(LOOK_S)
        return False

    def _all_connected(self) -> bool:
        wanted = Counter(self._runner.target_user_classes_count)
        connected: Counter[str] = sum(self._ready.values(), Counter())
        return wanted.total() > 0 and connected >= wanted

    def _first_due_s(self) -> float:
        """Epoch seconds at which the first reading is due."""
        if self._gate is None:
            return time.time() + LEAD_S
        self._gate.say_ready()
        while (at_s := self._gate.started()) is None:
            gevent.sleep(LOOK_S)
        return at_s

    def _begin(self, t0_s: float) -> None:
        self._t0_s = t0_s
        self._users = sorted({user for ready in self._ready.values() for user in ready})
        divided: dict[str, dict[str, tuple[int, int]]] = {node: {} for node in self._ready}
        for user in self._users:
            nodes = [node for node, ready in self._ready.items() if ready[user]]
            for index, node in enumerate(nodes):
                divided[node][user] = (index, len(nodes))
        for node, shares in divided.items():
            self._working.add(node)
            self._runner.send_message(SHARES, {"t0_s": t0_s, "shares": shares}, node)
        if self._gate is not None:
            gevent.spawn(self._heed, self._gate)

    def _heed(self, gate: Gate) -> None:
        """Tell how it goes, and end the load when it is told to."""
        while self._until_s is None and not self._all_done():
            gate.tell(self._status())
            if gate.stopped():
                self._until_s = time.time()
                self._runner.send_message(STOP, {})
            gevent.sleep(LOOK_S)
        self._wait(self._all_done, SLACK_S)
        gate.tell(self._status())

    def _all_done(self) -> bool:
        missing = {node for node in self._working if self._is_gone(node)}
        return bool(self._working) and self._working <= self._done | missing

    def _is_gone(self, node: str) -> bool:
        """Whether a worker does not answer any more."""
        clients = getattr(self._runner, "clients", None)
        return clients is not None and (
            clients.get(node) is None or clients[node].state == "missing"
        )

    def _rows_add_up(self) -> bool:
        """Whether locust's own table has all that was counted."""
        return all(
            self._row(user).num_requests >= self._tally(user).handled for user in self._users
        )

    def _row(self, user: str) -> Any:
        kind, name = COLUMNS[user]
        return self._runner.stats.get(f"{name}{INTENDED}", kind)

    def _end(self) -> None:
        if self._runner.environment.parsed_options.headless:
            self._runner.quit()
            return
        self._runner.stop()
        for line in self.summary():
            self._say(line)

    # -- what came of it -----------------------------------------------------------------------

    @property
    def _gate(self) -> Gate | None:
        return Gate(self._options.gate) if self._options.gate else None

    def look(self) -> None:
        """Take in what the worker in this process has to report; others report by themselves."""
        if self._own is not None:
            self.tallied(LOCAL, self._own())

    def _tally(self, user: str) -> Tally:
        whole = Tally()
        for tallies in self._tallies.values():
            whole.add(tallies.get(user, Tally()))
        return whole

    def _status(self) -> dict[str, object]:
        """How far the load is, as a sensor source tells it."""
        assert self._t0_s is not None, "it has begun"
        self.look()
        since_ms = ((self._until_s or time.time()) - self._t0_s) * 1000
        whole = Tally()
        for user in self._users:
            whole.add(self._tally(user))
        options = self._options
        return {
            "enabled": self._until_s is None,
            "next_ordinal": options.shape.readings_before(max(0.0, since_ms), options.rate_hz),
            "published": whole.acknowledged,
            "failed": whole.failed + whole.dropped,
        }

    def results(self) -> list[Result]:
        """What came of the readings, by kind of user; none when the load never began."""
        if self._t0_s is None:
            return []
        return [self._result(user) for user in self._users]

    def _result(self, user: str) -> Result:
        noun = "readings" if user in list(LoadUser) else "requests"
        scheduled = len(self._options.schedule(user))
        if self._until_s is not None:
            # Ended when somebody said so: what was due until then.
            scheduled = sum(sizes.get(user, 0) for sizes in self._sizes.values())
        return Result(user, noun, scheduled, self._tally(user))

    def summary(self) -> Iterator[str]:
        """What came of it, in lines."""
        if self._refused is not None:
            yield self._refused[0]
        elif not self.results():
            yield "The load was ended before the first reading was due."
        for result in self.results():
            row = self._row(result.user)
            percentiles = ", ".join(
                f"p{share * 100:g} {row.get_response_time_percentile(share)} ms"
                for share in (0.5, 0.95, 0.99)
            )
            longest = round(row.max_response_time)
            yield f"{result.told()} From the intended time: {percentiles}, at most {longest} ms."

    def exit_status(self) -> int:
        """What to exit with."""
        if self._refused is not None:
            return self._refused[1]
        results = self.results()
        enough = bool(results) and all(each.enough for each in results)
        return ExitStatus.VALID if enough else ExitStatus.INVALID
