"""What goes on is followed while it goes on, and whoever follows says when nobody can."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.environments.protocol import ProcessState
from harness.fault.target import Target
from harness.history.lines import parse
from harness.run.notes import Notes, notes_in
from harness.run.watch import Watch
from harness.taps.record import Record
from harness.waiting import wait_until

from .conftest import SmallSite

SECONDS = 5


@pytest.fixture
def notes(site: SmallSite) -> Notes:
    clock = lambda: site.origin_ns + round(site.now_ms() * 1e6)  # noqa: E731
    return notes_in(site.folder, origin_ns=site.origin_ns, clock_ns=clock)


@pytest.fixture
def watch(site: SmallSite, notes: Notes) -> Iterator[Watch]:
    files = [witness.file for witness in site.witnesses()]
    with Watch(site, [*files, *notes.files], notes, poll_s=0.002) as watch:
        yield watch


def processes(folder: Path) -> list[tuple[str, str, int]]:
    return [
        (line["target"], line["state"], line["pid"])
        for line in parse((folder / "harness.jsonl").read_text())
        if line["kind"] == "process"
    ]


def test_lines_reach_the_observer_while_they_are_written(
    watch: Watch, notes: Notes, site: SmallSite
) -> None:
    notes.note("phase", phase="drain")
    wait_until(lambda: watch.ask(lambda o: o.phase) == "drain", seconds=SECONDS, what="the phase")
    site.start_source(site.now_ms())
    wait_until(
        lambda: watch.ask(lambda o: o.exporters["S", "E"].arrivals if o.exporters else 0) >= 3,
        seconds=SECONDS,
        what="deliveries",
    )
    site.stop_source()


def test_lines_that_are_written_last_are_read_at_the_end(site: SmallSite, notes: Notes) -> None:
    files = [witness.file for witness in site.witnesses()]
    with Watch(site, [*files, *notes.files], notes, poll_s=60) as watch:
        notes.note("phase", phase="judge")
    assert watch.observer.phase == "judge"


def test_processes_are_written_down_when_they_come_and_go(
    watch: Watch, site: SmallSite, notes: Notes
) -> None:
    found: dict[Target, ProcessState] = {}
    site.processes = lambda: dict(found)  # type: ignore[method-assign]

    def become(**pids: int) -> None:
        found.clear()
        found.update(
            {Target(name): ProcessState(pid=pid, started=0.0) for name, pid in pids.items()}
        )

    def wait_for(*lines: tuple[str, str, int]) -> None:
        wait_until(
            lambda: set(lines) <= set(processes(site.folder)), seconds=SECONDS, what=f"{lines}"
        )

    wait_for(("stream_manager", "started", 100), ("stream_manager", "gone", 100))
    become(core=1, stream_manager=2)
    wait_for(("core", "started", 1), ("stream_manager", "started", 2))
    become(core=1, stream_manager=3)
    wait_for(("stream_manager", "gone", 2), ("stream_manager", "started", 3))
    assert ("core", "gone", 1) not in processes(site.folder)


def test_a_process_that_has_another_s_id_is_another_one(
    watch: Watch, site: SmallSite, notes: Notes
) -> None:
    state = ProcessState(pid=100, started=1.0)
    site.processes = lambda: {Target.STREAM_MANAGER: state}  # type: ignore[method-assign]
    wait_until(
        lambda: (
            processes(site.folder)
            == [
                ("stream_manager", "started", 100),
                ("stream_manager", "gone", 100),
                ("stream_manager", "started", 100),
            ]
        ),
        seconds=SECONDS,
        what="the second one",
    )


def test_a_witness_that_dies_is_trouble(watch: Watch, site: SmallSite) -> None:
    assert watch.trouble == ""
    site.cloud.watches = False
    wait_until(lambda: watch.trouble, seconds=SECONDS, what="the trouble")
    assert watch.trouble == "the cloud-tap died"


def test_what_ends_because_it_is_told_to_is_none(watch: Watch, site: SmallSite) -> None:
    watch.edge_is_told_to_end()
    site.cloud.watches = False
    site.processes = lambda: {}  # type: ignore[method-assign]
    seen = site.now_ms()
    wait_until(lambda: watch.ask(lambda o: o.at_ms) > seen, seconds=SECONDS, what="another look")
    assert watch.trouble == ""
    assert processes(site.folder) == [("stream_manager", "started", 100)]


def test_an_observer_that_does_not_understand_a_line_is_trouble(
    watch: Watch, site: SmallSite
) -> None:
    liar = Record(site.edge.file, witness="edge-tap", origin_ns=site.origin_ns)
    liar.write("append", "invoked")
    wait_until(lambda: watch.trouble, seconds=SECONDS, what="the trouble")
    assert "cannot be followed" in watch.trouble


def test_a_site_whose_processes_cannot_be_seen_is_trouble(watch: Watch, site: SmallSite) -> None:
    def broken() -> Mapping[Target, Any]:
        raise PermissionError("not yours")

    site.processes = broken  # type: ignore[method-assign]
    wait_until(lambda: watch.trouble, seconds=SECONDS, what="the trouble")
    assert "not yours" in watch.trouble
