import asyncio
import os
import signal
import sys
from contextlib import suppress

import psutil

from harness.waiting import wait_until
from system.greengrass.supervision.backoff import BackoffRule
from system.greengrass.supervision.process import Child, Launch, describe_exit
from system.greengrass.supervision.supervisor import Supervisor


def launch(code, directory, **more):
    return Launch(
        command=(sys.executable, "-c", code),
        environment={"PATH": os.environ["PATH"]},
        directory=directory,
        **more,
    )


def child(code, directory, **more):
    lines, codes = [], []
    made = Child(
        launch(code, directory, **more),
        on_line=lambda channel, line: lines.append((channel, line)),
        on_exit=codes.append,
    )
    return made, lines, codes


async def talk(directory):
    code = (
        "import os, sys; print('out'); print('err', file=sys.stderr); "
        "os.write(int(os.environ['EXTRA']), b'noted'); print(os.getcwd(), end='')"
    )
    made, lines, codes = child(code, directory, channels={"EXTRA": "extra"})
    assert await made.wait() == 0
    assert codes == [0]
    assert sorted(lines) == [
        ("extra", b"noted"),
        ("stderr", b"err"),
        ("stdout", str(directory).encode()),
        ("stdout", b"out"),
    ]
    assert not made.alive


def test_output_of_all_channels_arrives_before_the_end_is_told(tmp_path):
    asyncio.run(talk(tmp_path))


def test_a_grandchild_that_keeps_the_pipe_does_not_delay_the_end_and_goes_with_it(tmp_path):
    async def body():
        code = "import subprocess; print(subprocess.Popen(['sleep', '300']).pid)"
        made, lines, _ = child(code, tmp_path)
        async with asyncio.timeout(10):
            await made.wait()
        return int(lines[0][1])

    pid = asyncio.run(body())

    def gone():
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        return True

    wait_until(gone, seconds=5, what="the end of the grandchild")


def test_a_process_that_ignores_the_request_to_stop_is_made_to(tmp_path):
    async def body():
        code = (
            "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
            "print('ready', flush=True); time.sleep(300)"
        )
        ready = asyncio.Event()
        made = Child(launch(code, tmp_path), on_line=lambda *_: ready.set(), on_exit=lambda _: None)
        await ready.wait()
        return await made.stop(0.2)

    assert asyncio.run(body()) == -signal.SIGKILL


def test_a_supervised_process_is_started_again_until_it_is_stopped(tmp_path):
    async def body():
        changes, third = [], asyncio.Event()

        def note(_channel, line):
            if (line, len(changes)) >= (b"again", 5):
                third.set()

        supervisor = Supervisor(
            "it",
            launch("print('again')", tmp_path),
            on_line=note,
            on_change=lambda: changes.append(supervisor.running()),
            rule=BackoffRule(first_s=0.01, cap_s=0.02),
        )
        supervisor.start()
        async with asyncio.timeout(20):
            await third.wait()
        await supervisor.stop(1)
        return changes, supervisor.running()

    changes, running = asyncio.run(body())
    assert [each.restarts for each in changes if each][:3] == [0, 1, 2]
    assert running is None


def test_an_exit_is_described():
    assert describe_exit(3) == "ended with status 3"
    assert describe_exit(-9) == "was ended by SIGKILL"
    assert describe_exit(-63) == "was ended by signal 63"
