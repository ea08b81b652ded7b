from dataclasses import replace

from bench.document import published
from bench.plot import plot
from bench.results import Results
from bench.table import figure, table


def test_the_page_shows_what_was_missed_and_what_was_not_measured(results: Results) -> None:
    page = published(results)
    row = (
        "| [pipelined](#pipelined) | stream manager ≥ 0.6 times answers only | 0.537 | **missed** |"
    )
    assert row in page.splitlines()
    assert "| [pipelined](#pipelined) | waits ≤ 1 per append | 0.25 | met |" in page.splitlines()
    assert "| stream manager | 51,000 appends/s | 50,000 to 52,000 |" in page.splitlines()
    assert "Not measured: no LocalStack." in page.splitlines()
    assert "| processor | a fine one |" in page.splitlines()


def test_benchmarks_that_were_left_out_are_named(results: Results) -> None:
    page = published(results, ["pipelined", "memory", "drain", "peers"])
    assert "Not part of this run: memory, peers." in page.splitlines()
    assert "Not part of" not in published(results, ["pipelined", "drain"])


def test_a_busy_machine_is_told_of(results: Results) -> None:
    def on(load: str) -> str:
        return published(replace(results, machine={"cores": "2", "load at the start": load}))

    assert "was busy with other work" in on("2.1")
    assert "was busy with other work" not in on("2.0")


def test_the_terminal_is_told_the_same(results: Results) -> None:
    lines = table(results.benchmarks[0]).splitlines()
    assert "51,000 appends/s" in lines[0] and "(50,000 to 52,000)" in lines[0]
    assert lines[-2].strip() == "stream manager ≥ 0.6 times answers only: 0.537, MISSED"
    assert table(results.benchmarks[1]).strip() == "not measured: no LocalStack."


def test_figures_have_the_digits_that_count() -> None:
    told = [figure(each) for each in (0.01234, 0.5, 12.34, 999.4, 1234.0, 56_789.0)]
    assert told == ["0.0123", "0.5", "12.3", "999", "1,230", "56,800"]


def test_the_picture_has_every_subject_of_the_first_unit_and_is_the_same_each_time(
    results: Results,
) -> None:
    picture = plot(results)
    assert picture == plot(results)
    for text in ("stream manager", "answers only", "pipelined: appends/s", "51,000"):
        assert text in picture
    assert "waits" not in picture and "drain" not in picture
