from datetime import UTC, datetime

import pytest

from system.stream_manager.sinks.placeholders import BadPlaceholder, resolve

AFTERNOON = datetime(2026, 1, 2, 15, 4, 5, 678_000, tzinfo=UTC)  # a Friday


def at(moment):
    return round(moment.timestamp() * 1000)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("yyyy/MM/dd", "2026/01/02"),
        ("y", "2026"),
        ("yy", "26"),
        ("yyyyy", "02026"),
        ("M", "1"),
        ("MMM", "Jan"),
        ("MMMM", "January"),
        ("d", "2"),
        ("D", "2"),
        ("DDD", "002"),
        ("E", "Fri"),
        ("EEEE", "Friday"),
        ("HHmmss", "150405"),
        ("h", "3"),
        ("hh", "03"),
        ("a", "PM"),
        ("S", "6"),
        ("SSS", "678"),
        ("SSSSSSSSS", "678000000"),
        ("yyyy//MM", "2026//01"),
    ],
)
def test_a_timestamp_is_written_as_java_would_in_utc(pattern, expected):
    key = f"a/!{{timestamp:{pattern}}}/b"
    assert resolve(key, at(AFTERNOON)) == f"a/{expected}/b"


@pytest.mark.parametrize(
    ("hour", "twelve", "half"),
    [(0, "12", "AM"), (11, "11", "AM"), (12, "12", "PM"), (23, "11", "PM")],
)
def test_midnight_and_noon_are_twelve(hour, twelve, half):
    moment = at(AFTERNOON.replace(hour=hour))
    assert resolve("!{timestamp:hha}", moment) == f"{twelve}{half}"


def test_the_year_of_the_week_is_another_one_at_the_turn_of_the_year():
    moment = at(datetime(2027, 1, 1, tzinfo=UTC))
    assert resolve("!{timestamp:yyyy}-!{timestamp:YYYY}", moment) == "2027-2026"


def test_a_key_without_placeholders_stays_as_it_is():
    assert resolve("a/!b/$c", 0) == "a/!b/$c"


@pytest.mark.parametrize(
    "key",
    ["!{time:yyyy}", "!{timestamp:Q}", "!{timestamp:MMMMM}", "!{timestamp:HHH}", "!{timestamp:aa}"],
)
def test_what_is_not_understood_is_told(key):
    with pytest.raises(BadPlaceholder):
        resolve(key, 0)
