"""One function's host with real workers, which speak to a real local interface."""

import asyncio
import contextlib
import json
import textwrap
from dataclasses import replace

import pytest

from system.greengrass.logs.journal import LogBook, Policy
from system.greengrass.router.router import Router
from system.greengrass.v1.arns import parse_function_arn
from system.greengrass.v1.environment import FunctionSurroundings, worker_launch
from system.greengrass.v1.group import Encoding, Function
from system.greengrass.v1.host import FunctionHost, QueueFull
from system.greengrass.v1.local_api import LocalApi
from system.greengrass.v1.scaling import PINNED, Scaling
from system.greengrass.v1.work import WorkBudget

ARN = "arn:aws:lambda:us-east-1:000000000000:function:it:1"
ON_DEMAND = Scaling(workers_min=0, workers_max=3, stall_s=0.2, idle_s=60, idle_max=3)
WAITING = """
    import json, os, pathlib, time
    def handler(event, context):
        while not pathlib.Path(event["until"]).exists():
            time.sleep(0.01)
        return {"pid": os.getpid()}
"""


class One:
    """A deployment of one function."""

    def __init__(self, host):
        self.host = host
        self.router = Router([], {})

    def owner_of(self, token):
        return self.host if token == "token" else None

    def host_of(self, arn):
        return self.host if arn == ARN else None

    def hosts(self):
        return {ARN: self.host}


@contextlib.asynccontextmanager
async def hosted(directory, source, scaling, *, items_max=1024, timeout_s=20.0):
    code = directory / "code"
    code.mkdir()
    (code / "app.py").write_text(textwrap.dedent(source))
    function = Function(
        arn=ARN, fields=parse_function_arn(ARN), handler="app.handler", code=code,
        pinned=bool(scaling.workers_min), encoding=Encoding.JSON, timeout_s=timeout_s, variables={},
    )  # fmt: skip
    api, book = LocalApi(lambda: One(host)), LogBook(directory / "logs")
    surroundings = FunctionSurroundings(
        region="us-east-1", daemon_port=0, stream_manager_port=None, log_level="INFO"
    )

    def launch(worker):
        here = replace(surroundings, daemon_port=api.port)
        return worker_launch(function, here, token="token", worker=worker, work=directory / "work")

    host = FunctionHost(
        function,
        scaling=scaling,
        budget=WorkBudget(items_max),
        launch=launch,
        journal=book.journal("it.log", group="g", policy=Policy()),
        on_change=lambda: None,
    )
    await api.open(0)
    host.start()
    try:
        async with asyncio.timeout(30):
            yield host
    finally:
        await host.stop(1)
        await api.close()
        book.close()


def invoke(host, **event):
    return host.invoke(json.dumps(event).encode(), "", answered=True).outcome


async def until(condition):
    async with asyncio.timeout(15):
        while not condition():  # noqa: ASYNC110 - the host tells nobody when a worker is gone
            await asyncio.sleep(0.01)


def log_of(directory):
    return (directory / "logs/it.log").read_text()


def test_an_idle_worker_is_used_again_and_nothing_else_is_started(tmp_path):
    (tmp_path / "go").touch()

    async def body():
        async with hosted(tmp_path, WAITING, ON_DEMAND) as host:
            outcomes = [await invoke(host, until=str(tmp_path / "go")) for _ in range(5)]
            return {json.loads(each.payload)["pid"] for each in outcomes}, len(host.workers())

    pids, workers = asyncio.run(body())
    assert len(pids) == workers == 1


def test_more_workers_come_up_to_the_limit_while_the_first_is_busy(tmp_path):
    async def body():
        async with hosted(tmp_path, WAITING, ON_DEMAND) as host:
            outcomes = [invoke(host, until=str(tmp_path / "go")) for _ in range(6)]
            await until(lambda: [w.state for w in host.workers()].count("Working") == 3)
            (tmp_path / "go").touch()
            return {json.loads(each.payload)["pid"] for each in await asyncio.gather(*outcomes)}

    assert len(asyncio.run(body())) == 3


def test_workers_with_nothing_to_do_are_ended_without_a_complaint(tmp_path):
    (tmp_path / "go").touch()

    async def body():
        async with hosted(tmp_path, WAITING, replace(ON_DEMAND, idle_s=0.3)) as host:
            await invoke(host, until=str(tmp_path / "go"))
            await until(lambda: not host.workers())
            return await invoke(host, until=str(tmp_path / "go"))

    assert asyncio.run(body()).error == ""
    assert log_of(tmp_path) == ""


def test_what_is_too_much_for_the_queue_is_discarded_with_a_line(tmp_path, caplog):
    async def body():
        async with hosted(tmp_path, WAITING, PINNED, items_max=2) as host:
            assert await host.started == ""
            first = invoke(host, until=str(tmp_path / "go"))
            await until(lambda: host.workers()[0].state == "Working")
            rest = [invoke(host, until=str(tmp_path / "go")) for _ in range(2)]
            assert not host.has_room()
            with pytest.raises(QueueFull):
                invoke(host)
            (tmp_path / "go").touch()
            await asyncio.gather(first, *rest)
            return host.has_room()

    assert asyncio.run(body())
    assert "The work queue is full (2 items): the invocation of it was discarded" in caplog.text


def test_an_on_demand_function_that_cannot_be_loaded_answers_and_tries_again(tmp_path):
    source = """
        import pathlib
        if not pathlib.Path("tried").exists():
            pathlib.Path("tried").touch()
            raise RuntimeError("not yet")
        def handler(event, context):
            return "sound"
    """

    async def body():
        async with hosted(tmp_path, source, ON_DEMAND) as host:
            return [await each for each in [invoke(host), invoke(host)]]

    first, second = asyncio.run(body())
    assert first.error == "Unhandled"
    assert "RuntimeError: not yet" in json.loads(first.payload)["errorMessage"]
    assert (second.error, second.payload) == ("", b'"sound"')


def test_an_invocation_whose_worker_dies_is_answered(tmp_path):
    source = """
        import os
        def handler(event, context):
            if event.get("die"):
                os._exit(3)
            return os.getpid()
    """

    async def body():
        async with hosted(tmp_path, source, PINNED) as host:
            dying, living = invoke(host, die=True), invoke(host)
            return await dying, await living, host.restarts

    dying, living, restarts = asyncio.run(body())
    assert dying.error == "Unhandled"
    assert "ended with status 3" in json.loads(dying.payload)["errorMessage"]
    assert living.error == ""
    assert restarts == 1


def test_an_initialization_without_end_is_ended(tmp_path):
    async def body():
        scaling = replace(ON_DEMAND, initialization_s=0.5)
        async with hosted(tmp_path, "while True: pass\n", scaling) as host:
            host.invoke(b"", "")
            await until(lambda: "The initialization timed out after 0.5" in log_of(tmp_path))

    asyncio.run(body())
