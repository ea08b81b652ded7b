"""`up`, `status`, `cut`, `heal`, `clean` and `down`, with a site that stands."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from harness.environments.site.ports import Ports, listening
from harness.environments.site.processes import marked
from harness.environments.site.register import Register
from harness.environments.site.site import Site
from harness.waiting import wait_until

from .conftest import Ended

pytestmark = pytest.mark.localstack

Chaos = Callable[..., Ended]
SEEN_S = 30.0
UP_S = 120.0


@dataclass(frozen=True)
class Up:
    """What `up` left standing."""

    state_home: Path
    output: str
    described: dict[str, Any]
    dashboard: int

    @property
    def register(self) -> Register:
        return Register(self.state_home / "stream-chaos" / "sites")

    @property
    def site(self) -> Site:
        return Site.from_json(self.described)

    def environment(self) -> dict[str, str]:
        return {**os.environ, "XDG_STATE_HOME": str(self.state_home)}

    def running(self) -> list[int]:
        own = self.register.mark(self.site.name)
        return [each.pid for each in marked(lambda mark: mark == own)]


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "harness.cli", *arguments]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A site that stands."""
    folder = tmp_path_factory.mktemp("up")
    ports = Ports()
    dashboard = ports.free()
    ports.release()
    environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
    asked = ["--json", str(folder / "site.json"), "--port", f"dashboard={dashboard}"]
    done = subprocess.run(
        command("up", *asked), env=environment, capture_output=True, text=True, timeout=UP_S
    )
    assert done.returncode == 0, done.stderr
    described = json.loads((folder / "site.json").read_text())
    standing = Up(folder / "state", done.stdout, described, dashboard)
    yield standing
    standing.register.remove(standing.site.name)


