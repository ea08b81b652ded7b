"""Starts, ends, time-outs and restarts of functions, and the end of the core."""

import json
import os
import re
import signal
import urllib.error
import urllib.request

import psutil

from harness.waiting import wait_until

HEALTH = "http://127.0.0.1:{}/2016-11-01/health/workers"
NOTHING = """
def handler(event, context):
    pass
"""


def runs(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def pid_of(edge, arn):
    return edge.processes()["functions"].get(arn, {}).get("pid")


def test_a_pinned_function_that_is_killed_runs_again(edge):
    arn = edge.function("pinned", "open('seen', 'a').write('started\\n')" + NOTHING, Pinned=True)
    edge.start()
    first = pid_of(edge, arn)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: pid_of(edge, arn) not in (None, first), seconds=15, what="another process")
    edge.wait_for_lines("pinned", 2)
    assert edge.processes()["functions"][arn]["restarts"] == 1
    assert f"The worker {first} was ended by SIGKILL" in edge.function_log("pinned")


def test_a_handler_that_takes_too_long_is_ended_and_the_next_message_is_handled(edge, sdk):
    slow = edge.function(
        "slow",
        """
        import time
        def handler(event, context):
            with open("seen", "a") as seen:
                seen.write(event.decode() + "\\n")
            if event == b"stuck":
                time.sleep(60)
        """,
        Timeout=1,
    )
    caller = edge.function(
        "caller",
        f"""
        import greengrasssdk
        client = greengrasssdk.client("lambda")
        def handler(event, context):
            pass
        for payload in (b"stuck", b"free"):
            answer = client.invoke(FunctionName="{slow}", Payload=payload)
            with open("seen", "a") as seen:
                seen.write(answer["FunctionError"] + ".\\n")
        """,
        sdk=sdk,
        Pinned=True,
    )
    assert caller
    edge.start()
    assert edge.wait_for_lines("caller", 2) == ["Unhandled.", "."]
    assert edge.lines("slow") == ["stuck", "free"]
    assert "The invocation timed out after 1 seconds" in edge.function_log("slow")


def test_what_a_function_writes_is_in_its_log_in_the_documented_shape(edge):
    edge.function(
        "talking",
        """
        import logging, sys
        print("printed")
        print("complained", file=sys.stderr)
        logging.getLogger("any").info("noted %d", 7)
        logging.debug("not kept")
        try:
            1 / 0
        except ZeroDivisionError:
            logging.exception("broken")

        def handler(event, context):
            pass
        """,
        Pinned=True,
    )
    edge.start()
    wait_until(
        lambda: "complained" in edge.function_log("talking"), seconds=10, what="the log's lines"
    )
    text = edge.function_log("talking")
    stamp = r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\]"
    for shape in (
        stamp + r"\[INFO\]-stdout,printed\n",
        stamp + r"\[ERROR\]-stderr,complained\n",
        stamp + r"\[INFO\]-app\.py:5,noted 7\n",
        stamp
        + r"\[ERROR\]-app\.py:10,broken\nTraceback[^\[]*ZeroDivisionError: division by zero\n",
    ):
        assert re.search(shape, text), f"{shape} is not in\n{text}"
    assert "not kept" not in text
    log = edge.root / "ggc/var/log/user/us-east-1/000000000000/talking.log"
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_function_that_cannot_be_imported_fails_the_deployment_and_the_others_run(edge):
    edge.function("broken", "import nothing_of_this_name\n" + NOTHING, Pinned=True)
    sound = edge.function("sound", NOTHING, Pinned=True)
    status = edge.start()
    assert status["status"] == "Failure"
    assert "broken could not be initialized: ModuleNotFoundError" in status["error"]
    assert pid_of(edge, sound)
    log = edge.function_log("broken")
    assert (
        "Initialization failed: ModuleNotFoundError: No module named 'nothing_of_this_name'" in log
    )
    assert "Traceback" in log


def test_container_isolation_is_refused_with_the_way_to_mend_it(edge):
    isolation = {"Execution": {"IsolationMode": "GreengrassContainer"}}
    edge.function("contained", NOTHING, environment=isolation)
    status = edge.start()
    assert status["status"] == "Failure"
    refusal = "contained asks for the isolation GreengrassContainer, which this core cannot give"
    assert refusal in status["error"]
    assert refusal in edge.runtime_log()
    assert "set IsolationMode to NoContainer" in edge.runtime_log()


