"""Site files: what is sound is read, and every mistake is told at once with its place."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from harness.scenario.problems import BadScenario, Problem, Severity
from harness.scenario.site_file import Encoding
from harness.scenario.site_loader import load_site

Write = Callable[[str], Path]

SOUND = """\
site: press_line
functions:
  - {name: Frames, folder: frames, handler: frames.main, ports: {api: {variable: API_PORT}}}
  - {name: Alarms, folder: lib, handler: plant.alarms.handle, pinned: false, timeout: 7s}
"""


@pytest.fixture
def line(tmp_path: Path) -> Write:
    """Writes a site file beside two functions."""
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "frames.py").write_text("def main(event, context):\n    pass\n")
    (tmp_path / "lib" / "plant" / "alarms").mkdir(parents=True)
    text = "try:\n    from fast import handle\nexcept ImportError:\n    handle = None\n"
    (tmp_path / "lib" / "plant" / "alarms" / "__init__.py").write_text(text)

    def written(text: str) -> Path:
        file = tmp_path / "line.yaml"
        file.write_text(dedent(text))
        return file

    return written


def problems_of(file: Path) -> list[Problem]:
    with pytest.raises(BadScenario) as bad:
        load_site(file)
    return list(bad.value.problems)


def told(file: Path) -> list[str]:
    return [f"{each.line} {each.path}: {each.text}" for each in problems_of(file)]


def test_a_sound_file_is_read_with_its_defaults(line: Write) -> None:
    loaded = load_site(line(SOUND))
    frames, alarms = loaded.site.functions
    assert loaded.warnings == ()
    assert (frames.pinned, frames.encoding, frames.timeout_ms) == (True, Encoding.JSON, 3000)
    assert (alarms.pinned, alarms.timeout_ms) == (False, 7000)
    assert loaded.site.stack == "press-line"
    assert loaded.site.ports == {"api": 0}


def test_what_is_written_as_json_is_the_same_site(line: Write) -> None:
    site = load_site(line(SOUND)).site
    assert type(site).model_validate(site.to_json()) == site


def test_all_mistakes_are_told_at_once_each_with_its_line(line: Write, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    file = line(
        """\
        site: Line
        functions:
          - {name: Frames, folder: frames, handler: frames.mian}
          - {name: Frames, folder: nowhere, handler: a.main}
          - {name: Third, folder: empty, handler: third.main}
          - {name: Fourth, folder: frames, handler: frames.main, pined: true}
        subscriptionz: []
        stream_manager: {STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE: none}
        """
    )
    assert [(each.line, each.path) for each in problems_of(file)] == [
        (1, "site"),
        (3, "functions[0].handler"),
        (4, "functions[1].name"),
        (4, "functions[1].folder"),
        (5, "functions[2].handler"),
        (6, "functions[3].pined"),
        (7, "subscriptionz"),
        (8, "stream_manager.STREAM_MANAGER_EXPORTER_THREAD_POOL_SIZE"),
    ]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            "subscriptions: [{source: Frame, topic: a, target: Alarms}]",
            "5 subscriptions[0].source: no function or device is called 'Frame'; did you mean `Frames`?",
        ),
        (
            "subscriptions: [{source: Frames, topic: a/#/b, target: cloud}]",
            "5 subscriptions[0].topic: 'a/#/b' has a `#` that is not its last level",
        ),
        (
            "subscriptions: [{source: Frames, topic: a/x+, target: cloud}]",
            "'a/x+' has a `+` that is only a part of a level",
        ),
        (
            "subscriptions: [{source: cloud, topic: a, target: cloud}]",
            "from the cloud to the cloud",
        ),
        (
            "subscriptions: [&x {source: cloud, topic: a, target: Frames}, *x]",
            "5 subscriptions[1]: stands above already",
        ),
        ("devices: [Gauge, gauge]", "5 devices[1]: `gauge` is the name of an earlier device"),
        ("devices: [frames]", "5 devices[0]: `frames` is the name of the function Frames"),
        ("devices: [cloud]", "5 devices[0]: `cloud` is something else on every site"),
        ("cloud: {kinesis_streams: [A, A]}", "5 cloud.kinesis_streams[1]: A stands above already"),
        ("ready: [{port: ap}]", "5 ready[0].port: no port is called `ap`; did you mean `api`?"),
        ("ready: [{path: /}]", "5 ready[0]: give it one of `port` and `stream`"),
        ("ready: [{stream: a, path: /}]", "5 ready[0]: `path` goes with `port`"),
        ("streams: [Vibes]\nready: [{stream: Vibe}]", "6 ready[0].stream: `streams` has no 'Vibe'"),
        ("source: {port: x, start: /on, stop: /off}", "5 source.port: no port is called `x`"),
        ("source: {port: api, start: on, stop: /off}", "5 source.start: 'on' has characters"),
        (
            "stream_manager: {STREAM_MANAGER_SERVER_PORT: 9}",
            "5 stream_manager.STREAM_MANAGER_SERVER_PORT: is set by the core; remove it here",
        ),
        ("container: {compose: compose.yaml}", "5 container.compose: "),
    ],
)
def test_a_mistake_beside_sound_functions_is_told(line: Write, more: str, says: str) -> None:
    (one,) = told(line(SOUND + more + "\n"))
    assert says in one


@pytest.mark.parametrize(
    ("function", "says"),
    [
        ("{name: core, folder: frames, handler: frames.main}", "`core` is something else"),
        (
            "{name: frames, folder: frames, handler: frames.main}",
            "`Frames` is the name of an earlier",
        ),
        ("{name: a-b, folder: frames, handler: frames.main}", "'a-b' has characters"),
        ("{name: B, folder: frames, handler: main}", "'main' has characters"),
        ("{name: B, folder: frames/frames.py, handler: frames.main}", "frames.py is no folder"),
        ("{name: B, folder: frames, handler: frame.main}", "did you mean `frames`?"),
        (
            "{name: B, folder: lib, handler: plant.main}",
            "lib has neither plant.py nor plant/__init__",
        ),
        ("{name: B, folder: frames, handler: frames.main, timeout: 500ms}", "counts whole seconds"),
        (
            "{name: B, folder: frames, handler: frames.main, ports: {api: {variable: P}}}",
            "`api` is a port of Frames already",
        ),
        (
            "{name: B, folder: frames, handler: frames.main, ports: {cloud: {variable: P}}}",
            "`cloud` is a port of every site",
        ),
        (
            "{name: B, folder: frames, handler: frames.main, ports: {b: {}}}",
            "give it a `variable` that tells the function its port, or a `number`",
        ),
        (
            "{name: B, folder: frames, handler: frames.main, ports: {b: {number: 9}, c: {number: 9}}}",
            "functions[2].ports.c.number: 9 is the port of B (b) already",
        ),
        (
            "{name: B, folder: frames, handler: frames.main, ports: {b: {variable: P}}, environment: {P: 1}}",
            "is set by the run, which tells the port `b` in it",
        ),
        (
            "{name: B, folder: frames, handler: frames.main, environment: {STREAM_MANAGER_SERVER_PORT: 1}}",
            "so that a witness stands in between; remove it here",
        ),
    ],
)
def test_a_function_that_cannot_be_is_told(line: Write, function: str, says: str) -> None:
    (one,) = told(line(f"{SOUND}  - {function}\n"))
    assert says in one
    assert one.startswith("5 functions[2]")


def test_a_module_that_requirements_may_bring_is_only_doubtful(line: Write, tmp_path: Path) -> None:
    (tmp_path / "frames" / "requirements.txt").write_text("boto3\nPlant-functions==1.0\n")
    (warning,) = load_site(line(SOUND.replace("frames.main", "plant_functions.main"))).warnings
    assert warning.severity is Severity.WARNING
    assert "has to bring the module plant_functions" in warning.text
    (one,) = told(line(SOUND.replace("frames.main", "plant.main")))
    assert "frames has neither plant.py nor plant/__init__.py" in one


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("def main(:\n", "cannot be parsed (line 1:"),
        ("", "it defines nothing"),
        ("def mian(): pass", "did you mean `mian`?"),
        ("class A:\n    def main(self): pass\n", "has no `main`"),
    ],
)
def test_a_module_without_the_handler_is_told(
    line: Write, tmp_path: Path, code: str, says: str
) -> None:
    (tmp_path / "frames" / "frames.py").write_text(code)
    (one,) = told(line(SOUND))
    assert one.startswith("3 functions[0].handler")
    assert says in one


@pytest.mark.parametrize(
    "code",
    [
        "from plant import *",
        "from plant import handle as main",
        "main = lambda event, context: None",
        "if True:\n    async def main(event, context): pass",
        "class main: pass",
        "'\\d'\nmain = 1",
    ],
)
def test_every_way_to_define_a_handler_is_known(line: Write, tmp_path: Path, code: str) -> None:
    (tmp_path / "frames" / "frames.py").write_text(code)
    assert load_site(line(SOUND)).warnings == ()


@pytest.mark.parametrize(
    ("compose", "says"),
    [
        ("services: {a: {image: x, ports: [", "compose.yaml:1 is not YAML"),
        ("version: 3", "has no `services`"),
        ("services: {a: 5}", "the service a is no mapping"),
    ],
)
def test_a_compose_file_that_is_none_is_told(
    line: Write, tmp_path: Path, compose: str, says: str
) -> None:
    (tmp_path / "compose.yaml").write_text(compose)
    (one,) = told(line(f"{SOUND}container: {{compose: compose.yaml, port: 8082}}\n"))
    assert says in one


def test_a_service_that_only_runs_as_a_container_is_doubtful(line: Write, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {a: {image: x}}")
    (warning,) = load_site(line(f"{SOUND}container: {{compose: compose.yaml}}\n")).warnings
    assert "cannot run in the environment local" in warning.text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "the file is empty; `stream-chaos init NAME --site` writes a site file"),
        ("- a", "a site file is a mapping of `key: value` lines; this is a list"),
        ("site: a\nsite: b\nfunctions: 5", "stands twice, first in line 1"),
        ("site: a\nfunctions: []", "is empty; name at least one"),
        ("site: a", "functions: is missing; add it"),
    ],
)
def test_a_file_that_is_no_site_is_told(line: Write, content: str, says: str) -> None:
    assert any(says in each for each in told(line(content)))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path / "none.yaml")
    assert "there is no such site file" in str(problem)
