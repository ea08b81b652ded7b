"""The table of the zoo, and its page."""

from dataclasses import replace
from pathlib import Path

from harness.zoo.catalogue import inhabitants
from harness.zoo.telling import line_of, not_judged, page, stated, summary
from harness.zoo.visiting import Look, Visit

PAGE = Path(__file__).parents[3] / "docs/reference/zoo.md"
BROKEN = next(each for each in inhabitants() if each.name == "drops_a_batch")
SOUND = next(each for each in inhabitants() if each.name == "small_batches")


def look(verdict: str, seed: int = 1, **verdicts: str) -> Look:
    return Look(
        scenario="short_outage", seed=seed, verdict=verdict, verdicts=verdicts, reason="so it was"
    )


ESCAPED = Visit(inhabitant=BROKEN, looks=[look("valid", loss="valid")])
CAUGHT = Visit(
    inhabitant=BROKEN,
    looks=[look("valid", loss="valid"), look("invalid", 2, loss="invalid", ordering="invalid")],
)
ACCUSED = Visit(inhabitant=SOUND, looks=[look("valid"), look("invalid", 2, loss="invalid")])
OURS = Visit(inhabitant=None, looks=[look("valid"), look("valid", 2)])


def test_a_broken_one_is_caught_by_the_checker_that_has_to_find_it() -> None:
    assert (CAUGHT.caught_after, CAUGHT.as_it_should_be) == (2, True)
    assert "caught with 2 runs" in line_of(CAUGHT)


def test_a_broken_one_that_somebody_else_accuses_escapes() -> None:
    visit = replace(CAUGHT, looks=[look("invalid", ordering="invalid")])
    assert (visit.caught_after, visit.as_it_should_be) == (None, False)
    assert "ESCAPED" in line_of(visit)
    assert "said of it: ordering" in line_of(visit)


def test_one_that_has_to_be_doubted_is_found_by_a_doubt() -> None:
    doubted = replace(BROKEN, says="unknown")
    assert Visit(inhabitant=doubted, looks=[look("unknown", loss="unknown")]).as_it_should_be
    assert not Visit(inhabitant=doubted, looks=[look("invalid", loss="invalid")]).as_it_should_be


def test_a_sound_one_may_not_be_accused_and_not_be_unknown() -> None:
    assert OURS.as_it_should_be
    assert not ACCUSED.as_it_should_be
    assert "invalid in short_outage, seed 2: so it was" in line_of(ACCUSED)
    assert not Visit(inhabitant=SOUND, looks=[look("unknown")]).as_it_should_be


def test_the_sum_counts_what_is_caught_and_the_false_alarms() -> None:
    assert summary([CAUGHT, ESCAPED, ACCUSED, OURS]) == (
        "Caught: 1 of 2 broken ones (50%). False alarms: 1 in 4 runs of sound ones and of ours."
    )


def test_the_page_tells_of_everybody_what_was_found() -> None:
    written = page([CAUGHT, ACCUSED], [BROKEN, SOUND])
    assert f"{stated(BROKEN)} loss, ordering | 2 |" in written
    assert f"{stated(SOUND)} loss | 2, 1 invalid, 1 valid |" in written
    sound = replace(ACCUSED, looks=[look("valid"), look("valid", 2)])
    assert f"{stated(SOUND)} nobody | 2, all valid |" in page([sound], [SOUND])


def test_who_is_a_process_only_is_named_and_not_counted() -> None:
    process = replace(SOUND, name="dies_once", stands_in=None)
    written = page([CAUGHT], [BROKEN, process])
    assert f"{stated(process)} not judged here, a process only | 0 |" in written
    assert written.rstrip().endswith(
        "0 in 0 runs of sound ones and of ours.\n" + ONLY % "`dies_once`"
    )
    processes = [replace(process, name=name) for name in ("a", "b", "c")]
    assert not_judged(processes) == ONLY % "`a`, `b` and `c`"
    assert not_judged([BROKEN]) == ONLY % "nobody"


ONLY = "Not judged here and not counted, since they run as processes only: %s."


def test_the_page_that_is_there_has_everybody_as_his_file_tells() -> None:
    there = PAGE.read_text()
    assert [each.file for each in inhabitants() if stated(each) not in there] == []
    judged = {each.file for each in inhabitants() if f"{stated(each)} not judged here" not in there}
    assert judged == {each.file for each in inhabitants() if each.stands_in is not None}
    assert not_judged(inhabitants()) in there
    assert "ESCAPED" not in there