def call(url, **options):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, **options), timeout=5) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_the_local_interface_tells_of_workers_and_refuses_strangers(edge):
    arn = edge.function("pinned", NOTHING, Pinned=True)
    edge.start()
    status, health = call(HEALTH.format(edge.port()))
    assert status == 200
    (worker,) = health["Workers"]
    assert worker["FuncArn"] == arn
    assert worker["ProcessId"] == str(pid_of(edge, arn))
    assert worker["WorkerState"] == "Waiting"
    body = json.dumps({"FuncArns": [arn, "arn:other"]}).encode()
    assert call(HEALTH.format(edge.port()), data=body, method="POST") == (
        200,
        {"Workers": [worker], "InvalidArns": ["arn:other"]},
    )
    functions = f"http://127.0.0.1:{edge.port()}/2016-11-01/functions"
    for headers in ({}, {"Authorization": "guessed"}):
        status, refusal = call(f"{functions}/{arn}", data=b"{}", method="POST", headers=headers)
        assert status == 403
        assert "AWS_CONTAINER_AUTHORIZATION_TOKEN" in refusal["errorMessage"]


def test_a_function_has_the_documented_environment_and_may_not_act_for_another(edge):
    other = edge.function("other", NOTHING, Pinned=True)
    arn = edge.function(
        "curious",
        f"""
        import json, os, sys, urllib.request, urllib.error
        def handler(event, context):
            pass
        home = "http://127.0.0.1:" + os.environ["GG_DAEMON_PORT"] + "/2016-11-01/functions/{other}/work"
        token = os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        request = urllib.request.Request(home, headers={{"Authorization": token}})
        try:
            urllib.request.urlopen(request, timeout=5)
            stolen = 200
        except urllib.error.HTTPError as error:
            stolen = error.code
        request = urllib.request.Request(
            os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"], headers={{"Authorization": token}})
        credentials = json.load(urllib.request.urlopen(request, timeout=5))
        with open("seen", "w") as seen:
            seen.write(json.dumps([dict(os.environ), sys.path, stolen, credentials]) + "\\n")
        """,
        variables={"OWN": "yes", "MY_FUNCTION_ARN": "arn:forged"},
        Pinned=True,
    )
    edge.start()
    environment, path, stolen, credentials = json.loads(edge.wait_for_lines("curious", 1)[0])
    assert environment["MY_FUNCTION_ARN"] == arn
    assert environment["OWN"] == "yes"
    assert environment["ENCODING_TYPE"] == "binary"
    assert environment["AWS_REGION"] == "us-east-1"
    assert environment["ROUTER_FUNCTION_ARN"] == "arn:aws:lambda:::function:GGRouter"
    assert environment["LOG_LEVEL"] == "INFO"
    assert "AWS_SECRET_ACCESS_KEY" not in environment
    assert str(edge.deployment / "lambda/curious") in path
    assert not any("/.venv/" in each for each in path)
    assert stolen == 403
    assert credentials["SecretAccessKey"] == "test"


def test_the_core_ends_quickly_with_everything_it_started(edge):
    child = "import subprocess; subprocess.Popen(['sleep', '300'])\n"
    stubborn = edge.function(
        "stubborn",
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + child + NOTHING,
        Pinned=True,
    )
    edge.start()
    process = psutil.Process(edge.process.pid)
    everything = [each.pid for each in process.children(recursive=True)]
    assert pid_of(edge, stubborn) in everything
    assert len(everything) == 2
    assert edge.stop() < 5
    assert not any(runs(pid) for pid in everything)
    assert edge.processes() == {
        "stream_manager": None,
        "mqtt_broker": None,
        "functions": {},
        "containers": {},
    }
    assert "greengrass core stopped" in edge.runtime_log()


def test_functions_do_not_outlive_a_core_that_is_killed(edge):
    arn = edge.function("pinned", NOTHING, Pinned=True)
    edge.start()
    pid = pid_of(edge, arn)
    os.kill(edge.process.pid, signal.SIGKILL)
    edge.process.wait()
    wait_until(lambda: not runs(pid), seconds=5, what="the end of the function")
