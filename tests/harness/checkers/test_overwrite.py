"""One run told by hand, legal and then illegal in one way each.

A message of about 1,000 bytes every second; three in a segment and ten in the stream, whatever the overhead. The
exporter sends three at a time. The link is down from 11 s to 40 s; the exporter sleeps up to 5 s more. Message n is
appended at n s and evicts the segment that begins with n - 10.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pytest

from harness.checkers.overwrite import OverwriteChecker
from harness.checkers.verdict import Ruling, Verdict
from harness.plan.model import Plan
from harness.scenario.judges import OverwriteJudge

from .plans import plan
from .telling import ExporterSpec, Telling

DOWN_MS, HEALED_MS = 11_000.0, 40_000.0
SPEC = ExporterSpec(name="E", service="kinesis", target="raw", batch_size=3)


@dataclass
class Run:
    """The run of the module, to be told otherwise.

    Attributes:
        woke: when the exporter sends again.
        goes_on: the message with which it does.
        without: messages that it never sends.
        unappended: messages that a test appends itself.
    """

    woke: float = 45_200.0
    goes_on: int = 36
    without: Sequence[int] = ()
    unappended: Sequence[int] = ()
    cut: bool = True
    healed: float = HEALED_MS
    count: int = 60
    spec: ExporterSpec = SPEC
    telling: Telling = field(default_factory=Telling)

    def __post_init__(self) -> None:
        self.telling.stream("S", self.spec, max_size=10_500, segment_size=3_200)

    def tell(self) -> Telling:
        told = self.telling
        for number in range(self.count):
            if number not in self.unappended:
                told.append("S", number, at=1000.0 * number, size=976)
        if self.cut:
            told.cut(["kinesis"], DOWN_MS, self.healed)
        self._send(range(9), not_before=0.0)
        self._send(range(self.goes_on, self.count), not_before=self.woke)
        return told

    def _send(self, numbers: Iterable[int], not_before: float) -> None:
        waiting: list[int] = []
        at = not_before
        for number in (n for n in numbers if n not in self.without):
            waiting.append(number)
            if len(waiting) == self.spec.batch_size:
                at = max(at + 20, 1000.0 * number + 100)
                self.telling.put("S/E", waiting, at=at)
                waiting = []


def verdict(telling: Telling, plan: Plan | None = None, **judge: int) -> Verdict:
    return OverwriteChecker(OverwriteJudge(**judge)).check(telling.history(), plan or told_plan())


def told_plan(**more: int) -> Plan:
    return plan(**{"pool": 5, "backoff_ms": 5000, **more})


def rules_of(found: Verdict) -> str:
    return " ".join(found.examples)


# -- the whole ---------------------------------------------------------------------------------


def test_exactly_the_oldest_segments_may_go_while_the_link_is_down() -> None:
    found = verdict(Run().tell())
    assert found.verdict is Ruling.VALID, found
    assert "9 segments of S (messages 9 to 35)" in found.reason
    assert "record overhead of 32 bytes (0 to 64 do as well)" in found.reason
    assert found.figures["passed_over"] == {"S/E": 27}
    assert found.figures["record_overhead"] == 32


def test_what_is_still_to_be_sent_at_the_end_was_not_passed_over() -> None:
    assert verdict(Run(count=61).tell()).verdict is Ruling.VALID


# -- 1: what is passed over had to go -------------------------------------------------------------


def test_a_message_whose_segment_never_had_to_go_is_missed() -> None:
    found = verdict(Run(without=range(51, 54)).tell())
    assert found.verdict is Ruling.INVALID
    assert "messages 51 to 53 were passed over, although they never had to go" in rules_of(found)


def test_a_server_that_gives_up_the_newest_is_found() -> None:
    told = Run(goes_on=9, without=range(35, 57)).tell()
    assert verdict(told).verdict is Ruling.INVALID


def test_a_message_that_was_refused_may_be_overwritten_before_it_is_sent_again() -> None:
    run = Run(without=range(9, 12))
    run.telling.put("S/E", [9, 10, 11], at=10_990.0 + 120, rejected=[0])
    run.cut = False
    run.telling.cut(["kinesis"], 11_200.0, HEALED_MS)
    assert verdict(run.tell()).verdict is Ruling.VALID


def test_a_message_that_was_refused_may_not_be_given_up_while_it_is_there() -> None:
    run = Run(without=range(54, 57))
    run.telling.put("S/E", [54, 55, 56], at=56_100.0, rejected=[1])
    found = verdict(run.tell())
    assert found.verdict is Ruling.INVALID
    assert "message 55 was refused and given up" in rules_of(found)


# -- 2: where it goes on -------------------------------------------------------------------------


def test_it_may_go_on_with_the_segment_after_once_that_one_is_gone_too() -> None:
    assert verdict(Run(woke=46_200.0, goes_on=39).tell()).verdict is Ruling.VALID


def test_it_may_not_go_on_in_the_middle_of_a_segment() -> None:
    found = verdict(Run(woke=46_200.0, goes_on=37).tell())
    assert found.verdict is Ruling.INVALID
    assert "message 37, which came next, is in the middle of a segment" in rules_of(found)


def test_it_may_not_step_over_a_segment_before_that_one_is_evicted() -> None:
    found = verdict(Run(woke=45_200.0, goes_on=39).tell())
    assert found.verdict is Ruling.INVALID
    assert "before message 46 evicted the last of them at 46.00 s" in rules_of(found)


def test_an_append_that_died_with_the_server_may_have_evicted_already() -> None:
    """Message 43 was tried at 43 s, and appended at 46 s only; message 36 arrives between."""
    late = Run(unappended=range(43, 47))
    for number in range(43, 47):
        late.telling.append("S", number, at=46_000.0 + 10 * number, size=976)
    assert verdict(late.tell()).verdict is Ruling.INVALID
    tried = Run(unappended=range(43, 47))
    tried.telling.append("S", None, at=43_000.0, size=976, took=2.0, outcome="unknown")
    for number in range(43, 47):
        tried.telling.append("S", number, at=46_000.0 + 10 * number, size=976)
    assert verdict(tried.tell()).verdict is Ruling.VALID


# -- 3: it had no chance ---------------------------------------------------------------------------


def test_data_may_not_be_lost_for_want_of_trying() -> None:
    found = verdict(Run(cut=False).tell())
    assert found.verdict is Ruling.INVALID
    assert "message 9 could have been sent from 11.00 s to 19.00 s" in rules_of(found)


def test_an_exporter_may_not_sleep_on_after_the_heal() -> None:
    found = verdict(Run(woke=52_200.0, goes_on=45).tell())
    assert found.verdict is Ruling.INVALID
    assert "message 39 could have been sent from 41.00 s to 49.00 s" in rules_of(found)


def test_an_exporter_may_sleep_as_long_as_its_maximum_back_off() -> None:
    slow = told_plan(backoff_ms=7000)
    found = verdict(Run(woke=52_200.0, goes_on=45).tell(), slow)
    assert found.verdict is Ruling.UNKNOWN
    assert "nothing that had waited beside them came through" in found.reason


def test_a_link_that_is_only_slow_is_not_sound() -> None:
    told = Run(cut=False).tell()
    told.cut(["kinesis"], DOWN_MS, HEALED_MS, kind="latency")
    assert verdict(told).verdict is Ruling.VALID


def test_what_the_disk_does_not_give_cannot_be_sent() -> None:
    told = Run(cut=False).tell()
    told.cut([], DOWN_MS, HEALED_MS, kind="disk_errors")
    assert verdict(told).verdict is Ruling.VALID


@pytest.mark.parametrize("kind", ["request", "connection"])
def test_a_request_under_way_is_a_chance_that_was_taken(kind: str) -> None:
    told = Run(woke=52_200.0, goes_on=45).tell()
    told.uplink("iotanalytics", 41_100.0, 50_000.0, "failed", kind)
    assert verdict(told).verdict is Ruling.INVALID
    told.uplink("kinesis", 41_100.0, 50_000.0, "failed", kind)
    assert verdict(told).verdict is Ruling.UNKNOWN


def test_while_the_stream_manager_is_away_nothing_can_be_sent() -> None:
    told = Run(woke=52_200.0, goes_on=45).tell()
    told.restart(42_050.0, 47_000.0)
    assert verdict(told).verdict is Ruling.UNKNOWN


def test_a_batch_is_sent_after_the_one_before_it() -> None:
    """Message 9 makes a batch at 11 s, but the batch before it is under way until 12.205 s."""
    for before_ms, ruling in ((12_200.0, Ruling.VALID), (11_000.0, Ruling.INVALID)):
        run = Run(cut=False)
        run.telling.cut(["kinesis"], 19_010.0, HEALED_MS)
        told = run.tell()
        last = next(each for each in told.lines if each.get("hashes") == ["S/6", "S/7", "S/8"])
        for each in told.lines:
            if each["kind"] == "put" and each["id"] == last["id"]:
                each["at"] += before_ms - 8_100.0
        assert verdict(told).verdict is ruling


def test_what_an_update_changed_was_not_so_before() -> None:
    told = Run(woke=52_200.0, goes_on=45).tell()
    told.stream("S", SPEC, max_size=10_500, segment_size=3_200, at=46_000.0, update=True)
    assert verdict(told).verdict is Ruling.UNKNOWN


def test_an_exporter_does_not_owe_what_was_there_before_it() -> None:
    def told(update: bool) -> Telling:
        told = Telling()
        told.stream("S", *(() if update else (SPEC,)), max_size=10_500, segment_size=3_200)
        for number in range(60):
            told.append("S", number, at=1000.0 * number, size=976)
        told.cut(["kinesis"], -500.0, HEALED_MS)
        if update:
            told.stream("S", SPEC, max_size=10_500, segment_size=3_200, at=41_500.0, update=True)
        for first in range(37, 58, 3):
            told.put("S/E", range(first, first + 3), at=45_100.0 + 1000.0 * (first - 37))
        return told

    assert verdict(told(update=False)).verdict is Ruling.INVALID
    assert verdict(told(update=True)).verdict is Ruling.UNKNOWN


def test_what_made_no_batch_had_no_chance() -> None:
    """The stream never holds twelve messages at once."""
    told = Telling()
    few = ExporterSpec(name="E", service="kinesis", target="raw", batch_size=12)
    told.stream("S", few, max_size=10_500, segment_size=3_200)
    for number in range(48):
        told.append("S", number, at=1000.0 * number, size=976)
    told.cut(["kinesis"], 30_000.0, 31_000.0)
    told.put("S/E", range(36, 48), at=47_100.0)
    assert verdict(told).verdict is Ruling.UNKNOWN
    interval = ExporterSpec(
        name="E", service="kinesis", target="raw", batch_size=12, interval_ms=1000
    )
    told.lines = [each for each in told.lines if each["kind"] != "create"]
    told.stream("S", interval, max_size=10_500, segment_size=3_200)
    assert verdict(told).verdict is Ruling.INVALID


def test_in_a_pool_that_is_too_small_another_exporter_may_have_had_its_turn() -> None:
    def told() -> Telling:
        told = Run(cut=False).tell()
        told.stream("T", ExporterSpec(name="F", service="iotanalytics", target="t", batch_size=1))
        told.append("T", 0, at=0.0)
        told.put("T/F", [0], at=DOWN_MS, took=29_000.0)
        return told

    assert verdict(told(), told_plan(pool=1)).verdict is Ruling.VALID
    assert verdict(told(), told_plan(pool=2)).verdict is Ruling.INVALID


def test_while_the_machine_stood_still_nobody_had_a_chance_for_certain() -> None:
    told = Run(cut=False).tell()
    told.cut(["kinesis"], 13_000.0, HEALED_MS)
    assert verdict(told).verdict is Ruling.VALID
    told = Run(cut=False).tell()
    told.stall(12_000.0, 14_000.0)
    assert verdict(told).verdict is Ruling.UNKNOWN
    assert "the machine stood still" in verdict(told).reason


# -- 4: what arrives although it is gone -----------------------------------------------------------


def test_one_batch_may_arrive_from_memory_after_it_is_gone() -> None:
    run = Run()
    run.telling.put("S/E", [9, 10, 11], at=45_100.0)
    assert verdict(run.tell()).verdict is Ruling.VALID


def test_two_batches_that_are_gone_were_kept_beyond_the_maximum_size() -> None:
    run = Run()
    run.telling.put("S/E", [9, 10, 11], at=45_100.0)
    run.telling.put("S/E", [12, 13, 14], at=45_150.0)
    found = verdict(run.tell())
    assert found.verdict is Ruling.INVALID
    assert "the stream keeps more than its maximum size" in rules_of(found)


def test_a_server_that_keeps_everything_is_found_though_nothing_is_missing() -> None:
    found = verdict(Run(goes_on=9).tell())
    assert found.verdict is Ruling.INVALID
    assert "more than its maximum size" in rules_of(found)


def test_a_batch_that_is_overwritten_on_its_way_was_in_memory() -> None:
    """A fast source: each batch is evicted between its beginning and its arrival, and the next one was read since."""
    run = Run(goes_on=42, woke=47_000.0)
    run.telling.put("S/E", [36, 37, 38], at=46_100.0, took=1.0)
    run.telling.put("S/E", [39, 40, 41], at=49_100.0, took=1.0)
    run.woke = 49_200.0
    assert verdict(run.tell()).verdict is Ruling.VALID


# -- 5: restarts -----------------------------------------------------------------------------------


def test_a_restart_may_repeat_a_batch() -> None:
    run = Run()
    run.telling.restart(42_050.0, 42_900.0)
    run.telling.put("S/E", [6, 7, 8], at=45_100.0)
    assert verdict(run.tell()).verdict is Ruling.VALID


def test_a_restart_may_begin_a_segment() -> None:
    """From message 20 on, so that segments begin at 35, 38, 41 instead of 36, 39, 42."""
    assert verdict(Run(goes_on=38).tell()).verdict is Ruling.INVALID
    told = Run(goes_on=38).tell()
    told.restart(19_500.0, 19_900.0)
    assert verdict(told).verdict is Ruling.VALID


def test_a_restart_does_not_excuse_a_skip() -> None:
    told = Run(goes_on=42).tell()
    told.restart(45_000.0, 45_100.0)
    assert verdict(told).verdict is Ruling.INVALID


# -- one overhead for all ---------------------------------------------------------------------------


def two_streams(goes_on_s: int, goes_on_t: int) -> Telling:
    """Up to an overhead of 24 three messages make a segment of S or T; from 25 on only two."""
    told = Telling()
    for name, goes_on in (("S", goes_on_s), ("T", goes_on_t)):
        spec = ExporterSpec(name="E", service="kinesis", target=name, batch_size=1)
        told.stream(name, spec, max_size=4_200, segment_size=1_200)
        for number in range(40):
            told.append(name, number, at=100.0 * number, size=376)
        told.put(f"{name}/E", [0], at=50.0)
        for number in range(goes_on, 40):
            told.put(f"{name}/E", [number], at=max(3_010.0 + number, 100.0 * number + 50))
    told.cut(["kinesis"], 90.0, 2_950.0)
    return told


def test_an_overhead_is_found_that_explains_what_is_missing() -> None:
    found = verdict(two_streams(21, 21))
    assert found.verdict is Ruling.VALID
    assert found.figures["record_overheads"] == "0 to 24"
    found = verdict(two_streams(22, 22))
    assert found.verdict is Ruling.VALID
    assert found.figures["record_overheads"].startswith("25")


def test_one_overhead_has_to_explain_all_streams() -> None:
    assert verdict(two_streams(21, 22)).verdict is Ruling.INVALID


def test_no_overhead_beyond_the_limit_is_supposed() -> None:
    found = verdict(two_streams(22, 22), record_overhead_max=24)
    assert found.verdict is Ruling.INVALID
    assert "No record overhead of 0 to 24 bytes" in found.reason


# -- when nothing is proven --------------------------------------------------------------------------


def test_too_few_segments_prove_nothing() -> None:
    found = verdict(Run().tell(), segments_at_least=10)
    assert found.verdict is Ruling.UNKNOWN
    assert "at least 10 segments" in found.reason


def test_a_backlog_of_which_nothing_survived_proves_nothing() -> None:
    slow = told_plan(backoff_ms=12_000)
    assert verdict(Run(healed=35_000.0).tell(), slow).verdict is Ruling.UNKNOWN
    assert verdict(Run(healed=36_500.0).tell(), slow).verdict is Ruling.VALID


def test_a_stream_without_an_exporter_that_overwrites_is_not_judged() -> None:
    told = Telling()
    told.stream("S", SPEC, overwrites=False)
    told.append("S", 0, at=0.0)
    assert verdict(told).verdict is Ruling.UNKNOWN


@pytest.mark.parametrize("witness", ["edge-tap", "cloud-tap", "nemesis", "harness"])
def test_without_a_witness_nobody_is_accused(witness: str) -> None:
    told = Run(without=range(51, 54)).tell()
    told.silent = {witness}
    assert verdict(told).verdict is Ruling.UNKNOWN
    assert f"the witness {witness} did not end in order" in verdict(told).reason


@pytest.mark.parametrize("witness", ["edge-tap", "uplink-tap", "cloud-tap", "cloud-reader"])
def test_without_a_witness_nobody_is_acquitted(witness: str) -> None:
    told = Run().tell()
    told.silent = {witness}
    assert verdict(told).verdict is Ruling.UNKNOWN


def test_a_destination_that_was_not_read_acquits_nobody() -> None:
    told = Run().tell()
    told.read = False
    assert "was not read completely" in verdict(told).reason


def test_what_does_not_need_the_missing_evidence_stays_an_accusation() -> None:
    told = Run(without=range(51, 54)).tell()
    told.read = False
    told.cut(["iotanalytics"], 100.0, None, failed="Toxiproxy is gone")
    told.line(50_000.0, "harness", "interrupted", "note", reason="Ctrl-C")
    assert verdict(told).verdict is Ruling.INVALID


def test_a_fault_that_failed_and_a_trigger_that_never_fired_prove_nothing() -> None:
    told = Run().tell()
    told.cut(["iotanalytics"], 100.0, None, failed="Toxiproxy is gone")
    assert "Toxiproxy is gone" in verdict(told).reason
    told = Run().tell()
    told.line(100.0, "nemesis", "trigger", "failed", id="f9", reason="nothing was evicted")
    assert verdict(told).verdict is Ruling.UNKNOWN


def test_numbers_that_nobody_appended_are_a_doubt() -> None:
    told = Run(without=range(51, 54), unappended=[20]).tell()
    found = verdict(told)
    assert found.verdict is Ruling.UNKNOWN
    assert "appended unseen" in found.reason
