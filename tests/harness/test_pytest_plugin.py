"""The pytest plugin, in suites of somebody else."""

import xml.etree.ElementTree as ElementTree
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

# What a suite imports in this process is forgotten after it, and matplotlib cannot be loaded twice.
import harness.report.write  # noqa: F401
from harness.environments.errors import EnvironmentUnavailable
from harness.environments.local import standing
from harness.tools.cache import cache_directory

from .run.conftest import SmallSite

pytest_plugins = "pytester"

# Such a suite has a home of its own, but the tools are those of everybody.
TOOLS = cache_directory()

PLUGIN = "harness.pytest_plugin"
INSTALLED = any(each.value == PLUGIN for each in entry_points(group="pytest11"))

OPTIONS = ("-p", "no:cacheprovider", *(() if INSTALLED else ("-p", PLUGIN)))

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


def stand_up(plan: Any, *, directory: Path, progress: Any, stream_manager: str | None) -> SmallSite:
    """A small site in the place of a real one."""
    if plan.scenario == "nowhere":
        raise EnvironmentUnavailable("There is no Toxiproxy", "Install it")
    folder = directory / "witness"
    folder.mkdir()
    return SmallSite(folder, drops={30} if plan.scenario == "lossy" else set())


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Somebody's suite, with the plugin; the sites of its scenarios are small ones."""
    monkeypatch.setattr(standing, "stand_up", stand_up)
    monkeypatch.setenv("STREAM_CHAOS_CACHE", str(TOOLS))
    return pytester


def run(suite: pytest.Pytester, *arguments: object) -> pytest.RunResult:
    """Run it in this process."""
    return suite.runpytest_inprocess(*OPTIONS, *map(str, arguments))


def run_alone(suite: pytest.Pytester, *arguments: object) -> pytest.RunResult:
    """Run it in a process of its own, where every site is a real one."""
    return suite.runpytest_subprocess(*OPTIONS, *map(str, arguments))


def write(
    suite: pytest.Pytester,
    name: str,
    folder: str = "scenarios",
    *,
    environment: str = "local",
    condition: str = "outages: {at_least: 1}",
) -> Path:
    """Write a scenario into a folder of the suite."""
    place = suite.path / folder
    place.mkdir(parents=True, exist_ok=True)
    text = SCENARIO.format(name=name, environment=environment, condition=f"{{{condition}}}")
    file = place / f"{name}.yaml"
    file.write_text(text)
    return file


# -- a suite that does not use it ------------------------------------------------------------------


