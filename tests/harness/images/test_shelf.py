"""What is there of our images, and what `images clean` removes."""

import json
from collections.abc import Iterator

import docker
import pytest

from harness import cli
from harness.images.engine import Engine
from harness.images.shelf import clean, shelf

LABELS = ["LABEL stream-chaos.image=long-gone", "LABEL stream-chaos.base=debian", 'CMD ["x"]']
REFERENCE = "stream-chaos/long-gone:0123456789ab"


@pytest.fixture
def old(engine: Engine) -> Iterator[str]:
    """The id of an image of ours that no recipe leads to."""
    client = docker.from_env()
    repository, _, tag = REFERENCE.rpartition(":")
    client.api.import_image_from_data(
        b"\0" * 10_240, repository=repository, tag=tag, changes=LABELS
    )
    identity = client.images.get(REFERENCE).id
    yield identity
    engine.remove(identity)
    client.close()


@pytest.mark.docker
def test_an_image_that_no_recipe_leads_to_is_old(engine: Engine, old: str) -> None:
    (found,) = [each for each in shelf(engine) if each.id == old]
    assert (found.name, found.references, found.base) == ("long-gone", (REFERENCE,), "debian")
    assert not found.current and not found.stage


@pytest.mark.docker
def test_the_list_can_be_read_by_programs(
    engine: Engine, old: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["images", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {"name", "references", "id", "base", "bytes", "current"} == set(listed[0])
    assert old in {each["id"] for each in listed}
    assert cli.run(["images", "list"]) == 0
    assert f"old     long-gone              0 MB  {REFERENCE}" in capsys.readouterr().out


@pytest.mark.docker
def test_what_is_old_goes_and_what_a_container_uses_is_left_with_the_reason(
    engine: Engine, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Others on this machine may be building: only ours is on the shelf here.
    from harness.images import shelf as module

    mine = [each for each in shelf(engine) if each.id == old]
    monkeypatch.setattr(module, "shelf", lambda _: mine)
    client = docker.from_env()
    container = client.containers.create(REFERENCE)
    try:
        cleaned = clean(engine, everything=False)
        assert cleaned.removed == ()
        (left,) = cleaned.left
        assert left.startswith(REFERENCE) and "container" in left
        assert engine.find(REFERENCE) is not None, "it keeps its tag"
    finally:
        container.remove()
        client.close()
    assert clean(engine, everything=False).removed == (REFERENCE,)
    assert engine.find(old) is None
