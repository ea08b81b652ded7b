"""Installers of others: what they see of our environment, and what is said when one fails."""

from pathlib import Path

import pytest

from harness.tools import commands
from harness.tools.commands import NETWORK_HINT, on_path, reason, run, tool_environment
from harness.tools.errors import ToolUnavailable

from .conftest import Programs


def test_an_installer_sees_proxies_and_certificates_but_nobody_elses_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTPS_PROXY", "SSL_CERT_FILE", "UV_INDEX_URL", "GOPROXY"):
        monkeypatch.setenv(name, "kept")
    for name in ("PYTHONPATH", "VIRTUAL_ENV", "UV_CONSTRAINT", "UV_PYTHON", "GOFLAGS", "GOROOT"):
        monkeypatch.setenv(name, "misleading")
    environment = tool_environment({"EXTRA": "added", "GOFLAGS": "-trimpath"})
    assert "misleading" not in environment.values()
    assert [environment[name] for name in ("HTTPS_PROXY", "SSL_CERT_FILE", "UV_INDEX_URL")] == (
        ["kept"] * 3
    )
    assert (environment["EXTRA"], environment["GOFLAGS"]) == ("added", "-trimpath")


@pytest.mark.parametrize("home", ["", "/proc/no/such/home"])
def test_an_installer_without_a_home_gets_one_in_the_cache(
    monkeypatch: pytest.MonkeyPatch, cache: Path, home: str
) -> None:
    monkeypatch.setenv("HOME", home)
    assert tool_environment()["HOME"] == str(cache / "home")


def test_a_home_that_can_be_written_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tool_environment()["HOME"] == str(tmp_path)


def test_a_command_hands_back_all_that_it_printed(programs: Programs, tmp_path: Path) -> None:
    program = programs.add("tool", 'read line; echo "out [$line] $1 $GREETING"; pwd; echo err >&2')
    printed = run(
        [program, "one"], what="no tool", environment={"GREETING": "hi"}, directory=tmp_path
    )
    assert printed == f"out [] one hi\n{tmp_path}\nerr\n"


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("echo 'error: no route'; exit 1", "The tool cannot be had: error: no route. "),
        ("exit 3", "The tool cannot be had: it failed without a word. "),
        ("printf 'x\\377\\n'; exit 1", "The tool cannot be had: x\ufffd. "),
    ],
)
def test_a_failure_is_one_sentence_with_what_to_do(
    programs: Programs, script: str, text: str
) -> None:
    with pytest.raises(ToolUnavailable) as failed:
        run([programs.add("tool", script)], what="The tool cannot be had", environment={})
    assert str(failed.value).startswith(text)
    assert str(failed.value).endswith(f". {NETWORK_HINT}")
    assert "\n" not in str(failed.value)


def test_a_program_that_is_not_there_is_a_failure_too(tmp_path: Path) -> None:
    with pytest.raises(ToolUnavailable, match="No such file") as failed:
        run([tmp_path / "missing"], what="No tool", environment={}, mend="Get one")
    assert str(failed.value).endswith(". Get one")


def test_an_installer_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "INSTALL_S", 0.2)
    with pytest.raises(ToolUnavailable, match=r"No tool: it took longer than 0\.2 s"):
        run(["/bin/sleep", "60"], what="No tool", environment={})


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("", "it failed without a word"),
        ("one\ntwo\nthree\nfour", "one; two; three"),
        ("going on\n  -> error:  wrong   hash\nmore", "error: wrong hash"),
        ("fine\nnpm ERR! code\nPermission denied.\n", "Permission denied"),
        ("npm error code E\nnpm error errno 1\nnpm error GET failed\n", "GET failed"),
        ("e: failed " + "x" * 400, "e: failed " + "x" * 290 + "…"),
    ],
)
def test_the_reason_is_what_an_installer_calls_an_error(output: str, why: str) -> None:
    assert reason(output) == why


def test_a_program_is_found_where_path_says(programs: Programs) -> None:
    assert on_path("tool") is None
    assert on_path("sh") is None, "nothing else is on PATH"
    program = programs.add("tool", "")
    assert on_path("tool") == program
