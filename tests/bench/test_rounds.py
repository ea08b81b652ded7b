from collections.abc import Callable

from bench.rounds import Subject, interleaved


def test_each_round_measures_every_subject_and_begins_with_another() -> None:
    measured: list[str] = []

    def measure(name: str) -> Callable[[], float]:
        def once() -> float:
            measured.append(name)
            return len(measured)

        return once

    subjects = [Subject(name, "s", measure(name)) for name in "abc"]
    found = interleaved(subjects, 3)
    assert "".join(measured) == "abcbcacab"
    assert [(each.name, each.values) for each in found] == [
        ("a", (1, 6, 8)),
        ("b", (2, 4, 9)),
        ("c", (3, 5, 7)),
    ]


def test_what_is_read_beside_a_subject_belongs_to_its_own_measurement() -> None:
    counts = iter(range(10))
    last = [0]

    def measure() -> float:
        last[0] = next(counts)
        return last[0] * 100

    beside = Subject("count", "n", lambda: last[0])
    subjects = [Subject("a", "s", measure, beside=[beside]), Subject("b", "s", measure)]
    found = {each.name: each.values for each in interleaved(subjects, 2)}
    assert found == {"a": (0, 300), "count": (0, 3), "b": (100, 200)}
