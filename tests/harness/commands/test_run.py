"""`stream-chaos run`, on small sites in the place of real ones."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.local import standing
from harness.fault.registry import Fault

from ..run.conftest import SmallSite  # noqa: TID252 - tests are no package that has a name
from .conftest import Ended

SCENARIO = """\
scenario: {name}
description: A small site.
environments: [{environment}]
workload: {{sensors: 1, rate: 20/s, warm_up: 1s, run_for: 5s}}
site:
  stream_manager: {{STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS: 1000}}
drain: {{deadline: 4s}}
steps: [{{name: outage, at: 2s, cut: [kinesis], for: 2s}}]
conditions: [{condition}]
judge: [loss]
"""

Run = Callable[..., Ended]


class Sites:
    """Stands small sites up, in the place of real ones.

    Attributes:
        prepare: by the scenario's name, what is done to its site before it is used.
    """

    def __init__(self) -> None:
        self.prepare: dict[str, Callable[[SmallSite], None]] = {}
        self.stood: list[tuple[str, SmallSite]] = []
        self.stream_managers: list[str | None] = []

    def stand_up(
        self, plan: Any, *, directory: Path, progress: Any, stream_manager: str | None
    ) -> SmallSite:
        folder = directory / "witness"
        folder.mkdir()
        progress("everything 0.1 s")
        site = SmallSite(folder)
        self.prepare.get(plan.scenario, lambda site: None)(site)
        self.stood.append((plan.scenario, site))
        self.stream_managers.append(stream_manager)
        return site


@pytest.fixture
def sites(monkeypatch: pytest.MonkeyPatch) -> Sites:
    made = Sites()
    monkeypatch.setattr(standing, "stand_up", made.stand_up)
    return made


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a scenario into the folder `mine`."""

    def written(name: str, *, environment: str = "local", condition: str = "outages: {}") -> Path:
        folder = tmp_path / "mine"
        folder.mkdir(exist_ok=True)
        text = SCENARIO.format(
            name=name, environment=environment, condition=f"{{{condition}}}"
        ).replace("outages: {}", "outages: {at_least: 1}")
        file = folder / f"{name}.yaml"
        file.write_text(text)
        return file

    return written


def drop(site: SmallSite) -> None:
    site.drops = {30}


def unavailable(site: SmallSite) -> None:
    raise EnvironmentUnavailable("There is no Toxiproxy", "Install it")


def report(tmp_path: Path, name: str, reports: str = "reports") -> Any:
    return json.loads((tmp_path / reports / name / "latest" / "report.json").read_text())


# -- one scenario ----------------------------------------------------------------------------------


def test_a_run_tells_each_verdict_and_where_its_report_is(
    chaos: Run, write: Any, sites: Sites, tmp_path: Path
) -> None:
    ended = chaos("run", write("kept"))
    assert (ended.status, ended.errors) == (0, "")
    assert "loss         valid" in ended.output
    assert "verdict      valid" in ended.output
    folder = (tmp_path / "reports" / "kept" / "latest").resolve()
    assert str(Path("reports") / "kept" / folder.name / "report.html") in ended.output
    assert (folder / "report.html").is_file()


def test_what_happens_is_told_while_it_happens(chaos: Run, write: Any, sites: Sites) -> None:
    output = chaos("run", write("kept")).output
    told = [
        "standing up: everything 0.1 s",
        "phase: prepare",
        "phase: steady",
        "outage: connections are closed and refused",
    ]
    told += ["outage: healed", "phase: drain", "reading back kinesis/K", "verdict"]
    places = [output.find(each) for each in told]
    assert -1 not in places
    assert places == sorted(places)


def test_a_message_that_is_left_out_is_named_and_ends_with_status_1(
    chaos: Run, write: Any, sites: Sites
) -> None:
    sites.prepare = {"lossy": drop}
    ended = chaos("run", write("lossy"))
    assert ended.status == 1
    assert "loss         invalid" in ended.output
    assert "message 30 (sensor-1/30) of S/E" in ended.output


def test_a_condition_that_is_not_met_is_named_and_ends_with_status_3(
    chaos: Run, write: Any, sites: Sites
) -> None:
    condition = "waiting_at_heal: {stream: S, at_least: 1000}"
    ended = chaos("run", write("idle", condition=condition))
    assert ended.status == 3
    assert "condition    unmet    waiting_at_heal" in ended.output


