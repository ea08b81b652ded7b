"""A run goes through its phases, does what is planned when it is planned, and heals whatever happens."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.run.nemesis import Nemesis
from harness.run.notes import Notes
from harness.run.phases import Run, RunFailed
from harness.run.view import PlainView
from harness.run.watch import Watch

from .conftest import SmallSite, fast, history_in, lines_in, plan_of

OUTAGE = "[{name: outage, at: 2s, cut: [kinesis], for: 1500ms}]"


@contextmanager
def watched(site: SmallSite) -> Iterator[tuple[Notes, Watch]]:
    clock = lambda: site.origin_ns + round(site.now_ms() * 1e6)  # noqa: E731
    notes = Notes(site.folder, origin_ns=site.origin_ns, clock_ns=clock)
    files = [witness.file for witness in site.witnesses()]
    try:
        with Watch(site, [*files, *notes.files], notes) as watch:
            yield notes, watch
    finally:
        notes.close()


def perform(site: SmallSite, steps: str) -> None:
    with watched(site) as (notes, watch), PlainView(lambda line: None) as view:
        Run(plan_of(steps), site, notes=notes, watch=watch, view=view, pace=fast(site)).perform()


def test_the_phases_come_in_their_order(site: SmallSite) -> None:
    perform(site, OUTAGE)
    names = [name for name, _ in history_in(site.folder).phases]
    assert names == ["prepare", "steady", "disturb", "heal", "drain", "judge"]


def test_a_fault_is_done_and_healed_when_it_is_planned(site: SmallSite) -> None:
    perform(site, OUTAGE)
    history = history_in(site.folder)
    (fault,) = history.faults
    assert history.first_reading_ms is not None
    assert fault.certain_ms is not None
    begin, end = fault.certain_ms
    assert begin - history.first_reading_ms >= 2000
    assert end - begin >= 1500
    assert fault.services == ("kinesis",)


def test_what_waits_at_the_heal_arrives_before_the_source_stops(site: SmallSite) -> None:
    perform(site, OUTAGE)
    history = history_in(site.folder)
    assert [line["type"] for line in history.drain] == ["ok"]
    assert site.did.index("source stopped") < site.did.index("edge ended")
    assert site.did[-1] == "read ['kinesis/K']"
    waited = [line["messages"] for line in history.backlog_at_heal]
    assert max(waited) >= 20


def test_a_cloud_that_takes_nothing_makes_the_drain_fail(site: SmallSite) -> None:
    site.delivers = False
    perform(site, "[]")
    (ended,) = history_in(site.folder).drain
    assert ended["type"] == "failed"
    assert "S/E up to -1" in ended["reason"]


def test_links_that_are_not_clean_keep_a_run_from_beginning(site: SmallSite) -> None:
    site.left_on_links = ["kinesis: down"]
    with pytest.raises(RunFailed, match="kinesis: down"):
        perform(site, OUTAGE)
    assert history_in(site.folder).interrupted


def test_a_source_that_does_not_answer_ends_the_run(site: SmallSite) -> None:
    site.source_answers = False
    with pytest.raises(RunFailed, match="nobody is there"):
        perform(site, OUTAGE)


def test_a_trigger_waits_for_its_event(site: SmallSite) -> None:
    event = "{event: backlog_at_least, stream: S, messages: 10}"
    steps = (
        "[{name: cut, at: 2s, cut: [kinesis], for: 2s},"
        f" {{name: kill, on: {event}, within: 3s, kill: stream_manager}}]"
    )
    perform(site, steps)
    history = history_in(site.folder)
    cut, kill = history.faults
    assert cut.kind == "link_down"
    assert kill.kind == "process_kill"
    assert kill.inject_ms[0] > cut.inject_ms[0]
    assert not history.never_fired
    assert [gone is not None for gone, _ in history.restarts("stream_manager")] == [True]


def test_a_trigger_that_never_fires_is_written_down(site: SmallSite) -> None:
    event = "{event: segment_evicted, stream: S}"
    perform(site, f"[{{name: never, on: {event}, within: 1s, kill: stream_manager}}]")
    history = history_in(site.folder)
    assert history.faults == []
    ((id_, reason),) = history.never_fired
    assert id_ == "f1"
    assert "segment_evicted was waited for 1 s" in reason


def test_a_fault_that_cannot_be_healed_is_a_failed_one(site: SmallSite) -> None:
    site.unhealable = {"link_down"}
    perform(site, OUTAGE)
    (fault,) = history_in(site.folder).faults
    assert fault.failed == "the valve is stuck"


def test_an_interrupted_run_heals_and_says_so(site: SmallSite, monkeypatch) -> None:
    def press_ctrl_c(nemesis: Nemesis) -> bool:
        if "inject link_down" in site.did:
            raise KeyboardInterrupt
        return False

    monkeypatch.setattr(Nemesis, "over", press_ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        perform(site, "[{name: long, at: 2s, cut: [kinesis], for: 4s}]")
    assert "heal link_down" in site.did
    assert "edge ended" in site.did
    assert history_in(site.folder).interrupted == "somebody interrupted it"


def test_the_source_is_asked_at_each_change_of_phase(site: SmallSite) -> None:
    perform(site, "[]")
    sources = history_in(site.folder).sources
    assert len(sources) >= 4
    assert [each.published for each in sources] == sorted(each.published for each in sources)


def test_every_witness_of_the_harness_ends_with_its_last_line(site: SmallSite) -> None:
    perform(site, "[]")
    assert {"harness", "nemesis"} <= history_in(site.folder).closed
    assert lines_in(site.folder)
