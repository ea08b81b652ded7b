"""`docker compose` as the connector uses it: labels on everything that it makes, and its refusals in its own words."""

import json
import os
from pathlib import Path

import pytest

from system.greengrass.v1.compose_project import ComposeFailed, ComposeProject, labels_override

COMPOSE = """
services:
  page: {image: page, networks: [edge]}
  store: {image: store}
networks:
  edge: {external: true}
  own:
volumes:
  kept: {}
  theirs: {external: true}
"""

# Answers as Docker does, and writes down what it is asked.
DOCKER = """#!/bin/sh
echo "$*" >> "$0.asked"
case "$*" in
  "compose version") exit {version} ;;
  *config*|*up*) {config} ;;
  ps*) echo one ;;
  *inspect*) cat "$0.inspected" ;;
esac
"""
INSPECTED = [
    {
        "Name": "/project-page-1",
        "RestartCount": 2,
        "Config": {"Labels": {"com.docker.compose.service": "page"}},
        "State": {
            "Running": True,
            "Status": "running",
            "Pid": 4711,
            "StartedAt": "2026-11-25T10:15:00.123456789Z",
        },
    }
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "docker-compose.yml"
    made.write_text(COMPOSE)
    return made


def pretend(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, version: int = 0, config: str = "exit 0"
) -> Path:
    """A program docker; returns the file of what it was asked."""
    program = folder / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(DOCKER.format(version=version, config=config))
    program.chmod(0o755)
    Path(f"{program}.inspected").write_text(json.dumps(INSPECTED))
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return Path(f"{program}.asked")


def test_what_the_file_makes_is_labelled_and_what_is_somebody_else_s_is_not() -> None:
    labels = {"site": "/a/b", "more": "x=y"}
    assert json.loads(labels_override(COMPOSE, "site=/a/b,more=x=y")) == {
        "services": {"page": {"labels": labels}, "store": {"labels": labels}},
        "networks": {"default": {"labels": labels}, "own": {"labels": labels}},
        "volumes": {"kept": {"labels": labels}},
    }


def test_without_labels_there_is_nothing_to_add() -> None:
    assert labels_override(COMPOSE, "") == ""


@pytest.mark.parametrize("text", ["[]", "", "{"])
def test_what_is_no_compose_file_is_left_for_compose_to_refuse(text: str) -> None:
    assert labels_override(text, "site=/a/b") == ""


def test_a_project_is_named_as_aws_has_it_unless_it_is_told_otherwise(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = pretend(tmp_path, monkeypatch)
    monkeypatch.delenv("COMPOSE_PROJECT_NAME", raising=False)
    ComposeProject(file).up()
    monkeypatch.setenv("COMPOSE_PROJECT_NAME", "mine")
    ComposeProject(file).down(1.0)
    first, _, second = asked.read_text().splitlines()
    assert "--project-name greengrassdockerapplicationdeployment" in first
    assert first.endswith("up --detach --remove-orphans")
    assert "--project-name mine" in second
    assert second.endswith("down --remove-orphans --timeout 1")


def test_labels_go_into_a_second_file_that_is_named_too(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = pretend(tmp_path, monkeypatch)
    monkeypatch.setenv("GREENGRASS_CONTAINER_LABELS", "site=/a/b")
    project = ComposeProject(file)
    project.prepare()
    project.up()
    assert f"--file {tmp_path / 'docker-compose.labels.yml'} up" in asked.read_text()


def test_a_file_with_a_mistake_is_refused_in_compose_s_own_words(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "services.page.image must be a string"
    pretend(tmp_path, monkeypatch, config=f"echo 'warning' >&2; echo '{said}' >&2; exit 15")
    with pytest.raises(ComposeFailed, match=said) as failed:
        ComposeProject(file).up()
    assert failed.value.by_file


def test_a_machine_without_docker_is_told_so(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ComposeFailed, match="There is no program docker") as failed:
        ComposeProject(file).prepare()
    assert not failed.value.by_file


def test_a_docker_without_compose_is_told_so(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(tmp_path, monkeypatch, version=1, config="exit 1")
    with pytest.raises(ComposeFailed, match="There is no `docker compose` here"):
        ComposeProject(file).up()


def test_whatever_else_keeps_services_from_starting_is_not_blamed_on_the_file(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "Error: No such image: page"
    pretend(tmp_path, monkeypatch, config=f"case $* in *up*) echo '{said}' >&2; exit 1; esac")
    with pytest.raises(ComposeFailed, match=said) as failed:
        ComposeProject(file).up()
    assert not failed.value.by_file


def test_a_container_that_runs_has_a_process_and_a_beginning(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(tmp_path, monkeypatch)
    (state,) = ComposeProject(file).states()
    assert (state.service, state.status) == ("page", "running")
    assert state.running is not None
    assert (state.running.pid, state.running.restarts) == (4711, 2)
    assert state.running.started == 1795601700
