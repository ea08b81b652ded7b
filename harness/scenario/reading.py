"""Reading one file: what it says, and what has been found wrong with it, each with its place."""

from typing import Any

from harness.scenario import document as documents
from harness.scenario.document import Mark
from harness.scenario.explain import Mistake
from harness.scenario.problems import Path, Problem, Severity, render_path


class Reading:
    """One file, and what has been found wrong with it.

    Args:
        file: as the user named it.
        content: of the file.

    Attributes:
        data: what it says.
        problems: in the order in which they were found.
    """

    def __init__(self, file: str, content: bytes) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._document = documents.read(content)
        self.data = self._document.data
        for fault in self._document.faults:
            self._note(fault.mark, fault.path, fault.text)

    def mapping(self, what: str, init: str) -> dict[str, Any] | None:
        """The whole file as a mapping; None, and noted, where it is none.

        Args:
            what: it should be, such as `a scenario`.
            init: the command that writes one to begin with.
        """
        if isinstance(self.data, dict):
            return self.data
        if not self._document.faults:
            self._note(None, (), _no_mapping(self.data, what, init))
        return None

    def mistakes(self, found: list[Mistake]) -> None:
        """Note what the model found."""
        for mistake in found:
            marked = self._document.mark_of_key if mistake.by_key else self._document.mark_of_value
            for text in mistake.texts:
                self._note(marked(mistake.path), mistake.path, text)

    def found(self, path: Path, text: str, severity: Severity = Severity.ERROR) -> None:
        """Note what is wrong with the value at a path."""
        self._note(self._document.mark_of_value(path), path, text, severity)

    def sorted(self) -> list[Problem]:
        """The problems in the order of the file."""
        return sorted(self.problems, key=lambda each: (each.line, each.column))

    def _note(
        self, mark: Mark | None, path: Path, text: str, severity: Severity = Severity.ERROR
    ) -> None:
        line, column = (mark.line, mark.column) if mark else (1, 1)
        self.problems.append(
            Problem(
                file=self._file,
                line=line,
                column=column,
                path=render_path(path),
                text=text,
                severity=severity,
            )
        )


def _no_mapping(data: object, what: str, init: str) -> str:
    if data is None:
        return f"the file is empty; `{init}` writes {what} to begin with"
    found = "a list" if isinstance(data, list) else "a single value"
    return f"{what} is a mapping of `key: value` lines; this is {found}"
