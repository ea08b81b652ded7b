"""What tests of several packages share: one LocalStack for a session, the browser, and how long proofs are."""

import fcntl
import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from harness.browser.programs import Browser, NoBrowser, find_browser
from harness.environments.errors import EnvironmentUnavailable
from harness.environments.local.localstack import LocalStackProcess, start_localstack
from harness.environments.site.ports import Ports
from harness.tools.localstack import ensure_localstack

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

# How long an example takes says more about what else runs on the machine than about the code.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_configure() -> None:
    """Have Ctrl-C and a lost terminal mean something to what tests start, also under `nohup` or in a shell's
    background, which ignore them: what is ignored stays so for all children."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long the proofs are that can be as long as one likes."""
    group = parser.getgroup("proofs of the stream manager")
    group.addoption("--kills", type=int, default=20, help="how often a server is killed under load")
    group.addoption("--frames", type=int, default=3000, help="how many mutated frames are sent")
    group.addoption(
        "--one-case",
        action="store_true",
        help="of the frames: all of them are the one case of the first seed, as a case that failed tells",
    )
    group.addoption("--first-seed", type=int, default=1, help="decides all that is random")
    group.addoption("--record", type=Path, help="JSON file that what was done is added to")


Tally = Callable[[str, Counter[str]], None]


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Tally:
    """Takes what a part of a proof did, by the proof's name; `--record` adds it to what is in a file."""
    path: Path | None = pytestconfig.getoption("--record")

    def add(proof: str, counts: Counter[str]) -> None:
        if path is None:
            return
        with path.open("a+") as file:
            # The parts of a proof may be many processes.
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            record = json.loads(file.read() or "{}")
            total = Counter(record.get(proof, {}))
            total.update(counts)
            record[proof] = dict(sorted(total.items()))
            file.truncate(0)
            file.write(json.dumps(record, indent=2) + "\n")

    return add


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStackProcess]:
    """A running LocalStack with our plugin; `localstack.endpoint` is the URL of every service.

    It is shared: make what you need under names of your own.
    """
    directory = tmp_path_factory.mktemp("localstack")
    running = launch_localstack(directory)
    yield running
    running.stop()


def launch_localstack(directory: Path) -> LocalStackProcess:
    """A LocalStack that answers, installed first where this machine has none."""
    tool = ensure_localstack(print)
    ports = Ports()
    port = ports.free()
    ports.release()
    running = start_localstack(
        tool,
        port=port,
        directory=directory / "state",
        log=directory / "localstack.log",
        mark=str(directory),
    )
    try:
        running.wait()
    except EnvironmentUnavailable:
        running.stop()
        raise
    return running


@pytest.fixture(scope="session")
def chromium() -> Browser:
    """The browser; a machine without one skips, unless STREAM_CHAOS_REQUIRE_BROWSER says it must be there."""
    try:
        return find_browser()
    except NoBrowser as error:
        if os.environ.get("STREAM_CHAOS_REQUIRE_BROWSER"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture
def browser(chromium: Browser, tmp_path: Path) -> Iterator["Chrome"]:
    """It is open."""
    from harness.browser.opening import opened

    with opened(chromium, tmp_path / "profile") as driver:
        yield driver
