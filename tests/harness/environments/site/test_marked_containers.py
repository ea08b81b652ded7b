"""Containers, networks and volumes of a site: found by their label, and removed whoever left them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.environments.errors import EnvironmentUnavailable
from harness.environments.site.marked_containers import (
    LABEL,
    EngineUnreachable,
    engine,
    keep_logs,
    labelled,
    remove_labelled,
)
from harness.environments.site.register import Entry, Register
from harness.images import ensure_images


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine answers."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")


def test_where_no_engine_answers_it_is_said(nobody: None) -> None:
    with pytest.raises(EngineUnreachable):
        remove_labelled(lambda mark: True)


def test_without_an_engine_sites_of_processes_are_cleaned_all_the_same(
    register: Register, nobody: None
) -> None:
    register.enter(Entry(name="left", owner=1, owner_started=1.0))
    assert register.clean() == ["site left: 0 processes"]


def test_a_site_with_containers_is_not_forgotten_before_they_are_gone(
    register: Register, nobody: None
) -> None:
    register.enter(Entry(name="left", owner=1, owner_started=1.0))
    plain = {
        **dict.fromkeys(("origin_monotonic_ns", "origin_wall_ms", "cloud", "toxiproxy"), 1),
        **dict.fromkeys(("client_port", "server_port"), 1),
        **dict.fromkeys(("directory", "witness", "logs"), str(register.folder("left"))),
        **{"name": "left", "environment": "containers", "links": {}, "ports": {"sensor_api": 1}},
    }
    (register.folder("left") / "site.json").write_text(json.dumps(plain))
    with pytest.raises(EnvironmentUnavailable, match="no Docker engine answers"):
        register.clean()
    assert [entry.name for entry in register.entries()] == ["left"]


@pytest.fixture
def client() -> Iterator[Any]:
    with engine() as found:
        yield found


def leave_behind(client: Any, mark: str, name: str) -> None:
    """A container that prints a word and stays, in a network and with a volume of its own."""
    labels = {LABEL: mark}
    network = client.networks.create(name, labels=labels)
    client.volumes.create(name, labels=labels)
    client.containers.run(
        ensure_images(print).harness.reference,
        entrypoint=["python", "-c", "print('word', flush=True); import time; time.sleep(300)"],
        name=f"{name}-part",
        labels=labels,
        network=network.name,
        detach=True,
    )


@pytest.mark.docker
def test_clean_removes_all_of_a_site_and_nothing_of_another(
    register: Register, client: Any, tmp_path: Path
) -> None:
    ours, theirs = register.mark("gone"), str(tmp_path / "elsewhere" / "theirs")
    leave_behind(client, ours, f"w-{tmp_path.name}-ours")
    leave_behind(client, theirs, f"w-{tmp_path.name}-theirs")
    try:
        assert len(labelled(lambda mark: mark == ours)) == 3
        assert register.clean() == ["1 containers of no site"]
        assert labelled(lambda mark: mark == ours) == []
        assert len(labelled(lambda mark: mark == theirs)) == 3
    finally:
        remove_labelled(lambda mark: mark in (ours, theirs))


@pytest.mark.docker
def test_what_a_container_printed_is_kept(client: Any, tmp_path: Path) -> None:
    mark, name = str(tmp_path), "stream-chaos-20261125t101500-3fa2c1"
    leave_behind(client, mark, name)
    try:
        folder = tmp_path / "logs"
        keep_logs(lambda other: other == mark, folder)
        assert [each.name for each in folder.iterdir()] == ["part.log"]
    finally:
        remove_labelled(lambda other: other == mark)
