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
from harness.report import plots
from harness.run.folder import LATEST

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
        self._put(INDEX, json.dumps(told.to_json(), indent=1) + "\n")
        self._put(JUNIT, junit(told))
        self._put(PAGE, night_page(told, self._earlier, self._pictures, self._folder))
        self._point_latest()

    def _draw(self, fresh: Harvest) -> None:
        """A picture that cannot be drawn hides no verdict."""
        if fresh.run is None:
            return
        with suppress(Exception):
            self._pictures[fresh.row.name] = plots.glimpse(fresh.run, f"run-{fresh.row.name}")

    def _put(self, name: str, text: str) -> None:
        new = self._folder / f"{name}.new"
        new.write_text(text, encoding="utf-8", errors="backslashreplace")
        new.replace(self._folder / name)

    def _point_latest(self) -> None:
        link = self._folder.parent / LATEST
        new = self._folder.parent / f".{LATEST}-{self._folder.name}"
        with suppress(OSError):  # a disk without links has no `latest`
            new.symlink_to(self._folder.name)
            new.replace(link)
