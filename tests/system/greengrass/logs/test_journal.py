import re

from system.greengrass.logs.journal import LogBook, Policy
from system.greengrass.logs.level import Level, level_of_number, parse_level
from system.greengrass.logs.line import format_line, guessed_level, shaped_level
from system.greengrass.logs.rotation import RotatingFile


class Forward:
    def __init__(self):
        self.got = []

    def offer(self, group, epoch_s, line):
        self.got.append((group, line))


def journal(directory, policy, forward=None):
    return LogBook(directory, forward).journal("user/it.log", group="/group", policy=policy)


def test_a_line_has_the_documented_shape():
    line = format_line(1602256492.91, Level.ERROR, "file.py:188", "message")
    assert line == "[2020-10-09T15:14:52.910Z][ERROR]-file.py:188,message"
    assert shaped_level(line) is Level.ERROR
    assert shaped_level("[2020-10-09T15:14:52.91Z][WARNING]-x") is Level.WARN
    assert shaped_level("no") is None


def test_the_level_of_a_foreign_line_is_found_near_its_beginning():
    assert guessed_level("2026-01-01 12:00:00,123 WARNING disk") is Level.WARN
    assert guessed_level("Traceback (most recent call last):") is Level.ERROR
    assert guessed_level("all is well") is None
    assert guessed_level("x" * 60 + " ERROR") is None


def test_levels_go_by_many_words():
    assert parse_level("warning") is Level.WARN
    assert parse_level("CRITICAL") is Level.FATAL
    assert parse_level("loud") is None
    assert level_of_number(35) is Level.WARN
    assert level_of_number(1) is Level.TRACE


def test_file_and_cloud_have_levels_of_their_own(tmp_path):
    forward = Forward()
    it = journal(tmp_path, Policy(file_level=Level.INFO, cloud_level=Level.WARN), forward)
    for level in (Level.DEBUG, Level.INFO, Level.WARN):
        it.write(level, "it", level.name)
    it.close()
    assert re.findall(r"it,(\w+)", it.path.read_text()) == ["INFO", "WARN"]
    ((group, line),) = forward.got
    assert group == "/group"
    assert line.endswith("[WARN]-it,WARN")


def test_a_line_of_a_process_is_kept_as_it_is_if_it_has_the_shape(tmp_path):
    it = journal(tmp_path, Policy())
    it.pass_on(b"[2020-10-09T15:14:52.91Z][INFO]-x.py:1,kept", origin="o", otherwise=Level.INFO)
    it.pass_on(
        b"[2020-10-09T15:14:52.91Z][DEBUG]-x.py:1,too little", origin="o", otherwise=Level.INFO
    )
    it.pass_on(b"bare \xff", origin="o", otherwise=Level.INFO)
    it.pass_on(b"  ", origin="o", otherwise=Level.INFO)
    it.close()
    first, second = it.path.read_text().splitlines()
    assert first == "[2020-10-09T15:14:52.91Z][INFO]-x.py:1,kept"
    assert second.endswith("][INFO]-o,bare \N{REPLACEMENT CHARACTER}")


def test_the_files_of_a_component_keep_within_their_space(tmp_path):
    file = RotatingFile(tmp_path / "deep/it.log", space_bytes=1000)
    for number in range(200):
        file.write(f"line {number}")
    file.close()
    kept = sorted((tmp_path / "deep").iterdir())
    assert [each.name for each in kept] == ["it.log", "it.log.1"]
    assert sum(each.stat().st_size for each in kept) <= 1000
    assert file.path.read_text().splitlines()[-1] == "line 199"
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_a_log_goes_on_where_it_was_and_takes_a_new_policy(tmp_path):
    for message in ("first", "second"):
        book = LogBook(tmp_path)
        it = book.journal("it.log", group="g", policy=Policy())
        assert book.journal("it.log", group="g", policy=Policy(file_level=Level.WARN)) is it
        it.write(Level.INFO, "o", "left out")
        it.write(Level.WARN, "o", message)
        book.close()
    assert re.findall(r"o,(\w+)", it.path.read_text()) == ["first", "second"]


def test_a_line_that_cannot_be_written_is_counted(tmp_path):
    it = journal(tmp_path, Policy())
    it.close()
    it.write(Level.INFO, "o", "message")
    assert it.dropped == 1
