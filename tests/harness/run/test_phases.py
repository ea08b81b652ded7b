"""A run goes through its phases, does what is planned when it is planned, and heals whatever happens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from harness.plan.model import Plan
from harness.run.nemesis import Nemesis
from harness.run.notes import Notes, notes_in
from harness.run.phases import Run, RunFailed
from harness.run.view import PlainView
from harness.run.watch import Watch
from harness.scenario.judges import READ_TIMEOUT_MS, Drain

from .conftest import SmallSite, fast, history_in, lines_in, plan_of

OUTAGE = "[{name: outage, at: 2s, cut: [kinesis], for: 1500ms}]"


@contextmanager
def watched(site: SmallSite) -> Iterator[tuple[Notes, Watch]]:
    clock = lambda: site.origin_ns + round(site.now_ms() * 1e6)  # noqa: E731
    notes = notes_in(site.folder, origin_ns=site.origin_ns, clock_ns=clock)
    files = [witness.file for witness in site.witnesses()]
    try:
        with Watch(site, [*files, *notes.files], notes, poll_s=0.001) as watch:
            yield notes, watch
    finally:
        notes.close()


def perform(site: SmallSite, steps: str, say: Callable[[str], None] = lambda line: None) -> None:
    carry_out(site, plan_of(steps), say)


def carry_out(site: SmallSite, plan: Plan, say: Callable[[str], None] = lambda line: None) -> None:
    with watched(site) as (notes, watch), PlainView(say) as view:
        Run(plan, site, notes=notes, watch=watch, view=view, pace=fast(site)).perform()


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
    assert [line["type"] for line in history.drain] == ["invoked", "ok"]
    assert site.did.index("source stopped") < site.did.index("edge ended")
    assert site.did[-1] == "read ['kinesis/K']"
    waited = [line["messages"] for line in history.backlog_at_heal]
    assert max(waited) >= 20


def test_a_cloud_that_takes_nothing_makes_the_drain_fail(site: SmallSite) -> None:
    site.delivers = False
    perform(site, "[]")
    begun, ended = history_in(site.folder).drain
    assert (begun["type"], ended["type"]) == ("invoked", "failed")
    assert "S/E up to -1" in ended["reason"]


def test_what_somebody_s_own_functions_append_meanwhile_counts_for_the_deadline(
    site: SmallSite,
) -> None:
    site.delivers = False
    plan = plan_of("[]")
    drain = Drain.model_validate({"assumed_rate": "40/s", "grace": "0s"})
    carry_out(site, replace(plan, workload=replace(plan.workload, sensors=()), drain=drain))
    begun, _ = history_in(site.folder).drain
    waits_ms = plan.site.backoff_ms_max + READ_TIMEOUT_MS
    unhindered_ms = begun["owed"]["S/E"] / 40 * 1000
    assert begun["deadline_ms"] - waits_ms > 1.3 * unhindered_ms


def test_the_backlog_is_that_of_the_last_heal(site: SmallSite) -> None:
    second = "{name: short, at: 4500ms, cut: [kinesis], for: 500ms}"
    perform(site, f"[{OUTAGE[1:-1]}, {second}]")
    history = history_in(site.folder)
    (line,) = history.backlog_at_heal
    assert (line["stream"], line["exporter"]) == ("S", "E")
    # 20/s for half a second; the first outage left three times as much.
    assert 5 <= line["messages"] <= 25


def test_a_drain_owes_what_was_acknowledged_before_it_began(site: SmallSite) -> None:
    perform(site, OUTAGE)
    history = history_in(site.folder)
    begun = next(line for line in lines_in(site.folder) if line["kind"] == "drain")
    acknowledged = [
        each.number
        for each in history.streams["S", 0].appends
        if each.ended_ms is not None and each.ended_ms < begun["at"]
    ]
    assert acknowledged[-1] is not None
    # The newest lines may not have been read yet.
    assert acknowledged[-1] - 20 <= begun["owed"]["S/E"] <= acknowledged[-1]
    assert history.last_heal_ms is not None
    assert begun["at"] + 4000 - history.last_heal_ms == pytest.approx(begun["deadline_ms"], abs=200)


def test_a_site_in_which_nothing_is_acknowledged_is_not_disturbed(site: SmallSite) -> None:
    site.makes_readings = False
    with pytest.raises(RunFailed, match="no message was acknowledged in the warm-up of 1 s"):
        perform(site, OUTAGE)
    assert "inject link_down" not in site.did
    assert "edge ended" in site.did


def test_exporters_that_are_silent_in_the_warm_up_are_named(site: SmallSite) -> None:
    site.delivers = False
    said: list[str] = []
    perform(site, "[]", say=said.append)
    assert any("nothing has arrived yet from S/E" in line for line in said)


def test_a_witness_that_dies_ends_the_run(site: SmallSite) -> None:
    site.cloud.watches = False
    with pytest.raises(RunFailed, match="the cloud-tap died"):
        perform(site, OUTAGE)
    history = history_in(site.folder)
    assert history.interrupted == "the cloud-tap died"
    assert "edge ended" in site.did


def test_what_a_fault_left_behind_is_removed_before_the_drain(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "start_source", leaving(site, "kinesis: toxics ['t']"))
    perform(site, "[]")
    assert "heal all" in site.did
    assert history_in(site.folder).backlog_at_heal, "it was the last heal"


def test_links_that_cannot_be_healed_end_the_run(
    site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.stuck = True
    monkeypatch.setattr(site, "start_source", leaving(site, "kinesis: toxics ['t']"))
    with pytest.raises(RunFailed, match="the links cannot be healed: kinesis"):
        perform(site, "[]")
    assert not history_in(site.folder).drain


def leaving(site: SmallSite, what: str) -> Callable[[float], None]:
    """Starts the source, and leaves something on the links."""
    start = site.start_source

    def started(first_reading_ms: float) -> None:
        start(first_reading_ms)
        site.left_on_links = [what]

    return started


def test_an_edge_that_cannot_be_ended_ends_the_run_with_its_reason(site: SmallSite) -> None:
    site.ends = False
    with pytest.raises(RunFailed, match="the core hangs") as failed:
        perform(site, "[]")
    assert isinstance(failed.value.__cause__, RuntimeError), "where it came from is kept"
    assert history_in(site.folder).interrupted == "the core hangs"


def test_a_view_that_breaks_breaks_no_run(site: SmallSite) -> None:
    def broken(text: str) -> None:
        raise BrokenPipeError

    perform(site, OUTAGE, say=broken)
    assert site.did[-1].startswith("read ")


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
