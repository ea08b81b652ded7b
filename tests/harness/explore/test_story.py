"""What happens in a scenario is told in words, whatever was drawn."""

import pytest

from harness.explore.actions import DRAWN
from harness.explore.dice import Dice
from harness.explore.story import CUTS, VERBS, story


@pytest.mark.parametrize("kind", DRAWN)
def test_there_are_words_for_everything_that_is_drawn(kind: str) -> None:
    step = DRAWN[kind](Dice(kind))
    action = next(iter(step))
    assert step.get("mode", "refused") in CUTS if action == "cut" else action in VERBS
    told = story({"steps": [{"at": "11s", **step, "for": "2s"}]}, "loss: 3 are lost")
    assert told.startswith("At 11s ") and told.endswith(" for 2s. Then loss: 3 are lost")
    assert "{" not in told
