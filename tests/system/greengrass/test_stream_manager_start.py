"""The core starts a stream manager as a command of its own, and keeps it running."""

import json
import os
import shlex
import signal
import socket
import sys

from harness.waiting import wait_until

SERVER = """
import json, os, socket, sys
server = socket.create_server(("127.0.0.1", int(os.environ["STREAM_MANAGER_SERVER_PORT"])))
with open(os.environ["TEST_STARTS"], "a") as starts:
    starts.write(json.dumps(dict(os.environ)) + "\\n")
print("[2026-01-01T00:00:00.000Z][WARN]-server.py:1,as it is", flush=True)
print("plain", flush=True)
while True:
    server.accept()[0].close()
"""
FUNCTION = """
import os
with open("seen", "a") as seen:
    seen.write(os.environ["STREAM_MANAGER_SERVER_PORT"] + "\\n")
def handler(event, context):
    pass
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def starts(edge):
    path = edge.root / "starts"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_another_server_takes_the_place_of_ours_and_is_restarted_when_it_dies(edge):
    edge.environment["TEST_STARTS"] = str(edge.root / "starts")
    edge.stream_manager(
        STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE="1", STREAM_MANAGER_SERVER_PORT="1"
    )
    edge.function("using", FUNCTION, Pinned=True)
    port, client_port = free_port(), free_port()
    command = shlex.join([sys.executable, "-c", SERVER])
    edge.start(
        "--stream-manager", command,
        "--stream-manager-port", str(port),
        "--stream-manager-client-port", str(client_port),
    )  # fmt: skip
    (first,) = starts(edge)
    assert first["STREAM_MANAGER_SERVER_PORT"] == str(port)
    assert first["STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE"] == "1"
    assert first["STREAM_MANAGER_AUTHENTICATE_CLIENT"] == "false"
    assert first["STREAM_MANAGER_STORE_ROOT_DIR"] == str(edge.root / "ggc/work/stream-manager")
    assert first["AWS_ENDPOINT_URL"] == edge.environment["AWS_ENDPOINT_URL"]
    assert first["AWS_SECRET_ACCESS_KEY"] == "test"
    assert first["AWS_REGION"] == "us-east-1"
    assert edge.wait_for_lines("using", 1) == [str(client_port)]
    before = edge.processes()["stream_manager"]
    assert before["restarts"] == 0
    os.kill(before["pid"], signal.SIGKILL)
    wait_until(lambda: len(starts(edge)) == 2, seconds=15, what="another start")
    wait_until(
        lambda: (edge.processes()["stream_manager"] or {}).get("restarts") == 1,
        seconds=5,
        what="the restart in processes.json",
    )
    log = edge.log("system/GGStreamManager.log")
    assert "[2026-01-01T00:00:00.000Z][WARN]-server.py:1,as it is\n" in log
    assert "[INFO]-GGStreamManager,plain\n" in log
    assert edge.stop() < 5


def test_a_stream_manager_that_cannot_be_run_is_told(edge):
    edge.stream_manager()
    edge.write()
    edge.launch("--stream-manager", "/nowhere/server", "--stream-manager-port", str(free_port()))
    wait_until(
        lambda: (
            "/nowhere/server cannot be run: No such file" in edge.log("system/GGStreamManager.log")
        ),
        seconds=15,
        what="the reason in its log",
    )
    wait_until(
        lambda: "stream manager ended with status 127" in edge.runtime_log(),
        seconds=5,
        what="its end",
    )


def test_one_that_always_dies_fails_the_deployment_while_the_functions_run(edge):
    edge.stream_manager()
    edge.function("using", FUNCTION, Pinned=True)
    port = free_port()
    status = edge.start("--stream-manager", "sh -c 'exit 3'", "--stream-manager-port", str(port))
    assert status["status"] == "Failure"
    assert status["error"] == (
        f"the stream manager ended with status 3, 4 times, and never listened on port {port}"
    )
    assert len(edge.wait_for_lines("using", 1)) == 1


def test_a_group_without_a_stream_manager_starts_none(edge):
    edge.start()
    assert edge.processes()["stream_manager"] is None
    assert not (edge.root / "ggc/var/log/system/GGStreamManager.log").exists()
