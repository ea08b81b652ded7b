"""What images are built on, and that nothing is built that is as it should be."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.environments.errors import EnvironmentUnavailable
from harness.images import building, debian
from harness.images.bases import PYTHON, TOXIPROXY, BaseImage
from harness.images.build import build
from harness.images.building import base_of_environment
from harness.images.debian import DebianBases, obstacle
from harness.images.engine import Engine
from harness.images.image import Base
from harness.images.ours import recipes
from harness.images.published import PublishedBases
from harness.images.recipe import Recipe

Make = Callable[..., Recipe]

SCRATCH = "FROM scratch\nCOPY file /file\n"


class NoRegistry(PublishedBases):
    """Published bases of a machine that reaches no registry."""

    def out_of_reach(self) -> str:
        return "no such host"


@pytest.fixture
def no_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "PublishedBases", NoRegistry)


@pytest.fixture
def no_debian(monkeypatch: pytest.MonkeyPatch) -> None:
    """No base was made of packages yet."""
    monkeypatch.setattr(debian, "SYSTEM", "stream-chaos/debian:never-made")


def test_the_environment_says_what_to_build_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STREAM_CHAOS_IMAGES_BASE", raising=False)
    assert base_of_environment() is Base.AUTO
    monkeypatch.setenv("STREAM_CHAOS_IMAGES_BASE", "debian")
    assert base_of_environment() is Base.DEBIAN
    monkeypatch.setenv("STREAM_CHAOS_IMAGES_BASE", "ubuntu")
    with pytest.raises(EnvironmentUnavailable) as refused:
        base_of_environment()
    assert str(refused.value) == (
        "STREAM_CHAOS_IMAGES_BASE is 'ubuntu', which is no base. Use one of published, debian, auto"
    )


def test_a_machine_without_debootstrap_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = obstacle()
    assert found is not None
    assert "debootstrap" in found[0] and "apt-get install debootstrap" in found[1]


def test_a_user_is_told_to_ask_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "debootstrap"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    found = obstacle()
    assert found is not None and "run by root" in found[0]
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert obstacle() is None


@pytest.mark.docker
def test_without_a_registry_debian_is_taken_and_said(
    engine: Engine, no_registry: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "obstacle", lambda: None)
    told: list[str] = []
    assert building.choose(engine, Base.AUTO, told.append).kind is Base.DEBIAN
    assert told == [
        "images: no registry can be reached (no such host), so Debian packages are used"
    ]


@pytest.mark.docker
def test_without_a_registry_and_without_debootstrap_both_are_told(
    engine: Engine,
    no_registry: None,
    no_debian: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentUnavailable) as refused:
        building.choose(engine, Base.AUTO, lambda _: None)
    assert "No registry of images can be reached (no such host)" in refused.value.what
    assert (
        "debootstrap, which makes a system of Debian packages, is not there" in refused.value.what
    )
    assert "STREAM_CHAOS_REGISTRY" in refused.value.mend


@pytest.mark.docker
@pytest.mark.parametrize("base", [Base.PUBLISHED, Base.DEBIAN])
def test_who_says_what_to_build_on_is_not_asked_for_more(
    engine: Engine, no_registry: None, base: Base
) -> None:
    told: list[str] = []
    assert building.choose(engine, base, told.append).kind is base
    assert told == []


class Alone:
    """Bases for an image that has none."""

    kind = Base.DEBIAN

    def told(self, name: str) -> str:
        return name

    def here(self, name: str) -> BaseImage | None:
        return None

    def ensure(self, name: str, progress: object) -> BaseImage:
        raise AssertionError("nothing is built on anything")


def alone(recipe: Recipe, dockerfile: str = SCRATCH) -> Recipe:
    from dataclasses import replace

    files = tuple(
        replace(each, content=dockerfile.encode()) if each.name == "Dockerfile" else each
        for each in recipe.files
    )
    return replace(recipe, files=files, bases={})


@pytest.mark.docker
def test_an_image_is_built_once_and_again_when_a_file_changes(engine: Engine, recipe: Make) -> None:
    told: list[str] = []
    built = [
        build(engine, alone(recipe("once", text)), Alone(), told.append)
        for text in ("first", "first", "second")
    ]
    try:
        assert built[0] == built[1] != built[2]
        begun = [line for line in told if "building" in line]
        assert begun == [f"once: building {each.reference}" for each in (built[0], built[2])]
        assert building.here(engine, alone(recipe("once", "first")), Alone()) == built[0]
        assert building.here(engine, alone(recipe("once", "third")), Alone()) is None
    finally:
        for image in {each.id for each in built}:
            engine.remove(image)


@pytest.mark.docker
def test_a_build_that_fails_shows_the_builders_last_lines(engine: Engine, recipe: Make) -> None:
    broken = alone(recipe("broken"), "FROM scratch\nCOPY file /a\nCOPY nothing /b\n")
    with pytest.raises(EnvironmentUnavailable) as refused:
        build(engine, broken, Alone(), lambda _: None)
    assert refused.value.what.startswith("The image broken cannot be built: COPY failed:")
    assert ": COPY nothing /b" in refused.value.mend


@pytest.mark.docker
def test_bases_of_packages_depend_on_the_system_that_was_made(
    engine: Engine, no_debian: None
) -> None:
    bases = DebianBases(engine)
    assert bases.here(PYTHON) is None
    assert bases.here(TOXIPROXY) is None
    assert bases.told(TOXIPROXY) == "debian:bookworm (debootstrap)"


@pytest.mark.docker
def test_who_names_a_registry_is_not_given_what_was_made_of_packages(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whether or not this machine has images on Debian packages, this mirror's bases it does not have.
    monkeypatch.setenv("STREAM_CHAOS_REGISTRY", "127.0.0.1:9")
    assert building.current(engine, Base.AUTO, recipes()) is None
