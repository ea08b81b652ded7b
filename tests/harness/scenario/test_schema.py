import json
from pathlib import Path

import jsonschema
import pytest
from pydantic import Field

from harness.commands.schema import reference, schema_text, site_reference, site_schema_text
from harness.scenario import document
from harness.scenario.catalogue import find
from harness.scenario.loader import load
from harness.scenario.part import Part
from harness.scenario.reference import table
from harness.scenario.schema import SCHEMA_ID, SITE_SCHEMA_ID, json_schema, site_schema

ROOT = Path(__file__).parents[3]
SHIPPED = find([ROOT / "scenarios"])
SOUND = {"scenario": "a", "description": "b", "workload": {"run_for": "60s"}, "judge": ["loss"]}


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: str(file.stem))
def test_the_schema_accepts_every_scenario_that_is_shipped(
    file: Path, validator: jsonschema.Draft202012Validator
) -> None:
    validator.validate(document.read(file.read_bytes()).data)


@pytest.mark.parametrize(
    "more",
    [
        {"judge": []},
        {"judge": ["los"]},
        {"judge": [{"loss": {}, "ordering": {}}]},
        {"unknown": 1},
        {"workload": {"run_for": 60}},
        {"workload": {"run_for": "60s", "sensors": "3"}},
        {"steps": [{"at": "15s"}]},
        {"steps": [{"kill": "core"}]},
        {"steps": [{"at": "15s", "kill": "core", "noop": True}]},
        {"steps": [{"on": {"event": "first_delivery"}, "kill": "core"}]},
        {"conditions": ["waiting_at_heal"]},
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(
    more: dict[str, object], validator: jsonschema.Draft202012Validator
) -> None:
    assert validator.is_valid(SOUND)
    assert not validator.is_valid({**SOUND, **more})


def test_defaults_stand_in_the_schema_as_a_file_would_have_them() -> None:
    workload = json_schema()["$defs"]["Workload"]["properties"]
    assert workload["warm_up"]["default"] == "10s"
    assert workload["rate"]["default"] == "20/s"


def test_the_published_schema_is_current() -> None:
    published = (ROOT / "docs/reference/scenario.schema.json").read_text()
    assert published == schema_text()
    assert json.loads(published)["$id"] == SCHEMA_ID


class Strange(Part):
    """A part of a kind that the reference does not know."""

    inner: Part = Field(description="Another part.")


def test_the_reference_guesses_no_kinds() -> None:
    with pytest.raises(LookupError, match="nothing says how the reference shows Part"):
        list(table(Strange))


def test_the_published_reference_is_current() -> None:
    assert (ROOT / "docs/reference/scenario.md").read_text() == reference()


def test_what_is_published_of_site_files_is_current() -> None:
    published = (ROOT / "docs/reference/site.schema.json").read_text()
    assert published == site_schema_text()
    assert json.loads(published)["$id"] == SITE_SCHEMA_ID
    assert (ROOT / "docs/reference/site.md").read_text() == site_reference()


SITE = {"site": "a", "functions": [{"name": "A", "folder": "a", "handler": "a.main"}]}


@pytest.mark.parametrize(
    "more",
    [
        {"functions": []},
        {"unknown": 1},
        {"functions": [{**SITE["functions"][0], "ports": {"api": {}}}]},
        {"functions": [{**SITE["functions"][0], "timeout": 3}]},
        {"ready": [{"path": "/"}]},
        {"ready": [{"port": "api", "stream": "a"}]},
        {"site": "a-b"},
    ],
)
def test_the_schema_of_sites_refuses_what_their_loader_refuses(more: dict[str, object]) -> None:
    schema = site_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid({**SITE, "ready": [{"port": "api", "path": "/"}]})
    assert not validator.is_valid({**SITE, **more})


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: str(file.stem))
def test_a_shipped_scenario_is_sound_beyond_doubt(file: Path) -> None:
    assert load(file).warnings == ()
