"""A whole night, with recorded runs in the place of real ones."""

import json
import re
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from harness.commands.outcome import CommandFailed, ExitStatus
from harness.nightly.running import Ended
from harness.nightly.tonight import Asked, begin

from .conftest import (
    EXAMPLE,
    LIBRARY,
    LOST,
    NOTHING,
    Recorded,
)

LOST_CANARY = {**LOST, "reason": "loss: 7 messages of the canary are gone."}


class Nights:
    """Nights of one user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.warned: list[str] = []
        self.missing = ""

    def run(self, runner: Any, day: int = 25, **fields: Any) -> int:
        """The exit status of a night."""
        asked = Asked(
            library=LIBRARY,
            environment="local",
            date=date(2026, 11, day),
            previous=None,
            only=(),
            nights=self.folder / "nightly",
            stream_manager=None,
        )
        began = datetime(2026, 11, day, 1, tzinfo=UTC)
        return begin(
            replace(asked, **fields),
            say=self.said.append,
            warn=self.warned.append,
            runner=runner,
            missing=lambda _: self.missing,
            now=lambda: began,
        )

    def index(self, name: str = "2026-11-25") -> Any:
        return json.loads((self.folder / "nightly" / name / "index.json").read_text())

    def page(self, name: str = "2026-11-25") -> str:
        return (self.folder / "nightly" / name / "index.html").read_text()


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path)


@pytest.fixture
def sound(recorded: Recorded) -> Recorded:
    """Runs that come as they have to."""
    recorded.tells["short_canary"] = LOST_CANARY
    return recorded


def rows(index: Any) -> dict[str, Any]:
    return {row["name"]: row for row in index["rows"]}


# -- how it ends -----------------------------------------------------------------------------------


def test_a_night_in_which_all_came_as_it_had_to_is_green(nights: Nights, sound: Recorded) -> None:
    assert nights.run(sound) == ExitStatus.VALID
    index = nights.index()
    assert (index["format"], index["verdict"], index["ending"]) == (1, "green", "complete")
    assert (index["name"], index["seed"], index["environment"]) == (
        *("2026-11-25", 20261125),
        "local",
    )
    night = rows(index)["short_night"]
    told = json.loads((EXAMPLE / "report.json").read_text())
    delivered = sum(counts["delivered"] for counts in told["streams"].values())
    assert (night["outcome"], night["as_expected"], night["plan"]) == ("valid", True, told["plan"])
    assert night["figures"]["delivered"] == delivered > 0
    assert night["figures"]["arrival_p99_ms"] > night["figures"]["arrival_p50_ms"] > 0
    assert (nights.folder / "nightly" / "2026-11-25" / night["report"]).is_file()
    assert (nights.folder / "nightly" / "latest").resolve().name == "2026-11-25"


def test_an_invalid_scenario_makes_it_red_and_is_told_with_its_examples(
    nights: Nights, sound: Recorded
) -> None:
    sound.tells["short_night"] = LOST
    assert nights.run(sound) == ExitStatus.INVALID
    row = rows(nights.index())["short_night"]
    assert row["reason"].startswith("loss: Acknowledged")
    assert row["examples"] == ["message 30 is gone"]
    assert any(line.startswith("  short_night is invalid: loss:") for line in nights.said)


def test_a_canary_that_passes_makes_it_red(nights: Nights, recorded: Recorded) -> None:
    assert nights.run(recorded) == ExitStatus.INVALID
    (reason,) = nights.index()["reasons"]
    assert "short_canary was not found out" in reason


@pytest.mark.parametrize(
    ("ended", "left", "outcome", "said"),
    [
        (Ended(status=-9, seconds=400, hung=True, said="drain"), {}, "hung", "after 400 s"),
        (Ended(status=70, seconds=4, said="an error"), NOTHING, "crashed", "status 70"),
        (Ended(status=0, seconds=4, said="nothing"), NOTHING, "crashed", "status 0"),
        (Ended(status=2, seconds=4, said="no such"), NOTHING, "refused", "no such"),
    ],
)
def test_a_run_that_hangs_or_crashes_is_a_row_and_the_night_goes_on(
    nights: Nights, sound: Recorded, ended: Ended, left: Any, outcome: str, said: str
) -> None:
    sound.ends["short_night"] = ended
    sound.tells["short_night"] = left
    assert nights.run(sound) == ExitStatus.INVALID
    found = rows(nights.index())
    assert found["short_night"]["outcome"] == outcome
    assert said in found["short_night"]["reason"]
    assert found["short_canary"]["outcome"] == "invalid"


def test_without_an_environment_it_ends_with_status_4(nights: Nights, sound: Recorded) -> None:
    sound.ends["short_night"] = Ended(
        status=4, seconds=3, said="standing up: tools 3 s\nThere is no Toxiproxy."
    )
    sound.tells["short_night"] = NOTHING
    assert nights.run(sound) == ExitStatus.NO_ENVIRONMENT
    assert rows(nights.index())["short_night"]["reason"] == "There is no Toxiproxy."


def test_an_unknown_verdict_ends_with_status_3(nights: Nights, sound: Recorded) -> None:
    sound.tells["short_night"] = {"verdict": "unknown", "reason": "nothing was cut"}
    assert nights.run(sound) == ExitStatus.UNKNOWN
    assert nights.index()["verdict"] == "unknown"


def test_an_interrupted_night_leaves_what_there_was(nights: Nights, sound: Recorded) -> None:
    sound.ends["short_night"] = Ended(status=130, seconds=20, interrupted=True)
    with pytest.raises(KeyboardInterrupt):
        nights.run(sound)
    index = nights.index()
    assert index["ending"] == "interrupted"
    assert [row["outcome"] for row in index["rows"]] == ["interrupted", "not run"]
    assert "The night was interrupted" in nights.page()
    assert len(sound.asked) == 1


def test_ctrl_c_between_two_runs_leaves_an_index_as_well(nights: Nights) -> None:
    def runner(*_: object) -> Ended:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nights.run(runner)
    assert nights.index()["ending"] == "interrupted"


def test_the_index_is_there_while_the_night_goes_on(nights: Nights, sound: Recorded) -> None:
    seen: list[list[str]] = []

    def looking(*arguments: Any) -> Ended:
        seen.append([row["outcome"] for row in nights.index()["rows"]])
        return sound(*arguments)

    nights.run(looking)
    assert seen == [["not run", "not run"], ["valid", "not run"]]


def test_progress_and_what_is_left_are_told(nights: Nights, sound: Recorded) -> None:
    nights.run(sound)
    assert nights.said[0].startswith("Night 2026-11-25 in local: 2 scenarios, about ")
    assert re.match(
        r"1/2 short_night \(scenario, local, about 1 min\), about \d min", nights.said[1]
    )
    assert "    valid after 60 s: " in nights.said[2]
    assert nights.said[-1].endswith("nightly/2026-11-25/index.html")


# -- what was asked for ----------------------------------------------------------------------------


def test_only_some_of_it_can_be_asked_for_and_that_is_told(nights: Nights, sound: Recorded) -> None:
    assert nights.run(sound, only=("short_canary",)) == ExitStatus.VALID
    assert nights.index()["only"] == ["short_canary"]
    assert [each.name for each in sound.asked] == ["short_canary"]


def test_a_name_that_nothing_has_is_refused_and_leaves_nothing(
    nights: Nights, sound: Recorded
) -> None:
    with pytest.raises(CommandFailed, match="there is short_night, short_canary"):
        nights.run(sound, only=("short_knight",))
    assert list((nights.folder / "nightly").iterdir()) == []


def test_a_name_that_is_not_for_this_environment_is_told_so(
    nights: Nights, sound: Recorded, tmp_path: Path
) -> None:
    folder = tmp_path / "library"
    shutil.copytree(LIBRARY, folder)
    elsewhere = "{scenario: short_night.yaml, environments: [containers]}"
    text = (LIBRARY / "library.yaml").read_text()
    (folder / "library.yaml").write_text(text.replace("[short_night.yaml]", f"[{elsewhere}]"))
    with pytest.raises(
        CommandFailed, match="short_night: the library has it, but not for nights in local"
    ):
        nights.run(sound, library=folder, only=("short_night",))
    assert list((nights.folder / "nightly").iterdir()) == []
    nights.run(sound, library=folder, only=("short_night", "short_canary"))
    assert nights.index()["left_out"] == ["short_night"]
    assert "Not in such a night: short_night." in nights.said[0]


def test_a_night_can_be_run_twice(nights: Nights, sound: Recorded) -> None:
    nights.run(sound)
    nights.run(sound)
    assert nights.index("2026-11-25-2")["compared_with"] == ["2026-11-25"]


def test_where_there_is_no_engine_that_is_told(nights: Nights, sound: Recorded) -> None:
    nights.missing = "no Docker engine answers"
    assert nights.run(sound, environment="auto") == ExitStatus.VALID
    assert nights.index()["why_here"] == "no Docker engine answers"
    assert "no Docker engine answers" in nights.page()
    assert {row["environment"] for row in nights.index()["rows"]} == {"local"}


# -- two nights ------------------------------------------------------------------------------------


def test_the_second_night_tells_what_changed(nights: Nights, sound: Recorded) -> None:
    nights.run(sound, day=24)
    sound.tells["short_night"] = LOST
    nights.run(sound, day=25)
    changes = {change["what"]: change for change in nights.index()["changes"]}
    assert changes["verdict"]["worse"] is True
    assert (changes["lost"]["before"], changes["lost"]["now"]) == (0, 7)
    page = nights.page()
    assert "▲ worse" in page
    assert 'href="../2026-11-24/index.html"' in page
    assert "worse   short_night: verdict valid → invalid" in nights.said


def test_nights_of_another_folder_are_compared_with_but_not_linked(
    nights: Nights, sound: Recorded, tmp_path: Path
) -> None:
    others = Nights(tmp_path / "downloaded")
    others.run(sound, day=23)
    others.run(sound, day=24)
    nights.run(sound, previous=tmp_path / "downloaded" / "nightly")
    assert nights.index()["compared_with"] == ["2026-11-23", "2026-11-24"]
    assert nights.index()["changes"] == []
    assert "../2026-11-2" not in nights.page()
    nights.run(sound, previous=tmp_path / "downloaded" / "nightly" / "2026-11-24")
    assert nights.index("2026-11-25-2")["compared_with"] == ["2026-11-24"]


@pytest.mark.parametrize("text", ["{}", "no JSON", '{"format": 2}', '{"format": 1, "rows": 3}'])
def test_a_night_that_cannot_be_read_is_told_and_left_out(
    nights: Nights, sound: Recorded, text: str
) -> None:
    broken = nights.folder / "nightly" / "2026-11-01"
    broken.mkdir(parents=True)
    (broken / "index.json").write_text(text)
    assert nights.run(sound) == ExitStatus.VALID
    (warned,) = nights.warned
    assert "2026-11-01/index.json cannot be compared with: " in warned


# -- what it leaves --------------------------------------------------------------------------------


class Elements(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_makes_no_request_and_leads_only_to_what_is_there(
    nights: Nights, sound: Recorded
) -> None:
    nights.run(sound, day=24)
    nights.run(sound, day=25)
    folder = nights.folder / "nightly" / "2026-11-25"
    elements = Elements(nights.page()).found
    for tag, attributes in elements:
        assert tag not in ("script", "link", "iframe", "img", "object", "form")
        assert "src" not in attributes
        link = attributes.get("href") or "#"
        assert link.startswith("#") or (folder / link).exists(), link
    names = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(names) == len({*names})


def test_each_run_has_a_small_picture(nights: Nights, sound: Recorded) -> None:
    nights.run(sound)
    assert nights.page().count("<svg") == 3
    assert len(nights.page()) < 120_000


def test_the_page_of_a_site_is_linked_where_a_picture_of_it_was_taken(
    nights: Nights, sound: Recorded
) -> None:
    look = {"at": 9e9, "witness": "harness", "kind": "page", "type": "note", "picture": "page.png"}

    def with_pictures(entry: Any, reports: Path, *others: Any) -> Ended:
        ended = sound(entry, reports, *others)
        (folder,) = (reports / entry.name).iterdir()
        (folder / "page.png").write_bytes(b"a picture")
        with (folder / "history.jsonl").open("a") as history:
            history.write(json.dumps({**look, "from_ms": 1.0}) + "\n")
        return ended

    nights.run(sound, day=24)
    assert "its page" not in nights.page("2026-11-24")
    nights.run(with_pictures, day=25)
    links = [a.get("href") for tag, a in Elements(nights.page()).found if tag == "a"]
    page = rows(nights.index())["short_night"]["page"]
    assert page in links
    assert (nights.folder / "nightly" / "2026-11-25" / page).read_bytes() == b"a picture"


HOSTILE = "</style><script>alert(1)</script>"


def test_nothing_that_somebody_wrote_becomes_part_of_the_page(
    nights: Nights, sound: Recorded
) -> None:
    sound.tells["short_night"] = {**LOST, "reason": HOSTILE, "checkers": []}
    nights.run(sound, stream_manager=HOSTILE)
    assert HOSTILE not in nights.page()
    assert "<script" not in nights.page()


def test_junit_has_a_case_for_each_scenario(nights: Nights, sound: Recorded) -> None:
    sound.tells["short_night"] = {"verdict": "unknown", "reason": "nothing \x1b was cut"}
    nights.run(sound)
    suite = ElementTree.parse(nights.folder / "nightly" / "2026-11-25" / "junit.xml").getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "0", "1")
    night, canary = suite.findall("testcase")
    error = night.find("error")
    assert error is not None
    assert error.get("message") == "unknown, valid was expected: nothing  was cut"
    assert len(canary) == 1
    properties = {each.get("name"): each.get("value") for each in night.iter("property")}
    assert properties["seed"] == "1"
