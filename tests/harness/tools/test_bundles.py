"""The functions' bundles, packed for the interpreter that runs here."""

import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import system.greengrass
from harness.tools.bundles import ensure_dependencies, packer
from system.stack import BundleUnavailable
from system.stack.bundles import FUNCTIONS, functions_folder

# Provided by a core, not by a bundle.
RUNTIME = Path(system.greengrass.__file__).with_name("runtime")


def imported(*folders: Path, module: str) -> subprocess.CompletedProcess[str]:
    """A Python that has nothing but these folders imports a module and says where its own packages come from."""
    code = f"import sys; sys.path[:0] = {[str(each) for each in folders]}; import {module}"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_bundle_has_all_that_its_function_imports(function: str, tmp_path: Path) -> None:
    content = packer(print)(function)
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        bundle.extractall(tmp_path)
    done = imported(tmp_path, RUNTIME, module=function)
    assert done.returncode == 0, done.stderr


def test_a_bundle_packed_again_is_the_same_bytes() -> None:
    first, second = (packer(print)("stream_producer") for _ in range(2))
    assert hashlib.sha256(first).hexdigest() == hashlib.sha256(second).hexdigest()


def test_dependencies_installed_anew_give_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = packer(print)("stream_producer")
    monkeypatch.setenv("STREAM_CHAOS_CACHE", str(tmp_path))
    said: list[str] = []
    assert packer(said.append)("stream_producer") == known
    assert said == ["stream_producer: installing what it imports (first run only)"]


def test_other_requirements_get_a_folder_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAM_CHAOS_CACHE", str(tmp_path / "cache"))
    own = (functions_folder() / "stream_producer" / "requirements.txt").read_text()
    more, fewer = tmp_path / "more.txt", tmp_path / "fewer.txt"
    more.write_text(own)
    fewer.write_text("greengrasssdk==1.4.0\n")
    folders = [ensure_dependencies("mine", path, lambda _: None) for path in (more, fewer)]
    assert folders[0] != folders[1]
    assert (folders[0] / "stream_manager").is_dir()
    assert not (folders[1] / "stream_manager").exists()


def test_what_is_compiled_is_for_the_python_that_will_run_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STREAM_CHAOS_CACHE", str(tmp_path / "cache"))
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("cbor2==5.9.0\n")
    versions = ("3.11", "3.12", "3.13")
    folders = [ensure_dependencies("mine", requirements, lambda _: None, each) for each in versions]
    compiled = [next(folder.rglob("*.so")).name for folder in folders]
    assert [name.split(".")[1].split("-")[1] for name in compiled] == ["311", "312", "313"]


def names_in(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        return bundle.namelist()


def test_somebody_s_own_folder_is_packed_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "press"
    for name in ("press.py", "bin/tool.py", "lib/x/__init__.py", ".git/HEAD", "__pycache__/a.pyc"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    packed = packer(print, {"Press": folder})("Press")
    assert names_in(packed) == ["bin/tool.py", "lib/x/__init__.py", "press.py"]


def test_what_its_requirements_name_is_in_its_bundle(tmp_path: Path) -> None:
    folder = tmp_path / "press"
    folder.mkdir()
    (folder / "press.py").write_text("import stream_manager\n")
    own = functions_folder() / "stream_producer" / "requirements.txt"
    (folder / "requirements.txt").write_text(own.read_text())
    names = names_in(packer(print, {"Press": folder})("Press"))
    assert {"press.py", "stream_manager/__init__.py"} <= set(names)


def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(BundleUnavailable, match=r"there is no folder .*/gone"):
        packer(print, {"Press": tmp_path / "gone"})("Press")
