"""What a user is told who gives us something that cannot be: a sentence and a status, and nothing stays behind."""

import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from harness.waiting import wait_until

from .conftest import User

HERE = Path(__file__).parent
QUICK = HERE / "scenarios" / "quick.yaml"

FIVE_MISTAKES = """\
scenario: five
description: Five mistakes.
workload: {sensors: 0, rate: 20/s, run_for: 90}
stepz: []
steps:
  - {name: a, at: 5s, cut: [kinesys], for: 2s}
judge: [los]
"""


def test_a_scenario_with_five_mistakes_lists_all_five_with_their_lines(user: User) -> None:
    user.write("five.yaml", FIVE_MISTAKES)
    for verb in ("check", "run"):
        ended = user.chaos(verb, "five.yaml")
        assert (ended.status, ended.output) == (2, "")
        problems = [line for line in ended.errors.splitlines() if line.startswith("five.yaml:")]
        assert [line.split(":")[1] for line in problems] == ["3", "3", "4", "6", "7"]
        for mistake in ("sensors", "run_for", "did you mean `steps`", "kinesys", "`loss`"):
            assert mistake in ended.errors
    assert not (user.folder / "reports").exists()


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["rnu", QUICK], "did you mean `run`?"),
        (["run", QUICK, "--sed", 1], "Did you mean '--seed'?"),
        (["run"], "Missing argument 'FILES...'"),
        (["run", "nowhere.yaml"], "nowhere.yaml: there is no such file"),
        (["run", QUICK, "--environment", "moon"], "'moon' is not one of 'local'"),
        (["run", QUICK, "--seed", "x"], "'x' is not a valid integer"),
        (["run", QUICK, "--stream-manager", "'half"], "is no command line: No closing quotation"),
        (["up", "--stream-manager", ""], "it is empty"),
        (["up", "--port", "dashboard=99999"], "N from 1 to 65535"),
        (["up", "--json", "nowhere/site.json"], "make it first"),
        (["cut", "all", "--for", "30"], "write a number with a unit"),
        (["cut", "mars"], "'mars' is not one of"),
        (["status"], "No site stands; `stream-chaos up` stands one up."),
        (["history", "nowhere"], "nowhere is no folder"),
        (["report", "."], "has no history.jsonl"),
        (["stack", "fly"], "No such command 'fly'"),
    ],
    ids=lambda value: " ".join(map(str, value[:3])) if isinstance(value, list) else "",
)
def test_what_is_misspelt_or_missing_is_told_with_a_hint(
    user: User, arguments: list[object], hint: str
) -> None:
    ended = user.chaos(*arguments)
    assert ended.status == 2
    assert hint in ended.errors
    assert ended.output == ""


def test_reports_that_cannot_be_written_are_told_before_anything_is_started(user: User) -> None:
    user.write("file", "")
    ended = user.chaos("run", QUICK, "--reports", "file/reports")
    assert ended.status == 2
    assert ended.errors.splitlines()[-1] == (
        "Nothing can be written to the folder of the reports, file/reports: Not a directory; "
        "choose another with --reports"
    )
    assert user.left() == []


@pytest.mark.parametrize("state", ["file/state", "/proc/nothing"])
def test_a_folder_for_sites_that_cannot_be_made_is_one_sentence(user: User, state: str) -> None:
    user.write("file", "")
    user.environment["XDG_STATE_HOME"] = str(user.folder / state)
    ended = user.chaos("up")
    assert ended.status == 4
    (line,) = ended.errors.splitlines()
    assert line.startswith("The site's files cannot be written: No")
    assert line.endswith("Mend it, or name another folder with XDG_STATE_HOME")


@pytest.mark.parametrize("verb", ["up", "status", "clean", "doctor"])
def test_a_user_without_a_home_is_told_what_to_set(user: User, verb: str) -> None:
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "STREAM_CHAOS_CACHE"):
        user.environment.pop(name, None)
    user.environment["HOME"] = ""
    ended = user.chaos(verb)
    assert ended.status == 4
    (line,) = ended.errors.splitlines()
    assert line.startswith("This user has no home directory. Set HOME or ")


