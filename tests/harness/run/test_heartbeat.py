"""The heartbeat tells when the harness did not run."""

from pathlib import Path

import pytest

from harness.history.lines import parse
from harness.run.heartbeat import Heartbeat
from harness.run.notes import Notes, notes_in
from harness.waiting import wait_until


class Clock:
    """Stands still until it is set."""

    now_ms = 1000.0

    def __call__(self) -> float:
        return self.now_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return notes_in(tmp_path, origin_ns=0, clock_ns=lambda: 0)


def stalls(folder: Path) -> list[tuple[float, float]]:
    lines = parse((folder / "harness.jsonl").read_text())
    return [(line["from_ms"], line["to_ms"]) for line in lines if line["kind"] == "stall"]


def test_a_gap_of_more_than_a_quarter_of_a_second_is_a_stall(
    clock: Clock, notes: Notes, tmp_path: Path
) -> None:
    heartbeat = Heartbeat(clock, notes)
    for clock.now_ms in (1050.0, 1300.0, 1550.1, 1600.0):
        heartbeat.beat()
    assert stalls(tmp_path) == [(1300.0, 1550.1)]


def test_it_beats_by_itself_and_looks_once_more_at_the_end(
    clock: Clock, notes: Notes, tmp_path: Path
) -> None:
    with Heartbeat(clock, notes):
        clock.now_ms = 2000.0
        wait_until(lambda: stalls(tmp_path), seconds=5, what="a beat")
        clock.now_ms = 3000.0
    assert stalls(tmp_path) == [(1000.0, 2000.0), (2000.0, 3000.0)]
