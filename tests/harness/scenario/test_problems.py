"""What is wrong with a file is told alike wherever it was found."""

import pickle

from harness.scenario.problems import BadScenario, Problem

WRONG = [
    Problem(file="a.yaml", line=3, column=5, path="steps[0].for", text="is no duration"),
    Problem(file="b.yaml", line=0, column=0, path="", text="there is no such file"),
]


def test_another_process_is_told_the_same() -> None:
    found = pickle.loads(pickle.dumps(BadScenario(WRONG)))
    assert isinstance(found, BadScenario)
    assert found.problems == tuple(WRONG)
    assert str(found) == "a.yaml:3:5: steps[0].for: is no duration\nb.yaml: there is no such file"
