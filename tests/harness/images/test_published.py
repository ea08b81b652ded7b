"""Published bases: what they are called at a mirror, and pulling them from a registry on the loopback."""

import docker
import pytest

from harness.environments.errors import EnvironmentUnavailable
from harness.images.bases import PYTHON, TOXIPROXY
from harness.images.build import build
from harness.images.engine import Engine
from harness.images.published import PUBLISHED, PublishedBases, mirrored

EMPTY_TAR = b"\0" * 10_240


@pytest.mark.parametrize(
    ("published", "at_the_mirror"),
    [
        ("python:3.12-slim-bookworm", "127.0.0.1:5000/library/python:3.12-slim-bookworm"),
        ("localstack/localstack:4.9.2", "127.0.0.1:5000/localstack/localstack:4.9.2"),
        ("ghcr.io/shopify/toxiproxy:2.12.0", "127.0.0.1:5000/shopify/toxiproxy:2.12.0"),
        ("localhost:5001/own/image:1", "127.0.0.1:5000/own/image:1"),
    ],
)
def test_a_mirror_takes_the_place_of_the_registry(published: str, at_the_mirror: str) -> None:
    assert mirrored(published, "127.0.0.1:5000") == at_the_mirror
    assert mirrored(published, "127.0.0.1:5000/") == at_the_mirror
    assert mirrored(published, "") == published


def push(reference: str) -> None:
    """Put an image that is next to nothing into a registry, and out of the engine again."""
    client = docker.from_env()
    repository, _, tag = reference.rpartition(":")
    client.api.import_image_from_data(EMPTY_TAR, repository=repository, tag=tag, changes=["CMD x"])
    for line in client.images.push(repository, tag=tag, stream=True, decode=True):
        assert "error" not in line, line
    client.images.remove(reference)
    client.close()


@pytest.mark.docker
def test_a_base_is_pulled_once(engine: Engine, registry: str) -> None:
    bases = PublishedBases(engine, mirror=registry)
    reference = bases.reference(PYTHON)
    push(reference)
    told: list[str] = []
    assert bases.here(PYTHON) is None
    try:
        pulled = bases.ensure(PYTHON, told.append)
        assert pulled.reference == reference
        assert engine.find(reference) is not None
        assert bases.ensure(PYTHON, told.append) == bases.here(PYTHON) == pulled
        assert told == [f"{reference}: pulling (once)"]
        assert bases.told(PYTHON) == PUBLISHED[PYTHON], "the report names what is published"
    finally:
        engine.remove(reference)


@pytest.mark.docker
def test_an_image_of_ours_is_built_on_what_was_pulled(
    engine: Engine, registry: str, recipe: object
) -> None:
    bases = PublishedBases(engine, mirror=registry)
    push(bases.reference(TOXIPROXY))
    made = recipe("on-pulled", bases={"BASE": TOXIPROXY})  # type: ignore[operator]
    told: list[str] = []
    try:
        built = build(engine, made, bases, told.append)
        found = engine.find(built.reference)
        assert found is not None
        assert found.labels == {"stream-chaos.image": "on-pulled", "stream-chaos.base": "published"}
        assert len(told) == 3, "pulled, begun, built"
        assert build(engine, made, bases, told.append) == built
        assert len(told) == 3, "nothing was built again"
    finally:
        engine.remove(built.id)
        engine.remove(bases.reference(TOXIPROXY))


@pytest.mark.docker
def test_what_a_registry_does_not_have_is_told_with_what_to_do(
    engine: Engine, registry: str
) -> None:
    bases = PublishedBases(engine, mirror=registry)
    with pytest.raises(EnvironmentUnavailable) as refused:
        bases.ensure(PYTHON, lambda _: None)
    reference = bases.reference(PYTHON)
    assert refused.value.what.startswith(f"The image {reference} cannot be pulled: manifest for")
    assert refused.value.mend.startswith(f"Look whether {registry} (STREAM_CHAOS_REGISTRY) has it")


@pytest.mark.docker
def test_a_registry_that_has_the_bases_is_in_reach_and_another_is_not(
    engine: Engine, registry: str
) -> None:
    bases = PublishedBases(engine, mirror=registry)
    assert "manifest unknown" in bases.out_of_reach()
    push(bases.reference(PYTHON))
    assert bases.out_of_reach() == ""
    assert "refused" in PublishedBases(engine, mirror="127.0.0.1:9").out_of_reach()
