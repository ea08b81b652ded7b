"""What is planned is done when its time has come, and healed whatever happens. The tests move the time by hand."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.fault.registry import Fault
from harness.fault.service import ALL_SERVICES
from harness.history.lines import Line, parse
from harness.plan.parts import Moment
from harness.run.nemesis import Nemesis
from harness.run.notes import notes_in
from harness.run.observer import Observer
from harness.waiting import wait_until

from .conftest import plan_of

ORIGIN_MS = 10_000.0
CUT = "{name: cut, at: 2s, cut: [kinesis], for: 1500ms}"


class ByHand:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.at_ms = 0.0
        self._poll = threading.Event()

    def now_ms(self) -> float:
        return self.at_ms

    def wait(self, until_ms: float, over: Callable[[], bool]) -> bool:
        while not over():
            if self.at_ms >= until_ms:
                return False
            self._poll.wait(0.001)
        return True

    def begin(self, name: str, body: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=body, name=name, daemon=True)
        thread.start()
        return thread


class Eyes:
    """What a nemesis sees: an observer that the tests tell what happens."""

    def __init__(self) -> None:
        self.observer = Observer()
        self._lock = threading.Lock()

    def ask(self, question: Callable[[Observer], Any]) -> Any:
        with self._lock:
            return question(self.observer)

    def tell(self, witness: str, kind: str, type: str, **fields: Any) -> None:
        with self._lock:
            self.observer.take(
                {"at": 0.0, "witness": witness, "kind": kind, "type": type, **fields}
            )


class Links:
    """What can be disturbed.

    Attributes:
        in_force: kinds of the faults that are.
        refused: kinds that cannot be leased at all, that cannot be injected, that cannot be healed.
    """

    def __init__(self) -> None:
        self.in_force: list[str] = []
        self.refused: dict[str, set[str]] = {"lease": set(), "inject": set(), "heal": set()}

    def _check(self, what: str, fault: Fault) -> None:
        if fault.kind in self.refused[what]:
            raise RuntimeError(f"no {what} today")

    def inject(self, fault: Fault) -> AbstractContextManager[None]:
        self._check("lease", fault)
        return self._lease(fault)

    @contextmanager
    def _lease(self, fault: Fault) -> Iterator[None]:
        self._check("inject", fault)
        self.in_force.append(fault.kind)
        yield
        self._check("heal", fault)
        self.in_force.remove(fault.kind)


class Stage:
    """A nemesis with everything around it."""

    def __init__(self, folder: Path) -> None:
        self.time, self.eyes, self.links = ByHand(), Eyes(), Links()
        self.said: list[str] = []
        self._file = folder / "nemesis.jsonl"
        notes = notes_in(folder, origin_ns=0, clock_ns=lambda: round(self.time.at_ms * 1e6))
        self.nemesis = Nemesis(
            self.links,  # type: ignore[arg-type]
            notes,
            self.eyes,  # type: ignore[arg-type]
            self.time,
            origin_ms=ORIGIN_MS,
            say=self.said.append,
        )

    def begin(self, *steps: str) -> Sequence[Moment]:
        moments = plan_of(f"[{', '.join(steps)}]").moments
        self.nemesis.begin(moments)
        return moments

    def at(self, planned_ms: float, *lines: str) -> None:
        """Move the time, and wait until these are the lines of that time."""
        self.time.at_ms = ORIGIN_MS + planned_ms
        wait_until(lambda: self.told(planned_ms) == list(lines), seconds=10, what=f"{lines}")

    def told(self, planned_ms: float) -> list[str]:
        return [
            " ".join(str(line[key]) for key in ("name", "phase", "kind", "type") if key in line)
            for line in self.lines()
            if line["at"] == ORIGIN_MS + planned_ms
        ]

    def lines(self) -> list[Line]:
        return list(parse(self._file.read_text()))

    def over(self) -> bool:
        wait_until(self.nemesis.over, seconds=10, what="the end of every moment")
        return True


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.nemesis.stop()


def injected(name: str) -> tuple[str, str]:
    return f"{name} inject fault invoked", f"{name} inject fault ok"


def healed(name: str) -> tuple[str, str]:
    return f"{name} heal fault invoked", f"{name} heal fault ok"


# -- at a planned time -----------------------------------------------------------------------------


def test_a_fault_lasts_from_its_planned_time_on_as_long_as_planned(stage: Stage) -> None:
    stage.begin(CUT)
    stage.at(1999)
    stage.at(2000, *injected("cut"))
    assert stage.links.in_force == ["link_down"]
    stage.at(3499)
    stage.at(3500, *healed("cut"))
    assert stage.over()
    assert stage.links.in_force == []
    assert len(stage.lines()) == 4, "nothing was done before its time"


def test_planned_times_stand_beside_observed_ones(stage: Stage) -> None:
    stage.begin(CUT)
    # The machine was busy: it is done late, and lasts as long all the same.
    stage.at(2300, *injected("cut"))
    stage.at(3799)
    stage.at(3800, *healed("cut"))
    planned = [line.get("planned_ms", "none") for line in stage.lines()]
    assert planned == [2000, 2000, "none", "none"]


def test_faults_overlap(stage: Stage) -> None:
    stage.begin(CUT, "{name: slow, at: 3s, slow: [s3], latency: 50ms, for: 2s}")
    stage.at(2000, *injected("cut"))
    stage.at(3000, *injected("slow"))
    assert stage.links.in_force == ["link_down", "latency"]
    stage.at(3500, *healed("cut"))
    assert stage.links.in_force == ["latency"]
    stage.at(5000, *healed("slow"))
    assert stage.over()


@pytest.mark.parametrize("step", ["kill: stream_manager", "restart: core", "noop: true"])
def test_what_is_over_at_once_has_nothing_to_heal(stage: Stage, step: str) -> None:
    stage.begin(f"{{name: once, at: 2s, {step}}}")
    stage.at(2000, *injected("once"))
    assert stage.over()
    assert stage.nemesis.last_heal is None
    assert {tuple(line["services"]) for line in stage.lines()} == {()}


def test_a_process_that_stands_still_is_healed_like_a_link_but_is_none(stage: Stage) -> None:
    stage.begin("{name: still, at: 2s, pause: core, for: 1s}")
    stage.at(2000, *injected("still"))
    stage.at(3000, *healed("still"))
    assert stage.over()
    assert stage.nemesis.last_heal is None, "nothing waited for a link"


def test_a_cloud_that_stands_still_is_on_the_way_to_every_service(stage: Stage) -> None:
    stage.begin("{name: still, at: 2s, pause: cloud, for: 1s}")
    stage.at(2000, *injected("still"))
    stage.at(3000, *healed("still"))
    assert stage.over()
    assert {tuple(line["services"]) for line in stage.lines()} == {tuple(map(str, ALL_SERVICES))}
    assert stage.nemesis.last_heal is not None


# -- what goes wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["lease", "inject"])
def test_what_cannot_be_injected_is_told_with_its_reason(stage: Stage, what: str) -> None:
    stage.links.refused[what] = {"link_down"}
    stage.begin(CUT)
    stage.at(2000, "cut inject fault invoked", "cut inject fault failed")
    assert stage.over()
    assert stage.lines()[-1]["reason"] == f"no {what} today"
    assert stage.nemesis.failures == [f"f1 cut could not be done: no {what} today"]
    assert stage.said == [f"cut could not be done: no {what} today"]


def test_what_cannot_be_healed_is_told_with_its_reason(stage: Stage) -> None:
    stage.links.refused["heal"] = {"link_down"}
    stage.begin(CUT)
    stage.at(2000, *injected("cut"))
    stage.at(3500, "cut heal fault invoked", "cut heal fault failed")
    assert stage.over()
    assert stage.lines()[-1]["reason"] == "no heal today"
    assert stage.nemesis.failures == ["f1 cut could not be healed: no heal today"]
    assert stage.nemesis.last_heal is None


def test_a_fault_that_fails_keeps_no_other_from_being_done(stage: Stage) -> None:
    stage.links.refused["inject"] = {"link_down"}
    stage.begin(CUT, "{name: slow, at: 3s, slow: [s3], latency: 50ms, for: 1s}")
    stage.at(2000, "cut inject fault invoked", "cut inject fault failed")
    stage.at(3000, *injected("slow"))
    stage.at(4000, *healed("slow"))
    assert stage.over()


def test_an_exception_while_a_fault_is_in_force_heals_it(stage: Stage) -> None:
    whole = stage.time.wait

    def breaking(until_ms: float, over: Callable[[], bool]) -> bool:
        if stage.links.in_force:
            raise RuntimeError("the clock broke")
        return whole(until_ms, over)

    stage.time.wait = breaking  # type: ignore[method-assign]
    stage.begin(CUT)
    stage.at(2000, *injected("cut"), *healed("cut"))
    assert stage.over()
    assert stage.links.in_force == []
    assert stage.nemesis.failures == ["f1 cut could not be done: the clock broke"]


def test_stopping_heals_what_is_in_force_and_begins_nothing_more(stage: Stage) -> None:
    stage.begin(CUT, "{name: slow, at: 2s, slow: [s3], latency: 50ms, for: 2s}", CUT_LATER)
    wait_s = 10
    stage.time.at_ms = ORIGIN_MS + 2000
    wait_until(lambda: len(stage.links.in_force) == 2, seconds=wait_s, what="both faults")
    stage.nemesis.stop()
    assert stage.nemesis.over()
    assert stage.links.in_force == []
    assert {line["name"] for line in stage.lines()} == {"cut", "slow"}


CUT_LATER = "{name: later, at: 4s, cut: [s3], for: 1s}"


# -- the last heal ---------------------------------------------------------------------------------


def define(stage: Stage, *messages: str) -> None:
    exporter = {"identifier": "E", "kinesisStreamName": "K"}
    definition = {"name": "S", "exportDefinition": {"kinesis": [exporter]}}
    stage.eyes.tell("edge-tap", "create", "invoked", id="c", definition=definition)
    stage.eyes.tell("edge-tap", "create", "ok", id="c")
    append(stage, *messages)


def append(stage: Stage, *messages: str) -> None:
    for message in messages:
        number = stage.eyes.observer.streams["S"].newest + 1 if stage.eyes.observer.streams else 0
        stage.eyes.tell(
            "edge-tap", "append", "invoked", id=message, stream="S", hash=message, size=1
        )
        stage.eyes.tell("edge-tap", "append", "ok", id=message, sequence_number=number)


def test_the_last_heal_knows_what_waited_right_before_it(stage: Stage) -> None:
    stage.begin(CUT, CUT_LATER)
    stage.at(2000, *injected("cut"))
    define(stage, "a", "b")
    stage.at(3500, *healed("cut"))
    wait_until(lambda: stage.nemesis.last_heal, seconds=10, what="the heal")
    assert stage.nemesis.last_heal is not None
    assert stage.nemesis.last_heal.waiting == {("S", "E"): 2}
    stage.at(4000, *injected("later"))
    append(stage, "c")
    stage.at(5000, *healed("later"))
    assert stage.over()
    assert stage.nemesis.last_heal.waiting == {("S", "E"): 3}
    assert stage.nemesis.last_heal.at_ms == ORIGIN_MS + 5000


# -- on an event -----------------------------------------------------------------------------------

BACKLOG = "{event: backlog_at_least, stream: S, messages: 2}"
KILL = f"{{name: kill, on: {BACKLOG}, from: 2s, within: 3s, delay: 500ms, kill: stream_manager}}"


def test_an_event_is_waited_for_from_its_time_on_and_acted_on_after_the_delay(
    stage: Stage,
) -> None:
    stage.begin(KILL)
    stage.at(1999)
    stage.at(2000, "kill trigger invoked")
    define(stage, "a")
    stage.at(2500)
    append(stage, "b")
    wait_until(lambda: stage.told(2500), seconds=10, what="the trigger")
    assert stage.told(2500) == ["kill trigger ok"]
    stage.at(2999)
    stage.at(3000, *injected("kill"))
    assert stage.over()
    assert [line["planned_ms"] for line in stage.lines() if line["kind"] == "fault"] == [None, None]
    assert stage.lines()[1]["event"]["event"] == "backlog_at_least"


def test_what_still_is_the_case_when_the_waiting_begins_counts(stage: Stage) -> None:
    define(stage, "a", "b")
    stage.begin(KILL)
    stage.at(2000, "kill trigger invoked", "kill trigger ok")


def test_an_event_that_never_comes_is_told_and_nothing_is_done(stage: Stage) -> None:
    stage.begin(KILL)
    stage.at(2000, "kill trigger invoked")
    stage.at(4999)
    stage.at(5000, "kill trigger failed")
    assert stage.over()
    reason = "backlog_at_least was waited for 3 s: it was not seen"
    assert stage.lines()[-1]["reason"] == reason
    assert stage.nemesis.failures == [f"f1 kill was not done: {reason}"]


def test_a_trigger_that_waits_when_the_run_is_stopped_never_fired(stage: Stage) -> None:
    stage.begin(KILL)
    stage.at(2000, "kill trigger invoked")
    stage.nemesis.stop()
    assert stage.lines()[-1]["type"] == "failed"
    assert "the run was stopped" in stage.lines()[-1]["reason"]
