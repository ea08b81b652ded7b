"""The recipes of our images agree with the rest of the repository."""

import re
import shutil
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from harness.images import ours
from harness.images.bases import DOCKER_CLI, LOCALSTACK, PYTHON, TOXIPROXY
from harness.images.debian import stand_ins
from harness.images.image import PUBLISHED_PYTHON
from harness.images.ours import CORE, DASHBOARD, HARNESS, NAMES, recipes
from harness.images.places import core_folder, images_folder
from harness.images.published import PUBLISHED
from harness.tools.localstack import KINESIS_LOCAL_VERSION

ROOT = Path(__file__).parents[3]


def files(name: str) -> set[str]:
    return {file.name for file in recipes()[name].files}


def pins(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;\\]+)", text, re.MULTILINE))


def defaults(dockerfile: Path) -> dict[str, str]:
    return dict(re.findall(r"^ARG (\w+)=(\S+)$", dockerfile.read_text(), re.MULTILINE))


def test_there_are_five() -> None:
    assert set(recipes()) == set(NAMES)


def test_the_core_has_the_system_without_the_cloud_and_nothing_of_the_harness() -> None:
    found = files(CORE)
    assert {"system/greengrass/__main__.py", "gg_docker/entry_point.py"} <= found
    assert not [name for name in found if name.startswith("system/cloud/")]
    assert {name for name in found if name.startswith("harness/")} == {
        f"harness/images/locks/{name}" for name in ("edge.txt", "uv.txt")
    }


def test_the_witnesses_share_no_line_with_what_they_watch() -> None:
    assert not [name for name in files(HARNESS) if name.startswith("system/")]
    assert "harness/taps/edge.py" in files(HARNESS)


def test_nothing_of_a_core_that_ran_here_gets_into_an_image() -> None:
    mounted = ("certs", "config", "data", "deployment", "log")
    everything = {name for image in NAMES for name in files(image)}
    assert not [
        name for name in everything if name.startswith(tuple(f"gg_docker/{m}/" for m in mounted))
    ]


def test_our_python_images_begin_with_the_same_lines() -> None:
    texts = [
        next(f.content.decode() for f in recipes()[name].files if f.name == "Dockerfile")
        for name in (CORE, DASHBOARD, HARNESS)
    ]
    begins = {text.partition("# What stands above")[0] for text in texts[:1]}
    (begin,) = begins
    assert "FROM ${BASE} AS packages" in begin
    assert all(text.startswith(begin) for text in texts)


def test_the_bases_in_the_dockerfiles_are_the_ones_that_are_pulled() -> None:
    core = defaults(core_folder() / "Dockerfile")
    recipes_folder = images_folder() / "recipes"
    assert core == {"BASE": PUBLISHED[PYTHON], "DOCKER_CLI": PUBLISHED[DOCKER_CLI]}
    for name in (LOCALSTACK, TOXIPROXY):
        assert defaults(recipes_folder / f"{name}.Dockerfile") == {"BASE": PUBLISHED[name]}
    assert PUBLISHED[PYTHON].startswith(f"python:{PUBLISHED_PYTHON}-")


def test_every_base_is_pinned_by_tag_and_has_a_stand_in() -> None:
    assert not [each for each in PUBLISHED.values() if each.endswith(":latest") or ":" not in each]
    assert {PYTHON, *stand_ins()} == set(PUBLISHED)


def test_localstack_looks_for_the_kinesis_that_is_put_there() -> None:
    text = (images_folder() / "recipes" / "localstack.Dockerfile").read_text()
    versions = re.findall(r"kinesis-local/([\d.]+)/|KINESIS_MOCK_VERSION=(\S+)", text)
    assert {part for found in versions for part in found if part} == {KINESIS_LOCAL_VERSION}


def test_the_locks_of_the_images_are_those_of_the_repository() -> None:
    repository = pins((ROOT / "requirements.lock").read_text())
    for lock in ("edge.txt", "uv.txt"):
        image = pins((images_folder() / "locks" / lock).read_text())
        assert image
        assert {name: repository.get(name) for name in image} == image


def test_the_lock_has_all_that_the_edge_asks_for() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["edge"]]
    wanted = {Requirement(each).name for each in asked}
    assert wanted <= set(pins((images_folder() / "locks" / "edge.txt").read_text()))


def test_an_installed_package_and_a_checkout_have_the_same_core(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    checkout = files(CORE)
    shutil.copytree(ROOT / "system", tmp_path / "system")
    shutil.copytree(ROOT / "lambdas", tmp_path / "system" / "stack" / "lambdas")
    monkeypatch.setattr(ours, "package_folder", lambda name: tmp_path / name)
    assert {file.name for file in ours.core_recipe().files} == checkout
