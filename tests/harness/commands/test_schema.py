import json
from collections.abc import Callable
from typing import Any

Chaos = Callable[..., Any]


def test_the_schema_is_json_and_the_same_each_time(chaos: Chaos) -> None:
    first, second = chaos("schema"), chaos("schema")
    assert first == second
    assert json.loads(first.output)["title"] == "Scenario"


def test_the_reference_names_every_part(chaos: Chaos) -> None:
    text = chaos("schema", "--markdown").output
    for title in ("## workload", "## steps", "### request_in_flight", "### priority", "## Faults"):
        assert title in text
