"""Scenarios that have failed: they are tried out first, and those that fail now are added."""

from collections.abc import Sequence
from pathlib import Path

from harness.explore.attempt import Attempt
from harness.explore.exploring import Spectator
from harness.explore.findings import FAILURES, content_of, file_name
from harness.scenario.catalogue import SUFFIXES


def corpus_of(folder: Path | None) -> Sequence[Path]:
    """The files of a corpus, in the order of their names; none where there is no such folder yet."""
    if folder is None or not folder.is_dir():
        return []
    return sorted(each for each in folder.iterdir() if each.suffix in SUFFIXES)


class Keeper:
    """Keeps the scenario of each failure at once, so that an interruption loses none.

    Args:
        folder: of the exploration.
        corpus: where they are kept as well.
        then: is told afterwards.
    """

    def __init__(
        self, folder: Path, corpus: Path | None, run_ms: tuple[int, int], then: Spectator
    ) -> None:
        self._places = [folder / FAILURES, *([corpus] if corpus is not None else [])]
        self._corpus = corpus
        self._run_ms = run_ms
        self._then = then

    def tried(self, attempt: Attempt, states: int) -> None:
        """See `harness.explore.exploring.Spectator`."""
        if attempt.failed:
            self._keep(attempt)
        self._then.tried(attempt, states)

    def _keep(self, failure: Attempt) -> None:
        name = file_name(failure)
        content = (
            (self._corpus / name).read_bytes()
            if failure.replayed and self._corpus is not None
            else content_of(failure, self._run_ms)
        )
        for place in self._places:
            place.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(content)
