"""Bundles: the same files give the same bytes."""

import io
import os
import shutil
import zipfile

import pytest

from system.stack.bundles import FUNCTIONS, archive, function_folder, functions_folder
from system.stack.errors import BundleUnavailable


def fill(folder, **files):
    for name, content in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def names(content):
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        return opened.namelist()


def test_neither_times_nor_places_nor_order_change_the_bytes(tmp_path):
    first = fill(tmp_path / "one", a="1", b__c="2", z="3")
    second = fill(tmp_path / "two", z="3", b__c="2", a="1")
    for path in second.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700 if path.is_dir() else 0o600)
    assert archive([first]) == archive([second])
    assert names(archive([first])) == ["a", "b/c", "z"]


def test_what_is_executable_stays_so(tmp_path):
    folder = fill(tmp_path, run="#!/bin/sh\n", plain="")
    (folder / "run").chmod(0o755)
    with zipfile.ZipFile(io.BytesIO(archive([folder]))) as opened:
        modes = {each.filename: each.external_attr >> 16 & 0o777 for each in opened.infolist()}
    assert modes == {"run": 0o755, "plain": 0o644}


def test_the_function_s_own_file_counts(tmp_path):
    own, other = fill(tmp_path / "own", a="own"), fill(tmp_path / "other", a="other", b="other")
    with zipfile.ZipFile(io.BytesIO(archive([own, other]))) as opened:
        assert {name: opened.read(name) for name in opened.namelist()} == {
            "a": b"own",
            "b": b"other",
        }


def test_what_an_installer_notes_is_left_out(tmp_path):
    folder = fill(
        tmp_path,
        bin__flask="",
        pkg__bin__kept="",
        **{
            "pkg-1.dist-info__RECORD": "",
            "pkg-1.dist-info__INSTALLER": "",
            "pkg-1.dist-info__METADATA": "",
            ".lock": "",
        },
    )
    for compiled in (folder / "__pycache__", folder / "pkg" / "__pycache__"):
        compiled.mkdir()
        (compiled / "a.pyc").touch()
    assert names(archive([folder])) == ["pkg-1.dist-info/METADATA", "pkg/bin/kept"]


def test_the_functions_are_found_in_a_checkout(tmp_path):
    assert (function_folder("stream_producer") / "stream_producer.py").is_file()


def test_the_functions_are_found_in_an_installed_package(tmp_path):
    installed = tmp_path / "site-packages" / "system" / "stack"
    shutil.copytree(functions_folder(), installed / "lambdas")
    assert functions_folder(installed) == installed / "lambdas"


def test_a_package_without_functions_says_so(tmp_path):
    with pytest.raises(BundleUnavailable, match="install stream-chaos again"):
        functions_folder(tmp_path / "system" / "stack")


def test_another_function_is_refused():
    with pytest.raises(BundleUnavailable, match="there is no folder"):
        function_folder("unknown")


def test_every_function_says_what_it_imports():
    for function in FUNCTIONS:
        pinned = (function_folder(function) / "requirements.txt").read_text().split()
        assert all("==" in each for each in pinned)
