"""Locust itself, in processes of its own, on a stream manager."""

import csv
import signal
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.load.api import CALLS
from harness.load.gate import Gate
from harness.waiting import wait_until

from .conftest import WAIT_S, Functions, Locust, StreamManagerProcess

INTENDED = "append (from intended time)"


def wait_until_ready(locust: Locust) -> None:
    """Return when all users are connected."""
    wait_until(Gate(locust.folder).ready, seconds=WAIT_S, what="the users to connect")


def rows(folder: Path) -> dict[str, dict[str, str]]:
    """Locust's own table, by the name of the row."""
    (file,) = folder.glob("reports/load/*/load_stats.csv")
    with file.open() as content:
        return {row["Name"]: row for row in csv.DictReader(content)}


def test_several_users_append_side_by_side_and_nothing_fails(
    locust: Locust, server: StreamManagerProcess, tmp_path: Path
) -> None:
    """Under locust's own threads all but one of five stock clients would die, with no failure in the table."""
    status, output = locust.append("--users", "5", rate="100", duration="1s")

    assert status == 0, output
    assert "StreamAppender: of 100 readings scheduled 100 were acknowledged (100.000%)" in output
    assert "From the intended time: p50" in output
    assert sorted(server.readings()) == sorted(f"appender-1/{n}" for n in range(100))
    found = rows(tmp_path)
    assert found["append"]["Request Count"] == found[INTENDED]["Request Count"] == "100"
    assert found[INTENDED]["Failure Count"] == "0"
    (page,) = tmp_path.glob("reports/load/*/report.html")
    assert INTENDED in page.read_text()


def test_readings_that_nobody_acknowledged_fail_the_load(
    locust: Locust, server: StreamManagerProcess
) -> None:
    with locust.appending(
        *("--duration", "6s", "--patience", "200ms", "--grace", "1s", "--timeout", "1s"),
        *("--gate", str(locust.folder)),
    ) as running:
        wait_until_ready(locust)
        server.kill()
        # All of it is overdue, and nobody is patient.
        Gate(locust.folder).start(1_000_000_000)
        output, errors = running.communicate(timeout=WAIT_S)

    assert running.returncode == 1, output + errors
    assert "of 120 readings scheduled 0 were acknowledged (0.000%, 99.9% needed)" in output


def test_workers_divide_the_readings_and_the_sums_are_right_at_the_master(
    locust: Locust, server: StreamManagerProcess, tmp_path: Path
) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = str(held.getsockname()[1])
    with ExitStack() as stack:
        workers = [
            stack.enter_context(locust.running("--worker", "--master-port", port)) for _ in range(2)
        ]
        status, output = locust.append(
            *("--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port),
            *("--expect-workers", "2", "--sensors", "2"),
        )
        for worker in workers:
            worker.communicate(timeout=WAIT_S)

    assert status == 0, output
    assert [worker.returncode for worker in workers] == [0, 0]
    made = [f"appender-{sensor}/{ordinal}" for sensor in (1, 2) for ordinal in range(40)]
    assert sorted(server.readings()) == sorted(made)
    assert rows(tmp_path)[INTENDED]["Request Count"] == "80"


def test_whoever_started_the_load_tells_it_when_to_begin_and_to_end(
    locust: Locust, server: StreamManagerProcess
) -> None:
    gate = Gate(locust.folder)
    with locust.appending("--duration", "100h", "--gate", str(locust.folder)) as running:
        wait_until_ready(locust)
        gate.start(time.time())
        wait_until(lambda: gate.told().get("published"), seconds=WAIT_S, what="readings")
        gate.stop()
        output, errors = running.communicate(timeout=WAIT_S)

    assert running.returncode == 0, output + errors
    told = gate.told()
    assert told["enabled"] is False
    assert told["published"] == len(server.readings())


def test_one_alone_uses_the_switch_of_the_source_however_high_the_rate_of_others_is(
    locust: Locust, functions: Functions
) -> None:
    with locust.running(
        *("SensorApi", "StreamAppender", "--headless", "--export", "none"),
        *("--rate", "200", "--api-rate", "30", "--duration", "2s"),
    ) as running:
        output, errors = running.communicate(timeout=WAIT_S)

    assert running.returncode == 0, output + errors
    assert "SensorApi: of 60 requests scheduled 60 were acknowledged" in output
    # Before and after them it sees how the source was found, and leaves it so.
    assert functions.asked == ["status", *CALLS * 10, "enable"]


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["SensorDevice"], 2, "Error: The site small has no MQTT: SensorDevice cannot publish"),
        (["--site", "gone.json"], 4, "Error: There is no site: gone.json cannot be read"),
    ],
)
def test_what_cannot_be_is_told_in_one_sentence(
    locust: Locust, arguments: list[str], status: int, sentence: str
) -> None:
    with locust.running("--headless", *arguments) as running:
        _output, errors = running.communicate(timeout=WAIT_S)

    assert running.returncode == status, errors
    assert sentence in errors
    assert "Traceback" not in errors


def test_a_stream_manager_that_is_not_there_is_a_site_that_is_not_there(
    locust: Locust, server: StreamManagerProcess
) -> None:
    server.kill()

    status, output = locust.append()

    assert status == 4
    assert "StreamAppender cannot reach the site small: the stream manager: " in output
    assert "Traceback" not in output


def test_a_load_that_is_broken_off_fails(locust: Locust) -> None:
    gate = Gate(locust.folder)
    with locust.appending("--duration", "1h", "--gate", str(locust.folder)) as running:
        wait_until_ready(locust)
        gate.start(time.time())
        wait_until(gate.told, seconds=WAIT_S, what="the load to begin")
        running.send_signal(signal.SIGTERM)
        output, errors = running.communicate(timeout=WAIT_S)

    assert running.returncode == 1, output + errors
    assert "of 72000 readings scheduled" in output
    assert "never sent" in output
