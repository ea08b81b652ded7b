"""What a run of benchmarks does with one that cannot be measured."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench import __main__ as command
from bench.benchmark import Benchmark, Setup
from bench.benchmarks import peers
from bench.rounds import Subject
from bench.workbench import Workbench
from harness.environments.errors import EnvironmentUnavailable
from harness.waiting import WaitedInVain

RunOf = Callable[..., tuple[int, list[dict[str, object]]]]


@pytest.fixture
def run_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunOf:
    """Runs benchmarks; exit status and results."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(command, "ensure_client", lambda progress: Path("client"))

    def run(*benchmarks: Benchmark) -> tuple[int, list[dict[str, object]]]:
        monkeypatch.setattr(command, "BENCHMARKS", {each.name: each for each in benchmarks})
        into = tmp_path / "bench"
        done = CliRunner().invoke(command.main, ["--quick", "--into", str(into)])
        assert isinstance(done.exception, SystemExit | None), done.output
        return done.exit_code, json.loads((into / "results.json").read_text())["benchmarks"]

    return run


def benchmark(name: str, prepare: Callable[[Workbench], Setup]) -> Benchmark:
    return Benchmark(name=name, question="?", method=".", prepare=prepare)


def sound(bench: Workbench) -> Setup:
    return Setup(subjects=[Subject("a", "s", lambda: 1.0)])


@pytest.mark.parametrize(
    "error", [WaitedInVain("the backlog to be exported", 120), EnvironmentUnavailable("no Go")]
)
def test_one_that_cannot_be_measured_leaves_the_others_their_turn(
    run_of: RunOf, error: Exception
) -> None:
    def fails(bench: Workbench) -> Setup:
        raise error

    status, found = run_of(benchmark("first", fails), benchmark("second", sound))
    assert status == 4
    assert [each["missing"] for each in found] == [str(error), ""]
    assert found[1]["series"]


def test_one_that_fails_while_it_is_measured_is_told_as_well(run_of: RunOf) -> None:
    def fails() -> float:
        raise WaitedInVain("the backlog to be exported", 120)

    setup = Setup(subjects=[Subject("a", "s", fails)])
    status, found = run_of(benchmark("only", lambda bench: setup))
    assert (status, found[0]["missing"]) == (
        4,
        "waited 120 s for the backlog to be exported, in vain",
    )


def test_what_is_left_out_of_one_is_told_by_the_exit_status(run_of: RunOf) -> None:
    partly = Setup(subjects=[Subject("a", "s", lambda: 1.0)], missing="there is no Redis")
    assert run_of(benchmark("partly", lambda bench: partly))[0] == 4
    assert run_of(benchmark("whole", sound))[0] == 0


def test_the_targets_beside_peers_say_which_clients_are_compared() -> None:
    targets = [target.speaks_of() for target in peers.BENCHMARK.targets]
    assert targets == [
        {"stream manager, pre-encoded", "Redis, no fsync, redis-py"},
        {"stream manager, pre-encoded", "NATS JetStream, nats-py"},
    ]
