"""LocalStack as a process: what it sees of this machine, when it counts as ready, and that all of it ends."""

import os
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.local.localstack import (
    LocalStackProcess,
    environment,
    start_localstack,
)
from harness.environments.site.emulator import SERVICES, services, warm_up
from harness.environments.site.ports import Ports
from harness.environments.site.processes import MARK, kill_marked, marked
from harness.tools.localstack import LIBRARIES, LocalStackTool, ensure_localstack
from harness.waiting import wait_until
from system.aws.clients import Cloud

SEEN_S = 10.0


@pytest.fixture
def tool(tmp_path: Path) -> LocalStackTool:
    """Not LocalStack: folders, and an interpreter that a test has to make."""
    home = tmp_path / "tool" / "home"
    (home / LIBRARIES / "index").mkdir(parents=True)
    return LocalStackTool(
        python=tmp_path / "tool" / "python",
        node=tmp_path / "tool" / "node",
        kinesis=tmp_path / "tool" / "kinesis",
        plugin=tmp_path / "tool" / "plugin",
        home=home,
    )


def pretend(tool: LocalStackTool, script: str) -> None:
    tool.python.write_text(f"#!/bin/sh\n{script}\n")
    tool.python.chmod(tool.python.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def port() -> int:
    ports = Ports()
    port = ports.free()
    ports.release()
    return port


Launch = Callable[[LocalStackTool], LocalStackProcess]


@pytest.fixture
def launch(tmp_path: Path, port: int) -> Iterator[Launch]:
    """Starts a LocalStack in this test's folder."""

    started: list[LocalStackProcess] = []

    def launched(tool: LocalStackTool) -> LocalStackProcess:
        running = start_localstack(
            tool,
            port=port,
            directory=tmp_path / "state",
            log=tmp_path / "localstack.log",
            mark=str(tmp_path),
        )
        started.append(running)
        return running

    yield launched
    kill_marked(lambda mark: mark == str(tmp_path))
    for running in started:
        running.part.process.wait(SEEN_S)


# -- its environment -------------------------------------------------------------------------------


def test_what_a_user_has_set_for_others_does_not_reach_it(
    tool: LocalStackTool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        *("AWS_PROFILE", "AWS_ENDPOINT_URL", "LOCALSTACK_AUTH_TOKEN", "SERVICES", "DEBUG"),
        *("PERSISTENCE", "GATEWAY_LISTEN", "KINESIS_ERROR_PROBABILITY", "PYTHONPATH"),
    ):
        monkeypatch.setenv(name, "somebody else's")
    monkeypatch.setenv("SSL_CERT_FILE", "kept")
    monkeypatch.setenv("no_proxy", "example.org")
    seen = environment(tool, port=4567, directory=tmp_path, mark="the mark")
    assert "somebody else's" not in seen.values()
    assert (seen["SSL_CERT_FILE"], seen[MARK]) == ("kept", "the mark")
    assert seen["GATEWAY_LISTEN"] == seen["LOCALSTACK_HOST"] == "127.0.0.1:4567"
    assert seen["NO_PROXY"] == seen["no_proxy"] == "example.org,127.0.0.1,localhost"
    assert seen["PATH"].startswith(f"{tool.node}:")
    assert (seen["PYTHONPATH"], seen["FILESYSTEM_ROOT"]) == (str(tool.plugin), str(tmp_path))
    assert set(seen["SERVICES"].split(",")) == set(SERVICES)


def test_it_looks_for_no_identity_of_this_machine(tool: LocalStackTool, tmp_path: Path) -> None:
    seen = environment(tool, port=4567, directory=tmp_path, mark="the mark")
    assert seen["AWS_EC2_METADATA_DISABLED"] == "true"
    assert (seen["AWS_ACCESS_KEY_ID"], seen["AWS_CONFIG_FILE"]) == ("test", os.devnull)


def test_what_was_installed_beforehand_is_placed_where_it_looks(
    tool: LocalStackTool, launch: Launch, tmp_path: Path
) -> None:
    pretend(tool, "exit 0")
    for _ in range(2):  # a site's LocalStack may be started again
        launch(tool).part.process.wait(SEEN_S)
    libraries = tmp_path / "state" / LIBRARIES
    placed = {path.readlink() for path in libraries.rglob("*") if path.is_symlink()}
    assert placed == {tool.kinesis, tool.libraries / "index"}


# -- readiness -------------------------------------------------------------------------------------


def test_one_that_ends_shows_the_end_of_its_log(tool: LocalStackTool, launch: Launch) -> None:
    pretend(tool, "echo no license; exit 3")
    with pytest.raises(EnvironmentUnavailable) as failed:
        launch(tool).wait(SEEN_S)
    assert "LocalStack ended with status 3" in str(failed.value)
    assert str(failed.value).endswith("no license")


def test_one_that_does_not_answer_in_time_is_named_with_its_log(
    tool: LocalStackTool, launch: Launch
) -> None:
    pretend(tool, "echo thinking; exec sleep 300")
    running = launch(tool)
    wait_until(running.part.printed, seconds=SEEN_S, what="its first line")
    with pytest.raises(EnvironmentUnavailable) as failed:
        running.wait(0.2)
    assert f"(pid {running.part.process.pid}) but did not answer on {running.endpoint}" in str(
        failed.value
    )
    assert str(failed.value).endswith("thinking")
    running.stop()
    assert not running.part.alive()


def test_somebody_else_on_the_port_is_not_taken_for_it(
    tool: LocalStackTool, launch: Launch, port: int
) -> None:
    pretend(tool, "exec sleep 300")
    with closing(socket.create_server(("127.0.0.1", port))), pytest.raises(EnvironmentUnavailable):
        launch(tool).wait(0.2)


def test_an_interpreter_that_is_gone_is_one_sentence(tool: LocalStackTool, launch: Launch) -> None:
    with pytest.raises(EnvironmentUnavailable, match="LocalStack cannot be started: "):
        launch(tool)


# -- its end ---------------------------------------------------------------------------------------


def test_all_that_it_started_ends_with_it(
    tool: LocalStackTool, launch: Launch, tmp_path: Path
) -> None:
    pretend(tool, "trap '' TERM; sleep 300 & (sleep 301 & wait) & wait")
    running = launch(tool)
    family = psutil.Process(running.part.process.pid)
    wait_until(lambda: len(family.children(recursive=True)) == 3, seconds=SEEN_S, what="children")
    running.stop()
    assert list(marked(lambda mark: mark == str(tmp_path))) == []
    running.stop()


# -- for real --------------------------------------------------------------------------------------


@pytest.mark.localstack
def test_every_service_of_the_edge_answers(localstack: Any) -> None:
    assert set(SERVICES) <= set(services(localstack.endpoint))
    cloud = Cloud(localstack.endpoint, "us-east-1")
    for service, call in (
        ("kinesis", "list_streams"),
        ("iotanalytics", "list_channels"),
        ("iot", "list_things"),
        ("greengrass", "list_groups"),
        ("s3", "list_buckets"),
        ("logs", "describe_log_groups"),
        ("lambda", "list_functions"),
    ):
        answer = getattr(cloud.client(service), call)()
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.localstack
def test_the_real_one_warms_up_and_leaves_nothing(launch: Launch, tmp_path: Path) -> None:
    running = launch(ensure_localstack(print))
    running.wait()
    warm_up(running.endpoint)()
    programs = {process.name() for process in marked(lambda mark: mark == str(tmp_path))}
    assert any("node" in program for program in programs), "Kinesis runs before anybody asks"
    running.stop()
    assert list(marked(lambda mark: mark == str(tmp_path))) == []
    assert any((tmp_path / "state").iterdir()), "its state is in the folder it was given"
