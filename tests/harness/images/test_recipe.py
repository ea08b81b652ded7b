"""What decides the tag of an image, and what a build gets to see."""

import os
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.images.recipe import Recipe, Tool, read_files

Make = Callable[..., Recipe]


def names(recipe: Recipe, tools: dict[str, Path] | None = None, ca: Path | None = None) -> set[str]:
    with recipe.context(tools or {}, ca) as context, tarfile.open(fileobj=context) as tar:
        return set(tar.getnames())


def test_the_same_files_give_the_same_tag(recipe: Make) -> None:
    first, again = recipe("page"), recipe("page")
    assert first.reference({}) == again.reference({})
    assert first.reference({}).startswith("stream-chaos/page:")


def test_what_changes_the_image_changes_the_tag(recipe: Make) -> None:
    plain = recipe("page", bases={"BASE": "python"})
    (dockerfile, file) = plain.files
    changed = [
        recipe("page", "another", bases={"BASE": "python"}),
        replace(plain, target="other"),
        replace(plain, files=(dockerfile, replace(file, executable=True))),
        replace(plain, files=(dockerfile, replace(file, name="elsewhere"))),
        replace(plain, tools={"tool": Tool(content="tool-1", get=lambda _: Path())}),
        replace(plain, tools={"tool": Tool(content="tool-2", get=lambda _: Path())}),
    ]
    tags = [each.reference({"python": "sha256:1"}) for each in (plain, *changed)]
    tags.append(plain.reference({"python": "sha256:2"}))
    assert len(set(tags)) == len(tags)


def test_the_hosts_certificates_do_not_count_but_are_handed_in(
    recipe: Make, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_text("certificates")
    page = recipe("page")
    assert names(page, ca=bundle) - names(page) == {"ca/bundle.crt"}
    assert "ca" in names(page), "a Dockerfile copies the folder whether or not something is in it"


def test_tools_go_into_the_context_where_the_recipe_says(recipe: Make, tmp_path: Path) -> None:
    folder = tmp_path / "tool"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "file").touch()
    assert "parts/inner/file" in names(recipe("page"), {"parts": folder})


def test_files_are_what_they_were_when_they_were_read(recipe: Make, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text("before")
    made = replace(recipe("page"), files=read_files({"file": source}))
    source.write_text("after")
    with made.context({}, None) as context, tarfile.open(fileobj=context) as tar:
        read = tar.extractfile("file")
        assert read is not None and read.read() == b"before"


def test_two_contexts_are_equal_whoever_owns_the_files_and_however_old_they_are(
    tmp_path: Path,
) -> None:
    contexts = []
    for moment in (1_000, 2_000):
        file = tmp_path / str(moment) / "file"
        file.parent.mkdir()
        file.write_text("content")
        file.chmod(0o600 if moment == 1_000 else 0o644)
        os.utime(file, (moment, moment))
        made = Recipe(name="page", dockerfile="file", files=read_files({"file": file}))
        with made.context({}, None) as context:
            contexts.append(context.read())
    assert contexts[0] == contexts[1]


@pytest.mark.parametrize("name", ["__pycache__/module.pyc", "inner/__pycache__/m.pyc", ".gitkeep"])
def test_what_python_and_git_leave_in_folders_is_left_out(tmp_path: Path, name: str) -> None:
    for each in (name, "kept.py"):
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).touch()
    assert [file.name for file in read_files({"place": tmp_path})] == ["place/kept.py"]