@pytest.mark.parametrize("verb", ["up", "run"])
def test_a_port_that_is_taken_is_one_sentence(user: User, verb: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        text = QUICK.read_text().replace("site:\n", f"site:\n  ports: {{dashboard: {port}}}\n")
        scenario = user.write("quick.yaml", text)
        asked = ["run", scenario] if verb == "run" else ["up", "--port", f"dashboard={port}"]
        ended = user.chaos(*asked)
    assert ended.status == 4
    assert ended.errors.splitlines()[-1] == (
        f"Port {port}, asked for dashboard, is taken. "
        "Free it, name another one, or set it to 0 for any free port"
    )
    assert user.left() == []


# -- tools that cannot be had ----------------------------------------------------------------------


def without_tools(user: User, registry: str) -> None:
    """Nothing is installed, and all registries are this one."""
    for name in [name for name in user.environment if name.startswith(("UV_", "PIP_"))]:
        del user.environment[name]
    user.environment |= {
        "HOME": str(user.folder),
        "STREAM_CHAOS_CACHE": str(user.folder / "cache"),
        "UV_CACHE_DIR": str(user.folder / "uv"),
        "UV_DEFAULT_INDEX": f"{registry}/simple",
        "npm_config_registry": registry,
        "GOPROXY": registry,
    }


@pytest.fixture
def closed() -> str:
    """The address of a registry that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        return f"http://127.0.0.1:{nobody.getsockname()[1]}"


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a registry that takes every connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def parts_in_cache(user: User) -> list[Path]:
    """What is in the cache besides locks."""
    return [path for path in (user.folder / "cache").iterdir() if path.suffix != ".lock"]


def test_tools_that_cannot_be_had_are_one_sentence_soon(user: User, closed: str) -> None:
    without_tools(user, closed)
    ended = user.chaos("run", QUICK, seconds=60)
    assert ended.status == 4
    sentence = ended.errors.splitlines()[-1]
    assert "cannot be" in sentence
    assert closed.removeprefix("http://") in sentence
    assert "Look whether this machine may reach the package registry" in sentence
    assert parts_in_cache(user) == []
    assert user.left() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_who_interrupts_an_installation_does_not_wait_and_leaves_no_installer(
    user: User, silent: str, number: signal.Signals
) -> None:
    without_tools(user, silent)
    process = user.start("up")
    installers = wait_for_installers(process.pid)
    process.send_signal(number)
    if number is signal.SIGKILL:
        process.communicate()
    else:
        ended = user.ended(process, seconds=20)
        assert ended.status == 130
        assert ended.errors.splitlines()[-1] == "stream-chaos: interrupted."
        assert parts_in_cache(user) == []
    _, alive = psutil.wait_procs(installers, 10)
    assert alive == []


def wait_for_installers(pid: int) -> list[psutil.Process]:
    """The installers of a harness, as soon as there are two at work."""

    def at_work() -> list[psutil.Process]:
        found = []
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.Error):
                if "launch.py" not in " ".join(child.cmdline()):
                    found.append(child)
        return found

    wait_until(lambda: len(at_work()) >= 2, seconds=30, what="installers")
    return at_work()


# -- a stream manager that is none -----------------------------------------------------------------


def test_a_stream_manager_that_does_not_exist_is_told_before_anything_is_started(
    user: User,
) -> None:
    ended = user.chaos("run", QUICK, "--stream-manager", "/no/such/server --fast", seconds=30)
    assert ended.status == 4
    assert ended.errors.splitlines()[-1] == (
        "The stream manager '/no/such/server --fast' cannot be run: there is no program "
        "/no/such/server. Name one that is on PATH, or its file, with --stream-manager"
    )


@pytest.mark.localstack
def test_stream_managers_that_never_listen_are_told_with_the_end_of_their_logs(user: User) -> None:
    starts = {
        "sh -c 'echo no licence; exit 3'": ("ended with status 3, 4 times", "no licence"),
        "sh -c 'echo thinking; exec sleep 300'": ("nobody listens on port", "thinking"),
    }
    running = [user.start("up", "--stream-manager", command) for command in starts]
    for process, (reason, printed) in zip(running, starts.values(), strict=True):
        ended = user.ended(process)
        assert ended.status == 4
        assert "The core cannot run its group: " in ended.errors
        assert reason in ended.errors
        assert ended.errors.splitlines()[-1].endswith(printed)
    assert user.left() == []
    assert list((user.folder / "state/stream-chaos/sites").iterdir()) == []