def test_a_suite_that_does_not_use_it_pays_nothing(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import sys

        def test_nothing_of_ours_is_imported():
            ours = {name for name in sys.modules if name.split(".")[0] in ("harness", "system")}
            assert ours == {"harness", "harness.pytest_plugin"}
            assert not {"yaml", "pydantic", "boto3", "docker", "matplotlib"} & set(sys.modules)
        """
    )
    run_alone(suite).assert_outcomes(passed=1)


def test_yaml_of_somebody_else_is_left_alone(suite: pytest.Pytester) -> None:
    folder = suite.mkdir("data")
    (folder / "compose.yaml").write_text("services: {web: {image: nginx}}")
    (folder / "broken.yml").write_text("{{ not yaml")
    (folder / "scenario_of_others.yaml").write_text("scenario: of another tool\nsteps: []\n")
    (folder / "binary.yaml").write_bytes(b"\xff\xfe\x00scenario:")
    assert run(suite, "data").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_scenarios_that_nobody_named_are_no_tests(suite: pytest.Pytester) -> None:
    write(suite, "kept", "tests/scenarios")
    suite.makepyfile("def test_something(): pass")
    run(suite).assert_outcomes(passed=1)
    run(suite, "--collect-only", "tests").stdout.no_fnmatch_line("*kept*")


# -- scenarios as tests ----------------------------------------------------------------------------


@pytest.mark.parametrize("named", ["scenarios", "scenarios/kept.yaml", "scenarios/kept.yaml::kept"])
def test_a_scenario_that_is_named_is_a_test_that_passes_when_it_is_valid(
    suite: pytest.Pytester, named: str
) -> None:
    write(suite, "kept")
    run(suite, named).assert_outcomes(passed=1)
    assert (suite.path / "reports" / "kept" / "latest" / "report.html").is_file()


def test_folders_of_the_ini_file_are_collected_as_well(suite: pytest.Pytester) -> None:
    write(suite, "kept")
    suite.makeini("[pytest]\nstream_chaos_scenarios = scenarios\n")
    run(suite, "--collect-only", "-q").stdout.fnmatch_lines(["scenarios/kept.yaml::kept"])


def test_an_invalid_one_fails_with_what_the_judges_say(suite: pytest.Pytester) -> None:
    write(suite, "lossy")
    result = run(suite, "scenarios")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "invalid: loss: *",
            "loss invalid: *",
            "  - message 30 (sensor-1/30) of S/E*",
            "report: *report.html",
            "repeat: stream-chaos run *lossy.yaml --environment local --seed 1",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*def runtest*")


@pytest.mark.parametrize(("option", "outcome"), [("fail", "failed"), ("xfail", "xfailed")])
def test_an_unknown_one_fails_or_is_expected_to(
    suite: pytest.Pytester, option: str, outcome: str
) -> None:
    write(suite, "idle", condition="waiting_at_heal: {stream: S, at_least: 1000}")
    result = run(suite, "scenarios", "--stream-chaos-unknown", option)
    result.assert_outcomes(**{outcome: 1})


def test_one_without_a_site_is_an_error_and_the_next_one_still_runs(suite: pytest.Pytester) -> None:
    write(suite, "nowhere")
    write(suite, "some")
    result = run(suite, "scenarios")
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(["There is no Toxiproxy. Install it"])


def test_one_for_another_edition_is_skipped(suite: pytest.Pytester) -> None:
    write(suite, "elsewhere", environment="containers")
    run(suite, "scenarios").assert_outcomes(skipped=1)


def test_one_with_mistakes_is_told_with_file_and_line(suite: pytest.Pytester) -> None:
    file = write(suite, "wrong")
    file.write_text(file.read_text().replace("steps:", "stepz:"))
    result = run(suite, "scenarios")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*wrong.yaml:8:1: stepz: unknown key; did you mean `steps`?"])


def test_junit_has_seed_and_plan(suite: pytest.Pytester) -> None:
    write(suite, "kept")
    run(suite, "scenarios", "--junit-xml", "junit.xml", "--stream-chaos-seed", 7)
    case = ElementTree.parse(suite.path / "junit.xml").getroot().find(".//testcase")
    assert case is not None
    properties = {each.get("name"): each.get("value", "") for each in case.iter("property")}
    assert properties["seed"] == "7"
    assert len(properties["plan"]) == 64
    assert properties["environment"] == "local"
    assert properties["repeat"].endswith("--environment local --seed 7")


def test_a_seed_that_is_none_is_told_in_a_sentence(suite: pytest.Pytester) -> None:
    write(suite, "kept")
    result = run(suite, "scenarios", "--stream-chaos-seed", "lucky")
    assert result.ret != 0
    assert "--stream-chaos-seed lucky: a whole number belongs here" in "".join(
        [*result.outlines, *result.errlines]
    )


def test_workers_of_xdist_collect_the_same_and_share_the_reports(suite: pytest.Pytester) -> None:
    for name in ("some", "kept", "more"):
        write(suite, name, environment="containers")
    run_alone(suite, "scenarios", "-n", "2").assert_outcomes(skipped=3)


# -- fixtures --------------------------------------------------------------------------------------


def test_a_stream_manager_keeps_what_it_acknowledged_when_it_is_killed(
    suite: pytest.Pytester,
) -> None:
    suite.makepyfile(
        """
        from stream_manager import MessageStreamDefinition, StrategyOnFull

        def test_it(stream_manager):
            with stream_manager.connect() as client:
                client.create_message_stream(MessageStreamDefinition(
                    name="S", strategy_on_full=StrategyOnFull.RejectNewData))
                assert client.append_message("S", b"kept") == 0
            stream_manager.kill()
            stream_manager.start()
            with stream_manager.connect() as client:
                assert [each.payload for each in client.read_messages("S")] == [b"kept"]

        def test_the_next_one_has_an_empty_store(stream_manager):
            with stream_manager.connect() as client:
                assert client.list_streams() == []
        """
    )
    run_alone(suite).assert_outcomes(passed=2)


def test_tests_of_one_session_cannot_want_two_sites(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest

        @pytest.mark.stream_chaos_site(scenario="a.yaml")
        def test_one(site): pass

        @pytest.mark.stream_chaos_site(scenario="b.yaml")
        def test_two(site): pass
        """
    )
    result = run(suite)
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*a session has one site*a.yaml and b.yaml*"])


@pytest.mark.localstack
def test_somebody_elses_suite_stands_a_site_up_and_cuts_its_link(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest, requests
        from harness.waiting import wait_until

        def down(site):
            return sorted(name for name, link in site.environment.links.state().items() if not link["up"])

        def test_the_page_is_served_while_the_link_is_down(site, uplink):
            with uplink.cut("kinesis"):
                assert down(site) == ["kinesis"]
                assert requests.get(site.url("dashboard"), timeout=5).ok
            assert down(site) == []

        def test_what_a_test_leaves_is_healed_after_it(site, uplink):
            left = uplink.cut()
            left.__enter__()
            assert len(down(site)) > 3

        def test_it_was(site, uplink):
            assert site.environment.unclean() == []
            with uplink.silent("iotanalytics"), uplink.slow("kinesis", latency_ms=50):
                assert len(site.environment.unclean()) == 2

        def test_readings_come(site):
            wait_until(lambda: site.environment.source().published > 0, seconds=30, what="readings")

        def test_a_service_that_is_none(uplink):
            with pytest.raises(pytest.UsageError, match="no service 'kinesys'"):
                uplink.cut("kinesys")
        """
    )
    run_alone(suite).assert_outcomes(passed=5)
