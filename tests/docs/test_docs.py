"""The documentation is true: its links resolve, its command lines parse, its scenarios load, its lists are complete."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click
import pytest

from harness.checkers.classes import Ending
from harness.checkers.judge import judge
from harness.checkers.resends import Cause
from harness.cli import VERBS, application
from harness.commands.stack import command as stack
from harness.commands.up import default_plan
from harness.fault.registry import KINDS
from harness.history.history import WITNESSES, History
from harness.nightly.library import make_library
from harness.nightly.where import CONTAINERS, Where
from harness.report.artefacts import Recorded
from harness.report.document import document
from harness.scenario.loader import load
from harness.taps.conversation import REQUESTS, UNKNOWN_REQUEST

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = [README, *sorted(DOCS.rglob("*.md"))]

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
PLACEHOLDER = re.compile(r"\.\.\.|…")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    page: Path
    language: str
    text: str


def blocks() -> list[Block]:
    return [
        Block(page, found[1], found[2])
        for page in PAGES
        for found in FENCE.finditer(page.read_text())
    ]


# -- links -----------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    prose = FENCE.sub("", page.read_text())
    plain = (re.sub(r"[^\w\- ]", "", each.lower()) for each in HEADING.findall(prose))
    return {each.strip().replace(" ", "-") for each in plain}


def broken_links(page: Path) -> Iterator[str]:
    for link in LINK.findall(FENCE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_resolves(page: Path) -> None:
    assert list(broken_links(page)) == []


def test_the_index_leads_to_every_page() -> None:
    index = DOCS / "README.md"
    linked = {(DOCS / link).resolve() for link in LINK.findall(index.read_text())}
    assert [named(page) for page in PAGES[1:] if page != index and page not in linked] == []


# -- command lines ---------------------------------------------------------------------------------


def commands_in(page: Path) -> Iterator[str]:
    """Every `stream-chaos …` in a block without a language or in the running text."""
    text = page.read_text()
    for found in FENCE.finditer(text):
        for line in found[2].splitlines():
            if line.startswith("stream-chaos "):
                yield line
    for inline in INLINE.findall(FENCE.sub("", text)):
        if inline.startswith("stream-chaos "):
            yield inline


def words_of(line: str) -> list[str]:
    """The words of the command itself: what follows a pipe, or two spaces in a table, is not part of it."""
    line = re.split(r" \| |\s{2,}", PLACEHOLDER.sub("", line.replace("|", " | ")))[0]
    return shlex.split(line)[1:]


def options_of(command: click.Command) -> set[str]:
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    return known | {"--help", "-h"}


def problem_of(line: str) -> str:
    """Why a command line cannot be right; empty if it can."""
    words = words_of(line)
    while words and words[0] in options_of(application):
        words = words[1:]
    if not words or words[0].isupper():
        return ""
    context = click.Context(application)
    command = application.get_command(context, words[0])
    if command is None:
        return f"there is no command {words[0]}"
    if isinstance(command, click.Group) and len(words) > 1 and not words[1].startswith("-"):
        command = command.get_command(context, words[1])
        if command is None:
            return f"there is no {words[0]} {words[1]}"
    unknown = [
        word
        for word in words
        if word.startswith("--") and word.split("=")[0] not in options_of(command)
    ]
    return f"{words[0]} has no {', '.join(unknown)}" if unknown else ""


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_line_parses(page: Path) -> None:
    problems = {line: problem_of(line) for line in commands_in(page)}
    assert {line: problem for line, problem in problems.items() if problem} == {}


def test_a_command_line_that_is_wrong_would_be_found() -> None:
    assert problem_of("stream-chaos destroy") == "there is no command destroy"
    assert problem_of("stream-chaos stack build") == "there is no stack build"
    assert problem_of("stream-chaos run x.yaml --sead 3") == "run has no --sead"
    assert problem_of("stream-chaos cut SERVICE|all      cut its links --x") == ""


def test_commands_are_found_in_the_tutorial() -> None:
    found = list(commands_in(DOCS / "tutorial.md"))
    verbs = {words_of(line)[0] for line in found}
    assert {"run", "check", "init", "up", "status", "cut", "heal", "down", "history"} <= verbs


@pytest.mark.parametrize("page", [README, REFERENCE / "command-line.md"], ids=named)
def test_every_verb_is_listed(page: Path) -> None:
    listed = {words_of(line)[0] for line in commands_in(page)}
    rows = re.findall(r"^\| `(\w+)[ `]", page.read_text(), re.MULTILINE)
    assert set(VERBS) - {*listed, *rows} == set()


def test_every_option_of_every_verb_is_described() -> None:
    text = (REFERENCE / "command-line.md").read_text()
    context = click.Context(application)
    missing = [
        f"{verb} {option}"
        for verb in VERBS
        for option in sorted(options_of(application.get_command(context, verb) or application))
        if option.startswith("--") and option not in text
    ]
    assert missing == []


def test_every_option_of_the_stack_is_described() -> None:
    text = (REFERENCE / "stack.md").read_text()
    options = {option for each in stack.commands.values() for option in options_of(each)}
    assert [each for each in sorted(options - {"--help", "-h"}) if each not in text] == []


# -- scenarios, JSON, Python -----------------------------------------------------------------------

SCENARIOS = [block for block in blocks() if re.search(r"^scenario: ", block.text, re.MULTILINE)]


def test_there_is_a_scenario_in_the_documentation() -> None:
    assert SCENARIOS


@pytest.mark.parametrize("block", SCENARIOS, ids=lambda block: named(block.page))
def test_every_scenario_loads(block: Block, tmp_path: Path) -> None:
    name = re.search(r"^scenario: (\w+)", block.text, re.MULTILINE)
    assert name is not None
    file = tmp_path / f"{name[1]}.yaml"
    file.write_text(block.text)
    assert load(file).warnings == ()


@pytest.mark.parametrize(
    "block",
    [block for block in blocks() if block.language == "python"],
    ids=lambda block: named(block.page),
)
def test_every_program_is_python(block: Block) -> None:
    compile(block.text, named(block.page), "exec")


# -- what README promises to CI --------------------------------------------------------------------


def test_quick_start_has_exactly_two_commands_of_one_line() -> None:
    quick_start = re.split(r"^## ", README.read_text(), flags=re.MULTILINE)[1]
    assert quick_start.startswith("Quick start\n")
    commands = [found[2].splitlines() for found in FENCE.finditer(quick_start) if found[1] == "sh"]
    assert [len(lines) for lines in commands] == [1, 1]
    assert commands[0][0].endswith("tox run -e scenarios")
    assert commands[1][0].endswith("tox run -e tests")


def test_the_status_table_knows_three_words() -> None:
    table = README.read_text().partition("## What works")[2].partition("\n## ")[0]
    rows = [row.split("|")[2].strip() for row in table.splitlines() if row.startswith("| ")]
    assert {*rows[1:]} == {"works", "partly", "not yet"}


# -- lists that have to be complete ----------------------------------------------------------------


def in_code(page: Path) -> set[str]:
    """The words that a page has in code spans."""
    prose = FENCE.sub("", page.read_text())
    return {word for span in INLINE.findall(prose) for word in re.findall(r"[\w-]+", span)}


def test_the_fields_of_a_report_are_described(tmp_path: Path) -> None:
    facts = {"environment": "local", "command": "stream-chaos run", "versions": {}}
    recorded = Recorded(folder=tmp_path, plan=default_plan(), history=History(), facts=facts)
    fields = document(recorded, judge(recorded.history, recorded.plan))
    known = in_code(REFERENCE / "report.md")
    assert set(fields) - known == set()
    assert {str(each) for each in Ending} - known == set()


def test_what_explains_a_copy_is_described() -> None:
    text = (REFERENCE / "report.md").read_text()
    assert [each for each in Cause if f"`{each}`" not in text] == []


def test_every_fault_is_described() -> None:
    assert set(KINDS) - in_code(REFERENCE / "faults.md") == set()


def test_every_witness_and_every_kind_of_request_is_described() -> None:
    known = in_code(REFERENCE / "history.md")
    assert {*WITNESSES, *REQUESTS.values(), UNKNOWN_REQUEST} - known == set()


def test_what_is_said_of_the_length_of_a_night_is_what_the_program_says(tmp_path: Path) -> None:
    where = Where(asked=CONTAINERS, environment=CONTAINERS)
    library = make_library(ROOT / "scenarios/nightly", date(2026, 11, 25), where, made=tmp_path)
    runs, minutes = len(library.entries), sum(each.rough_s for each in library.entries) / 60
    how_to = (DOCS / "how-to/nightly.md").read_text()
    assert f"the whole library (about {minutes:.0f} minutes)" in how_to
    assert f"Night 2026-11-25 in containers: {runs} scenarios, about {minutes:.0f} min." in how_to
    assert (
        f"\n1/{runs} cloud_outage (scenario, containers, about 2 min), about {minutes:.0f} min"
        in how_to
    )
    said = f"its {runs} runs take about {minutes:.0f} minutes"
    assert said in (REFERENCE / "nightly.md").read_text()


def test_the_least_judge_of_the_history_finds_what_is_missing(tmp_path: Path) -> None:
    program = next(b for b in blocks() if b.page.name == "history.md" and b.language == "python")
    definition = {
        "name": "S",
        "exportDefinition": {"kinesis": [{"identifier": "out", "kinesisStreamName": "K"}]},
    }
    lines = [
        {"kind": "create", "type": "invoked", "id": "1-1", "stream": "S", "definition": definition},
        {"kind": "create", "type": "ok", "id": "1-1"},
    ]
    for number, hash_ in enumerate(["a", "b", "b"]):
        asked = {"kind": "append", "id": f"1-{number + 2}"}
        lines += [
            {**asked, "type": "invoked", "stream": "S", "hash": hash_, "size": 1},
            {**asked, "type": "ok", "sequence_number": number},
        ]
    told = [{"at": 1.0, "witness": "edge-tap", **line} for line in lines]
    reader = {"at": 2.0, "witness": "cloud-reader", "service": "kinesis", "target": "K"}
    held = [
        {**reader, "kind": "record", "type": "note", "place": str(index), "hash": hash_}
        for index, hash_ in enumerate(["a", "b"])
    ]
    read = {**reader, "kind": "pass", "type": "ok", "id": "kinesis/K"}
    file = tmp_path / "history.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in [*told, *held, read]))
    said = run_program(program.text, str(file))
    assert said == "S out 3 acknowledged, missing: [2]\n"


def run_program(text: str, argument: str) -> str:
    """What a program prints."""
    command = [sys.executable, "-c", text, argument]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
