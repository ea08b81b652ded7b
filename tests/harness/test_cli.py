import errno
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from harness import cli
from harness.commands.outcome import CommandFailed, ExitStatus
from harness.environments.errors import EnvironmentUnavailable

ROOT = Path(__file__).parents[2]
WRITTEN = [name for name, verb in cli.VERBS.items() if find_spec(verb.module)]


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def main(**options: object) -> None:
        raise error

    monkeypatch.setattr(cli.application, "main", main)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_verb_says_what_it_does_as_the_table_has_it_and_gives_examples(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = cli.application.get_command(click.Context(cli.application), name)
    assert command is not None
    assert command.get_short_help_str(100) == cli.VERBS[name].summary
    assert cli.run([name, "--help"]) == 0
    assert "stream-chaos " in capsys.readouterr().out


def test_help_lists_every_verb_without_importing_any() -> None:
    code = (
        "import sys; from harness import cli; cli.run(['--help']);"
        "print([m for m in sys.modules if m.startswith('harness.') and m not in "
        "('harness.cli', 'harness.commands', 'harness.commands.outcome')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    *lines, imported = done.stdout.splitlines()
    assert imported == "[]"
    for name, verb in cli.VERBS.items():
        assert any(line.split() == [name, *verb.summary.split()] for line in lines)


@pytest.mark.parametrize(
    "arguments",
    [["chek"], ["check"], ["check", "--sed", "1"], ["check", "x", "--seed", "one"], ["--x"]],
)
def test_wrong_usage_ends_with_two(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments) == ExitStatus.BAD_INPUT
    assert "Error: " in capsys.readouterr().err


def test_a_misspelt_verb_gets_a_guess(capsys: pytest.CaptureFixture[str]) -> None:
    cli.run(["chek"])
    assert "did you mean `check`?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (CommandFailed("No site stands; run `up` first."), 2, "No site stands"),
        (CommandFailed("Unmet.", ExitStatus.UNKNOWN), 3, "Unmet."),
        (EnvironmentUnavailable("Port 80 is taken", "Free it."), 4, "Port 80 is taken. Free it."),
        (KeyboardInterrupt(), 130, "interrupted"),
        (OSError(errno.ENOSPC, "No space left", "/a"), 4, "any more, at /a: No space left."),
    ],
)
def test_a_known_error_is_a_sentence_and_a_status(
    error: BaseException,
    status: int,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    failing(monkeypatch, error)
    assert cli.run([]) == status
    assert says in capsys.readouterr().err


def test_an_unexpected_error_is_one_line_that_names_the_details(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    failing(monkeypatch, ZeroDivisionError("by\nzero"))
    assert cli.run([]) == ExitStatus.SURPRISED
    (details,) = tmp_path.iterdir()
    (line,) = capsys.readouterr().err.splitlines()
    assert "by zero" in line
    assert str(details) in line
    assert "Traceback" in details.read_text()


def test_debug_shows_the_details_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(cli.DEBUG_VARIABLE, "1")
    failing(monkeypatch, ZeroDivisionError("by zero"))
    cli.run([])
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_has_enough_causes_no_complaint() -> None:
    pipe = subprocess.run(
        f"{sys.executable} -m harness.cli schema | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert (pipe.stdout, pipe.stderr) == ("{\n", "")
