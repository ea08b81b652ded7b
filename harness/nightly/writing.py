"""Writes a night down, anew after each run: whatever ends it, what there was until then is there."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from harness.nightly.earlier import INDEX, Earlier
from harness.nightly.harvest import Harvest
from harness.nightly.index import Index
from harness.nightly.junit import junit
from harness.nightly.page import night_page
from harness.placing import point_latest, put
from harness.report import plots

PAGE, JUNIT = "index.html", "junit.xml"


class Writer:
    """Writes the index of one night.

    Args:
        folder: of the night.
        earlier: nights that it is compared with, the oldest first.
    """

    def __init__(self, folder: Path, earlier: Sequence[Earlier]) -> None:
        self._folder = folder
        self._earlier = earlier
        self._pictures: dict[str, str] = {}
        self._versions: dict[str, str] = {}

    def write(self, index: Index, fresh: Harvest | None = None) -> None:
        """Write `index.json`, `junit.xml` and `index.html`, with what has just come of a run."""
        if fresh is not None:
            self._draw(fresh)
            # What a canary has in the place of ours is not what ran tonight.
            if fresh.versions and not fresh.row.found_by:
                self._versions = dict(fresh.versions)
        told = replace(index, versions=self._versions)
        put(self._folder, INDEX, json.dumps(told.to_json(), indent=1) + "\n")
        put(self._folder, JUNIT, junit(told))
        put(self._folder, PAGE, night_page(told, self._earlier, self._pictures, self._folder))
        point_latest(self._folder)

    def _draw(self, fresh: Harvest) -> None:
        """A picture that cannot be drawn hides no verdict."""
        if fresh.run is None:
            return
        with suppress(Exception):
            self._pictures[fresh.row.name] = plots.glimpse(fresh.run, f"run-{fresh.row.name}")
