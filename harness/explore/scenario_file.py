"""Scenarios as mappings and as files: the same text for the same mapping, read by the loader that reads all files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from harness.scenario.loader import Loaded, parse
from harness.scenario.problems import BadScenario

WIDTH = 110


class _Dumper(yaml.SafeDumper):
    """Writes a list of mappings as a list of short lines, as people write scenarios."""

    def ignore_aliases(self, data: Any) -> bool:
        """What stands twice is written twice."""
        return True


def render(document: Mapping[str, Any]) -> bytes:
    """The content of the scenario's file."""
    return yaml.dump(
        dict(document),
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=None,
        width=WIDTH,
        allow_unicode=True,
        encoding="utf-8",
    )


def loaded(document: Mapping[str, Any], folder: Path = Path()) -> Loaded:
    """The scenario, as it would be read from a file of its name.

    Raises:
        BadScenario: it is not sound.
    """
    return parse(render(document), folder / f"{document['scenario']}.yaml")


def is_sound(document: Mapping[str, Any]) -> bool:
    """Whether it could be run."""
    try:
        loaded(document)
    except BadScenario:
        return False
    return True