def test_a_run_that_breaks_off_says_why(chaos: Run, write: Any, sites: Sites) -> None:
    sites.prepare = {"mute": lambda site: setattr(site, "source_answers", False)}
    ended = chaos("run", write("mute"))
    assert ended.status == 3
    assert "the run was broken off: the source cannot be measured: nobody is there" in ended.output
    assert "Traceback" not in ended.output + ended.errors


def test_the_report_repeats_the_run_with_one_command(
    chaos: Run, write: Any, sites: Sites, tmp_path: Path
) -> None:
    file = write("kept")
    chaos("run", file, "--seed", "7", "--stream-manager", "their server", "--reports", "elsewhere")
    found = report(tmp_path, "kept", "elsewhere")
    assert found["seed"] == 7
    assert found["repeat"] == (
        f"stream-chaos run {file} --environment local --seed 7 --stream-manager 'their server'"
    )
    assert sites.stream_managers == ["their server"]


def test_ctrl_c_heals_and_takes_everything_down(
    chaos: Run, write: Any, sites: Sites, tmp_path: Path
) -> None:
    def interrupting(site: SmallSite) -> None:
        inject = site.inject

        @contextmanager
        def injected(fault: Fault) -> Iterator[None]:
            with inject(fault):
                os.kill(os.getpid(), signal.SIGINT)
                yield

        site.inject = injected  # type: ignore[method-assign]

    sites.prepare = {"first": interrupting}
    ended = chaos("run", write("first"), write("second"))
    assert ended.status == 130
    assert ended.errors.strip() == "stream-chaos: interrupted."
    ((name, site),) = sites.stood
    assert (name, site.did[-1]) == ("first", "down"), "the second is not begun"
    assert "heal link_down" in site.did
    assert report(tmp_path, "first")["verdict"] == "unknown"


# -- several ---------------------------------------------------------------------------------------


def test_all_scenarios_of_a_folder_run_and_the_worst_status_counts(
    chaos: Run, write: Any, sites: Sites, tmp_path: Path
) -> None:
    write("a_lossy")
    write("b_kept")
    sites.prepare = {"a_lossy": drop}
    ended = chaos("run", tmp_path / "mine")
    assert ended.status == 1
    assert "2 scenarios: a_lossy invalid, b_kept valid" in ended.output
    assert [name for name, _ in sites.stood] == ["a_lossy", "b_kept"]
    assert all(site.did[-1] == "down" for _, site in sites.stood)


def test_a_site_that_cannot_stand_is_worst_and_keeps_no_other_from_running(
    chaos: Run, write: Any, sites: Sites
) -> None:
    sites.prepare = {"a": unavailable}
    ended = chaos("run", write("a"), write("b"))
    assert ended.status == 4
    assert ended.errors == "There is no Toxiproxy. Install it\n"
    assert [name for name, _ in sites.stood] == ["b"]


# -- bad input -------------------------------------------------------------------------------------


def test_every_problem_of_every_file_is_told_before_anything_runs(
    chaos: Run, write: Any, sites: Sites, tmp_path: Path
) -> None:
    good = write("good")
    for name in ("bad", "worse"):
        file = write(name)
        file.write_text(file.read_text().replace("5s", "soon").replace("steps", "stepz"))
    ended = chaos("run", good, tmp_path / "mine" / "bad.yaml", tmp_path / "mine" / "worse.yaml")
    assert ended.status == 2
    for name in ("bad", "worse"):
        assert f"{name}.yaml:4:" in ended.errors
        assert f"{name}.yaml:8:1: stepz: unknown key" in ended.errors
    assert sites.stood == []


def test_a_scenario_for_another_environment_is_left_out(
    chaos: Run, write: Any, sites: Sites
) -> None:
    ended = chaos("run", write("theirs", environment="simulated"), write("ours"))
    assert ended.status == 0
    assert "theirs.yaml: not for local, left out" in ended.errors
    assert [name for name, _ in sites.stood] == ["ours"]


def test_scenarios_that_are_all_for_another_environment_are_an_error(
    chaos: Run, write: Any, sites: Sites
) -> None:
    ended = chaos("run", write("theirs", environment="simulated"))
    assert ended.status == 2
    assert "No scenario can run in local" in ended.errors
    assert "(simulated)" in ended.errors


def test_a_folder_that_cannot_be_written_to_is_said_before_a_site_stands(
    chaos: Run, write: Any, sites: Sites, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("")
    ended = chaos("run", write("kept"), "--reports", tmp_path / "taken" / "reports")
    assert ended.status == 2
    assert ended.errors.startswith("Nothing can be written to the folder of the reports")
    assert sites.stood == []
