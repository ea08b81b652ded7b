"""Starting and stopping: settings, exit statuses, the store's lock, other parts in the place of ours."""

import json
import socket
import subprocess
import sys
import time
from contextlib import closing

import pytest
from stream_manager import (
    ExportDefinition,
    HTTPConfig,
    MessageStreamDefinition,
    StrategyOnFull,
)

from harness.waiting import wait_until

POOL = "STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE"
ROOT = "STREAM_MANAGER_STORE_ROOT_DIR"


def run(*arguments, **variables):
    """Status and output of a server that cannot start."""
    done = subprocess.run(
        [sys.executable, "-m", "system.stream_manager", *arguments],
        env={"PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        text=True,
        timeout=30,
    )
    return done.returncode, done.stdout + done.stderr


def one_sentence(output):
    assert "Traceback" not in output
    [line] = output.splitlines()
    return line


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({ROOT: ""}, [ROOT, "--store"]),
        ({ROOT: "relative"}, [ROOT, "absolute"]),
        ({ROOT: "/nowhere/at/all"}, [ROOT, "does not exist"]),
        ({ROOT: "/etc/passwd"}, [ROOT, "no folder"]),
        ({"STREAM_MANAGER_SERVER_PORT": "80a"}, ["STREAM_MANAGER_SERVER_PORT", "'80a'"]),
        ({"STREAM_MANAGER_SERVER_PORT": "65536"}, ["STREAM_MANAGER_SERVER_PORT", "65535"]),
        ({POOL: "0"}, [POOL, "between 1"]),
        ({POOL: "many"}, [POOL, "whole number"]),
        ({"STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS": "-1"}, ["MAX_BACKOFF_MS", "-1"]),
        ({"STREAM_MANAGER_EXPORTER_MAX_BANDWIDTH": "0"}, ["MAX_BANDWIDTH", "between 1"]),
        ({"STREAM_MANAGER_EXPORTER_KINESIS_INTER_CALL_DELAY_MS": "x"}, ["DELAY_MS", "'x'"]),
        ({"STREAM_MANAGER_AUTHENTICATE_CLIENT": "yes"}, ["AUTHENTICATE", "true or false"]),
        ({"STREAM_MANAGER_AUTHENTICATE_CLIENT": "true"}, ["STREAM_MANAGER_CLIENT_TOKENS"]),
        ({"LOG_LEVEL": "LOUD"}, ["LOG_LEVEL", "INFO"]),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_sentence_and_status_2(tmp_path, variables, words):
    status, output = run(**{ROOT: str(tmp_path), **variables})
    assert status == 2
    assert all(word in one_sentence(output) for word in words), output


def test_a_taken_port_is_one_sentence_and_status_4(tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        status, output = run("--store", str(tmp_path), "--port", str(port))
    assert status == 4
    assert str(port) in one_sentence(output) and "--port" in output


def test_a_store_belongs_to_one_server(make_server):
    server = make_server().start()
    status, output = run("--store", str(server.store), "--port", "0")
    assert status == 4
    assert "another stream manager" in one_sentence(output)
    server.kill()
    server.start()


def test_a_store_of_another_version_is_left_alone(make_server):
    server = make_server()
    (server.store / "format.json").write_text('{"format": 99, "created": 0}')
    assert server.launch().wait(30) == 4
    assert "format 99" in one_sentence(server.output())


def test_flags_win_over_variables(make_server, tmp_path):
    server = make_server(STREAM_MANAGER_SERVER_PORT="1", **{ROOT: str(tmp_path)}).start()
    with server.raw() as raw:
        raw.connect()
    assert (server.store / "streams").is_dir()


def test_the_lines_have_the_shape_of_the_cores_logs_and_tell_what_has_no_effect(make_server):
    server = make_server(STREAM_MANAGER_READ_ONLY_DIRS="/data").start()
    assert server.stop() == 0
    lines = server.output().splitlines()
    assert all(line.startswith("[2") and "Z][" in line for line in lines)
    assert "[WARN]" in lines[0] and "STREAM_MANAGER_READ_ONLY_DIRS" in lines[0]


def test_lines_below_the_level_are_not_written(make_server):
    server = make_server(LOG_LEVEL="ERROR", STREAM_MANAGER_READ_ONLY_DIRS="/data")
    server.launch()
    wait_until(lambda: (server.store / "streams").exists(), seconds=20, what="the store")
    server.process.terminate()
    server.process.wait(20)
    assert server.output() == ""


def test_a_server_that_stops_answers_who_waits_and_closes_the_port(server):
    client = server.client()
    client.create_message_stream(
        MessageStreamDefinition(name="S", strategy_on_full=StrategyOnFull.RejectNewData)
    )
    client.close()
    with server.raw() as raw:
        raw.connect()
        options = {"readTimeoutMillis": 50_000}
        raw.send(5, {"requestId": "waits", "streamName": "S", "readMessagesOptions": options})
        # The answer to what was asked later tells that the read waits.
        assert raw.ask(11, {"requestId": "l"})[1]["requestId"] == "l"
        assert server.stop() == 0
        operation, answer = raw.receive()
        assert (operation, answer["requestId"], answer["status"]) == (10, "waits", 13)
        assert raw.socket.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        server.raw()
    assert server.output().splitlines()[-1].endswith("stopped")


class Silent:
    """A destination that takes connections and says nothing."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.uri = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
        return self

    def __exit__(self, *exc):
        self.listener.close()


def test_a_silent_destination_does_not_keep_the_server_from_stopping(server):
    client = server.client()
    with Silent() as silent:
        config = HTTPConfig(identifier="e", uri=silent.uri, batch_size=1)
        client.create_message_stream(
            MessageStreamDefinition(
                name="S",
                strategy_on_full=StrategyOnFull.RejectNewData,
                export_definition=ExportDefinition(http=[config]),
            )
        )
        client.append_message("S", b"x")
        silent.listener.settimeout(20)
        silent.listener.accept()[0].close()
        client.close()
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 5


# -- other parts -----------------------------------------------------------------------------------

FAULTY = """
import sys
from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.export.schedule import Schedule

class Faulty(Schedule):
    def choose(self, ready):
        raise ZeroDivisionError("a fault")

sys.exit(main(parts=Parts(schedule=Faulty)))
"""

MISSING = """
import sys
sys.modules["boto3"] = None
from system.stream_manager.__main__ import main
sys.exit(main())
"""

ACKNOWLEDGES_ONLY = """
import sys
from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.stream import Stream

class Forgetful(Stream):
    def append(self, payload):
        return self.newest_sequence_number + 1 if payload == b"drop" else super().append(payload)

sys.exit(main(parts=Parts(stream=Forgetful)))
"""

IGNORES_PRIORITY = """
import sys
from system.stream_manager.__main__ import main
from system.stream_manager.composition import Parts
from system.stream_manager.export.batch import Delivered
from system.stream_manager.export.schedule import Schedule

class Careless(Schedule):
    def choose(self, ready):
        return max(ready, key=lambda each: each.config.urgency)

class Pretends:
    def __init__(self, settings):
        self.seen = open(settings.store / "seen", "w")
    def send(self, batch):
        self.seen.write(batch.exporter[1] + "\\n")
        self.seen.flush()
        return Delivered()
    def close(self):
        self.seen.close()

sys.exit(main(parts=Parts(schedule=Careless, sinks=Pretends)))
"""


def script(make_server, tmp_path, text, **variables):
    path = tmp_path / "broken.py"
    path.write_text(text)
    return make_server(command=[sys.executable, str(path)], **variables).start()


def test_a_stream_that_acknowledges_what_it_does_not_store_takes_the_place_of_ours(
    make_server, tmp_path
):
    server = script(make_server, tmp_path, ACKNOWLEDGES_ONLY)
    client = server.client()
    client.create_message_stream(
        MessageStreamDefinition(name="S", strategy_on_full=StrategyOnFull.RejectNewData)
    )
    assert [client.append_message("S", each) for each in (b"keep", b"drop", b"keep")] == [0, 1, 1]
    client.close()


def test_sinks_and_schedule_can_be_exchanged_too(make_server, tmp_path):
    server = script(make_server, tmp_path, IGNORES_PRIORITY, **{POOL: "1"})
    client = server.client()
    config = [
        HTTPConfig(identifier=f"priority-{each}", uri="http://nowhere", batch_size=2, priority=each)
        for each in (1, 9)
    ]
    client.create_message_stream(
        MessageStreamDefinition(
            name="S",
            strategy_on_full=StrategyOnFull.RejectNewData,
            export_definition=ExportDefinition(http=config),
        )
    )
    client.append_message("S", b"x")
    client.append_message("S", b"x")
    seen = server.store / "seen"
    wait_until(lambda: len(seen.read_text().split()) == 2, seconds=10, what="both exporters")
    assert seen.read_text().split() == ["priority-9", "priority-1"]
    client.close()
    assert server.stop() == 0
    exporters = json.loads((server.store / "streams/S/exporters.json").read_text())["exporters"]
    assert {each["position"] for each in exporters.values()} == {2}


def test_a_fault_of_the_server_ends_it_with_status_70_and_a_line_and_keeps_what_was_acknowledged(
    make_server, tmp_path
):
    server = script(make_server, tmp_path, FAULTY)
    config = {"identifier": "e", "uri": "http://nowhere", "batchSize": 1}
    definition = {"name": "S", "strategyOnFull": 0, "exportDefinition": {"http": [config]}}
    with server.raw() as raw:
        raw.connect()
        raw.ask(2, {"requestId": "c", "definition": definition})
        raw.send(4, {"requestId": "a", "name": "S", "payload": b"x"})
        assert server.process.wait(10) == 70
    assert "ZeroDivisionError" in server.output() and "Traceback" not in server.output()
    server.command = [sys.executable, "-m", "system.stream_manager"]
    server.start()
    with server.raw() as raw:
        raw.connect()
        assert (
            raw.ask(4, {"requestId": "a", "name": "S", "payload": b"x"})[1]["sequenceNumber"] == 1
        )


def test_a_library_that_is_missing_is_named(make_server, tmp_path):
    path = tmp_path / "missing.py"
    path.write_text(MISSING)
    server = make_server(command=[sys.executable, str(path)])
    assert server.launch().wait(20) == 4
    assert "boto3" in one_sentence(server.output())