@pytest.fixture(autouse=True)
def at_home(up: Up, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of this test see this site and no other one."""
    monkeypatch.setenv("XDG_STATE_HOME", str(up.state_home))


def status(chaos: Chaos) -> dict[str, Any]:
    ended = chaos("status", "--json")
    assert ended.status == 0, ended.errors
    found: dict[str, Any] = json.loads(ended.output)
    return found


def test_up_tells_where_everything_is_and_how_to_look_at_it(up: Up) -> None:
    assert f"The site {up.site.name} stands." in up.output
    assert f"http://127.0.0.1:{up.dashboard}/" in up.output
    assert up.site.cloud_url in up.output
    for verb in ("status", "cut all --for 30s", "down"):
        assert f"stream-chaos {verb}" in up.output


def test_the_addresses_in_the_file_answer(up: Up) -> None:
    assert up.described["ports"]["dashboard"] == up.dashboard
    for url in up.described["urls"].values():
        assert requests.get(url, timeout=5).status_code == 200


def test_status_shows_each_exporter_with_its_backlog_and_each_link(up: Up, chaos: Chaos) -> None:
    wait_until(
        lambda: all(each["delivered"] for each in status(chaos)["exporters"]),
        seconds=SEEN_S,
        what="deliveries",
    )
    found = status(chaos)
    named = {f"{each['stream']}/{each['exporter']}": each for each in found["exporters"]}
    assert named.keys() == {"LocalDataStream/RawData", "AggregateDataStream/AggregateData"}
    # Batches of a hundred, so that many may wait.
    assert 0 <= named["LocalDataStream/RawData"]["backlog"] <= 200
    assert {link["up"] for link in found["links"].values()} == {True}
    assert 10 <= found["rates_hz"]["appended"] <= 30
    shown = chaos("status").output
    assert up.site.name in shown
    assert "LocalDataStream/RawData" in shown
    assert "/s appended" in shown


def test_a_link_stays_cut_until_it_is_healed(up: Up, chaos: Chaos) -> None:
    assert chaos("cut", "s3", "logs").status == 0
    port = up.site.links["s3"].uplink_tap
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}/", timeout=5)
    down = [name for name, link in status(chaos)["links"].items() if not link["up"]]
    assert down == ["logs", "s3"]
    assert "s3            down" in chaos("status").output
    healed = chaos("heal")
    assert "healed s3" in healed.output
    assert requests.get(f"http://127.0.0.1:{port}/", timeout=5).ok
    assert chaos("heal").output == "Every link was up already.\n"


def test_a_backlog_grows_while_the_uplink_is_cut_and_goes_when_it_is_healed(
    up: Up, chaos: Chaos
) -> None:
    def backlog() -> int:
        return max(int(each["backlog"]) for each in status(chaos)["exporters"])

    assert chaos("cut", "all").output == "every link: cut (refused), until `stream-chaos heal`.\n"
    wait_until(lambda: backlog() > 250, seconds=SEEN_S, what="a backlog")
    assert chaos("heal").status == 0
    wait_until(lambda: backlog() <= 100, seconds=SEEN_S, what="the backlog to go")


def test_a_silent_cut_is_told_as_such_and_healed(up: Up, chaos: Chaos) -> None:
    assert chaos("cut", "s3", "--mode", "silent").status == 0
    port = up.site.links["s3"].uplink_tap
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"http://127.0.0.1:{port}/", timeout=0.5)
    assert "s3            up, silent" in chaos("status").output
    assert chaos("heal").status == 0
    assert requests.get(f"http://127.0.0.1:{port}/", timeout=5).ok


def test_a_half_open_cut_answers_when_it_is_healed(up: Up, chaos: Chaos) -> None:
    assert chaos("cut", "s3", "--mode", "half_open").status == 0
    port = up.site.links["s3"].uplink_tap
    with socket.create_connection(("127.0.0.1", port), timeout=SEEN_S) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: s3\r\nConnection: close\r\n\r\n")
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.recv(1)
        assert "s3            up, half-open" in chaos("status").output
        assert chaos("heal").status == 0
        client.settimeout(SEEN_S)
        assert client.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize("mode", ["refused", "silent", "half_open", "one_way"])
def test_a_cut_for_a_while_waits_and_heals(chaos: Chaos, mode: str) -> None:
    began = time.monotonic()
    ended = chaos("cut", "s3", "--for", "300ms", "--mode", mode)
    assert time.monotonic() - began >= 0.3
    assert ended.output == f"s3: cut ({mode}) for 300ms.\nHealed.\n"
    assert chaos("heal").output == "Every link was up already.\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cut_that_is_interrupted_heals(up: Up, chaos: Chaos, number: signal.Signals) -> None:
    with subprocess.Popen(
        command("cut", "all", "--for", "1h"),
        env={**up.environment(), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as cutting:
        assert cutting.stdout is not None
        assert cutting.stdout.readline() == "every link: cut (refused) for 1h.\n"
        cutting.send_signal(number)
        output, errors = cutting.communicate(timeout=SEEN_S)
    assert (cutting.returncode, output) == (130, "Healed.\n")
    assert errors.endswith("stream-chaos: interrupted.\n")
    assert chaos("heal").output == "Every link was up already.\n"


def test_what_is_cut_already_is_not_cut_again(chaos: Chaos) -> None:
    chaos("cut", "s3")
    ended = chaos("cut", "kinesis", "s3", "--for", "1s")
    assert ended.status == 2
    assert ended.errors == "Cut already: s3; `stream-chaos heal` brings the links back.\n"
    assert [name for name, link in status(chaos)["links"].items() if not link["up"]] == ["s3"]
    chaos("heal")


def test_the_stack_of_the_site_is_as_it_was_deployed(chaos: Chaos) -> None:
    ended = chaos("stack", "diff")
    assert (ended.status, ended.output) == (0, "No differences.\n")


def test_a_port_that_is_taken_is_one_sentence(up: Up, chaos: Chaos) -> None:
    ended = chaos("up", "--port", f"dashboard={up.dashboard}")
    assert ended.status == 4
    assert ended.errors.startswith(f"Port {up.dashboard}, asked for dashboard, is taken.")
    assert ended.errors.count("\n") == 1
    assert [site.name for site in up.register.standing()] == [up.site.name]


def test_clean_leaves_it_standing(up: Up, chaos: Chaos) -> None:
    assert chaos("clean").output == "Nothing was left.\n"
    assert up.running()
    assert up.site.logs.is_dir()


def test_down_leaves_nothing(up: Up, chaos: Chaos) -> None:
    ended = chaos("down")
    assert ended.status == 0
    assert ended.output.startswith(f"The site {up.site.name} is down; ")
    assert up.running() == []
    assert not listening(up.dashboard)
    assert not up.site.directory.exists()
    assert not up.site.logs.parent.exists()
    assert chaos("status").errors == "No site stands; `stream-chaos up` stands one up.\n"
