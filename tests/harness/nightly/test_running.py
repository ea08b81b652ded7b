"""A run is a process of its own: whatever becomes of it, the night goes on."""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from harness.nightly import running
from harness.nightly.library import Entry
from harness.nightly.running import Ended, command_of, repeat, run_in_process
from harness.waiting import wait_until

from .conftest import entry

FOREVER = """
import signal, sys, time
def end(*_):
    print("taken down", flush=True)
    sys.exit(130)
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
while True: signal.pause()
"""
DEAF = FOREVER.replace("end)", "signal.SIG_IGN)")


def program(text: str) -> Sequence[str]:
    return (sys.executable, "-c", text)


def run(folder: Path, text: str, planned: Entry | None = None, **options: object) -> Ended:
    said: list[str] = []
    return run_in_process(
        planned or entry(),
        folder,
        folder / "kept" / "run.log",
        said.append,
        program=program(text),
        **options,  # type: ignore[arg-type]
    )


def test_it_is_run_as_a_user_would(tmp_path: Path) -> None:
    ended = run(tmp_path, "import sys; print(*sys.argv[1:])")
    assert ended.said == f"run kept.yaml --environment local --seed 1 --reports {tmp_path}"
    assert repeat(entry(stream_manager="my server")) == (
        "stream-chaos run kept.yaml --environment local --seed 1 --stream-manager 'my server' "
        "--reports reports"
    )
    assert command_of(entry(), Path("r"))[0] == "run"


def test_its_status_and_its_last_words_are_kept(tmp_path: Path) -> None:
    ended = run(tmp_path, "print('a'); print(); print('the reason'); raise SystemExit(3)")
    assert (ended.status, ended.hung, ended.interrupted) == (3, False, False)
    assert ended.said == "a\nthe reason"
    assert (tmp_path / "kept" / "run.log").read_text() == "a\n\nthe reason\n"


def test_one_that_dies_of_a_signal_has_it_as_status(tmp_path: Path) -> None:
    assert run(tmp_path, "import os; os.abort()").status == -signal.SIGABRT


def test_one_that_hangs_is_interrupted_so_that_it_takes_its_site_down(tmp_path: Path) -> None:
    ended = run(tmp_path, FOREVER, entry(limit_s=1.0))
    assert (ended.hung, ended.status) == (True, 130)
    assert ended.said.endswith("taken down")


def test_one_that_does_not_hear_is_killed_and_what_it_left_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "GRACE_S", 0.5)
    cleaned: list[bool] = []
    ended = run(tmp_path, DEAF, entry(limit_s=1.0), clean=lambda: cleaned.append(True))
    assert (ended.hung, ended.status, cleaned) == (True, -signal.SIGKILL, [True])


def test_ctrl_c_ends_the_run_in_order(tmp_path: Path) -> None:
    log = tmp_path / "kept" / "run.log"

    def press() -> None:
        wait_until(lambda: log.is_file() and "ready" in log.read_text(), seconds=30, what="ready")
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    ended = run(tmp_path, FOREVER)
    thread.join()
    assert (ended.interrupted, ended.hung, ended.status) == (True, False, 130)


def test_nothing_of_it_is_left(tmp_path: Path) -> None:
    run(tmp_path, "print('over')")
    mine = [each.cmdline() for each in psutil.Process().children()]
    assert not [each for each in mine if "print('over')" in each]
