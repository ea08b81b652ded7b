"""The loop of an exploration, with made-up outcomes: what is tried out, when it is enough, what is gone on with."""

from collections.abc import Callable, Collection
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness.explore import exploring
from harness.explore.attempt import Attempt
from harness.explore.corpus import Keeper, corpus_of
from harness.explore.exploring import Exploration, Limits
from harness.explore.findings import Findings, write
from harness.explore.journal import Journal, Target
from harness.explore.workers import Inline

RUN_MS = (600_000, 780_000)


@dataclass
class Made:
    """What was tried out, and what comes of it."""

    failing: tuple[str, ...] = ()
    tried: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def attempt(self, lineage: str, run_ms: tuple[int, int], manager: str | None) -> Attempt:
        self.tried.append(lineage)
        verdict = "invalid" if lineage in self.failing else "valid"
        return Attempt(lineage=lineage, verdict=verdict, states=(f"s{lineage[-1]}",), wall_s=0.1)

    def replay(self, name: str, content: bytes, manager: str | None) -> Attempt:
        return replace(self.attempt(name, RUN_MS, manager), replayed=True)

    def tried_out(self, attempt: Attempt, states: int) -> None:
        self.told.append(attempt.lineage)


class Spectator:
    def __init__(self, made: Made) -> None:
        self.tried = made.tried_out


@pytest.fixture
def explored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Exploration]:
    def explore(
        made: Made,
        *,
        count: int | None = 10,
        until_failure: bool = False,
        time_is_over: Callable[[], bool] = lambda: False,
        corpus: Path | None = None,
        staff: tuple[Executor, int] = (Inline(), 1),
    ) -> Exploration:
        monkeypatch.setattr(exploring, "attempt", made.attempt)
        monkeypatch.setattr(exploring, "replay", made.replay)
        journal = Journal(tmp_path / "journal.jsonl")
        target = Target(first_seed=1, run_ms=RUN_MS, stream_manager=None, count=count)
        if not (tmp_path / "journal.jsonl").exists():
            journal.begin(target)
        exploration = Exploration(
            target,
            journal,
            known=journal.attempts(),
            staff=staff,
            limits=Limits(until_failure=until_failure, time_is_over=time_is_over),
            spectator=Keeper(tmp_path, corpus, RUN_MS, Spectator(made)),
        )
        exploration.replay(corpus_of(corpus))
        exploration.explore()
        return exploration

    return explore


def test_so_many_scenarios_are_tried_out_as_were_asked_for(
    explored: Callable[..., Exploration],
) -> None:
    exploration = explored(made := Made())
    assert made.tried == [str(seed) for seed in range(1, 11)]
    assert sorted(exploration.attempts) == list(range(10))


def test_the_first_failure_may_be_enough(
    explored: Callable[..., Exploration], tmp_path: Path
) -> None:
    explored(made := Made(failing=("3",)), until_failure=True)
    assert made.tried[-1] in ("3", "4")
    assert (tmp_path / "failures/explored_3.yaml").is_file()


def test_when_the_time_is_over_nothing_more_begins(explored: Callable[..., Exploration]) -> None:
    made = Made()
    explored(made, count=None, time_is_over=lambda: len(made.tried) >= 5)
    assert len(made.tried) == 5


def test_what_has_been_tried_out_is_not_tried_out_again(
    explored: Callable[..., Exploration],
) -> None:
    explored(Made(), count=4)
    exploration = explored(made := Made(), count=10)
    assert made.tried == [str(seed) for seed in range(5, 11)]
    assert len(exploration.attempts) == 10


class Backwards(Executor):
    """Does what it was asked last, whenever somebody waits for it."""

    def __init__(self) -> None:
        self._asked: dict[Future[Any], Callable[[], Any]] = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._asked[future] = partial(fn, *args, **kwargs)
        return future

    def wait(
        self, asked: Collection[Future[Any]], **_: Any
    ) -> tuple[set[Future[Any]], set[Future[Any]]]:
        done, does = self._asked.popitem()
        done.set_result(does())
        return {done}, set(asked) - {done}


def test_the_same_scenarios_are_tried_out_however_many_work_and_whoever_is_first(
    explored: Callable[..., Exploration], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_order = explored(alone := Made(), count=150)
    (tmp_path / "journal.jsonl").unlink()
    several = Backwards()
    monkeypatch.setattr(exploring, "wait", several.wait)
    backwards = explored(together := Made(), count=150, staff=(several, 7))
    assert alone.tried != together.tried
    assert backwards.attempts == in_order.attempts
    assert len(set(alone.tried)) == 150
    # A quarter of those after the first two generations.
    assert sum("." in name for name in alone.tried) == 21


def test_what_failed_before_comes_first_and_what_fails_now_is_added(
    explored: Callable[..., Exploration], tmp_path: Path
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    old = ("old.yaml", "older.yml")
    for name in old:
        (corpus / name).write_text(f"scenario: {name.partition('.')[0]}\n")
    exploration = explored(made := Made(failing=("2", *old)), count=3, corpus=corpus)
    assert made.tried == [*old, "1", "2", "3"]
    assert [each.lineage for each in exploration.replayed] == [*old]
    assert {file.name for file in corpus.iterdir()} == {*old, "explored_2.yaml"}
    assert (tmp_path / "failures/old.yaml").read_text() == "scenario: old\n"
    assert (tmp_path / "failures/older.yml").read_text() == "scenario: older\n"


def test_reasons_that_differ_in_numbers_alone_are_told_once_as_the_first_was(
    tmp_path: Path,
) -> None:
    said = [
        "Valid: ordering. Unknown: overwrite: 1 of at least 2 segments of RawData went.",
        "Unknown: loss: The drain was cut short.",
        "Unknown: overwrite: 0 of at least 12 segments of RawData went.",
    ]
    tried = [Attempt(lineage=str(n), verdict="unknown", reason=each) for n, each in enumerate(said)]
    findings = Findings(
        target=Target(first_seed=0, run_ms=RUN_MS, stream_manager=None, count=3),
        attempts=dict(enumerate(tried)),
        replayed=[],
        wall_s=2.0,
        folder=tmp_path,
        command="stream-chaos explore --seeds 3",
    )
    assert findings.to_json()["unknown_because"] == {
        "overwrite: 1 of at least 2 segments of RawData went.": 2,
        "loss: The drain was cut short.": 1,
    }


def test_findings_name_a_command_for_each_failure(
    explored: Callable[..., Exploration], tmp_path: Path
) -> None:
    exploration = explored(Made(failing=("2",)), count=3)
    findings = Findings(
        target=Target(first_seed=1, run_ms=RUN_MS, stream_manager="a.b:PARTS", count=3),
        attempts=exploration.attempts,
        replayed=exploration.replayed,
        wall_s=2.0,
        folder=tmp_path,
        command="stream-chaos explore --seeds 3",
    )
    (failure,) = findings.to_json()["failures"]
    assert failure["repeat"].endswith(
        "failures/explored_2.yaml --environment simulated --stream-manager a.b:PARTS"
    )
    assert findings.to_json()["verdicts"] == {"invalid": 1, "valid": 2}
    assert findings.to_json()["curve"] == [[1, 1], [2, 2], [3, 3]]
    page = write(findings).read_text()
    assert "1 failed." in page
    assert "http" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "")
