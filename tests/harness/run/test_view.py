"""What a person sees: one line now and then, or a table that stays in its place."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from harness.run.observer import Observer
from harness.run.view import Glance, PlainView, TerminalView, glance, view_for
from harness.waiting import wait_until

STATE = Glance(
    scenario="small",
    phase="disturb",
    elapsed_s=12.3,
    left_s=80.0,
    links={"kinesis": "down"},
    backlogs={"E": 1234},
    appended_hz=20.0,
    delivered_hz=0.0,
    conditions=("outages 1/2",),
)


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100, height=30, color_system=None)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_line_tells_the_whole_state() -> None:
    assert STATE.line() == (
        "  12.3 s | disturb, 80 s left | kinesis down | waiting: E 1234 | appended 20/s, delivered 0/s | outages 1/2"
    )


def test_a_line_is_short_when_all_links_are_alike() -> None:
    links = dict.fromkeys(("kinesis", "iot", "s3", "logs"), "silent")
    assert "| 4 links silent |" in replace(STATE, links=links).line()
    assert "| links up |" in replace(STATE, links={}).line()


def test_there_is_no_time_left_after_the_end() -> None:
    assert "| judge |" in replace(STATE, phase="judge", left_s=None).line()


def test_before_the_first_stream_nothing_is_said_to_wait() -> None:
    assert "| no stream yet |" in replace(STATE, backlogs={}).line()


def test_exporters_that_are_called_alike_are_told_apart_by_their_streams() -> None:
    observer = Observer()
    for stream, names in (("raw", ("K", "A")), ("means", ("K",))):
        exports = [{"identifier": name, "kinesisStreamName": name} for name in names]
        definition = {"name": stream, "exportDefinition": {"kinesis": exports}}
        line = {"at": 0.0, "witness": "edge-tap", "kind": "create", "id": stream}
        observer.take({**line, "type": "invoked", "definition": definition})
        observer.take({**line, "type": "ok"})
    seen = glance(observer, scenario="small", elapsed_s=1.0, left_s=None, conditions=())
    assert seen.backlogs == {"A": 0, "raw/K": 0, "means/K": 0}


def test_many_links_are_short_in_a_table_too() -> None:
    links = dict.fromkeys(("kinesis", "iot", "s3", "logs"), "silent")
    console = terminal()
    with TerminalView(console, every_s=0.002) as view:
        view.follow(lambda: replace(STATE, links=links))
        wait_until(lambda: "4 links silent" in written(console), seconds=5, what="the table")


def test_a_terminal_whose_state_cannot_be_told_says_so_and_ends() -> None:
    console = terminal()

    def broken() -> Glance:
        raise ValueError("no such state")

    with TerminalView(console, every_s=0.002) as view:
        view.follow(broken)
        wait_until(lambda: "nothing more can be shown" in written(console), seconds=5, what="it")
        view.say("the run goes on")
    assert "the run goes on" in written(console)


def test_a_glance_is_what_the_observer_sees() -> None:
    observer = Observer()
    fault = {"kind": "link_silent", "services": ["s3", "kinesis"]}
    observer.take_all(
        {"at": 1.0, "type": "ok", **line}
        for line in (
            {"witness": "harness", "kind": "phase", "phase": "steady"},
            {
                "witness": "nemesis",
                "kind": "fault",
                "id": "f1",
                "phase": "inject",
                "services": fault["services"],
                "fault": fault,
            },
        )
    )
    seen = glance(observer, scenario="small", elapsed_s=1.0, left_s=None, conditions=())
    assert seen.phase == "steady"
    assert seen.links == {"kinesis": "silent", "s3": "silent"}
    assert seen.backlogs == {}


def test_a_plain_view_writes_what_happens_at_once_and_the_state_now_and_then() -> None:
    lines: list[str] = []
    with PlainView(lines.append, every_s=0.002) as view:
        view.say("prepare")
        assert lines == ["prepare"]
        view.follow(lambda: STATE)
        wait_until(lambda: len(lines) > 3, seconds=5, what="lines")
        view.follow(None)
    assert set(lines) == {"prepare", STATE.line()}
    assert not view._thread.is_alive(), "nobody writes after the end"


def test_a_state_that_cannot_be_told_is_said_once() -> None:
    lines: list[str] = []

    def broken() -> Glance:
        raise ValueError("no such state")

    with PlainView(lines.append, every_s=0.002) as view:
        view.follow(broken)
        wait_until(lambda: lines, seconds=5, what="a line")
    assert lines == ["nothing more can be shown: ValueError('no such state')"]


def test_a_terminal_shows_a_table_and_keeps_what_happened_above_it() -> None:
    console = terminal()
    with TerminalView(console, every_s=0.002) as view:
        view.say("f1: the link is down")
        view.follow(lambda: STATE)
        wait_until(lambda: "1,234" in written(console), seconds=5, what="the table")
    for text in ("f1: the link is down", "80 s to go", "E ", "kinesis down", "outages 1/2"):
        assert text in written(console)


@pytest.mark.parametrize("text", ["[bold]", "[/]", "[link=x]"])
def test_what_happens_is_no_markup(text: str) -> None:
    console = terminal()
    with TerminalView(console) as view:
        view.say(text)
    assert text in written(console)
    plain = Console(file=io.StringIO(), width=40)
    with view_for(plain) as view:
        view.say(f"{text} {'long ' * 30}")
    assert written(plain).count("\n") == 1, "lines are not wrapped, so that they can be searched"


def test_there_is_a_table_where_there_is_a_terminal() -> None:
    assert isinstance(view_for(terminal()), TerminalView)
    assert isinstance(view_for(Console(file=io.StringIO())), PlainView)
