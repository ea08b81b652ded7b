"""What the run itself writes into the history: the lines of the witnesses `harness` and `nemesis`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.fault.registry import services_of, to_json
from harness.plan.parts import Moment
from harness.taps.record import Record, Testimony

HARNESS, NEMESIS = "harness", "nemesis"


class Notes:
    """Writes the lines of both.

    Args:
        files: where they go, if they go to files.
    """

    def __init__(
        self, harness: Testimony, nemesis: Testimony, files: tuple[Path, ...] = ()
    ) -> None:
        self._harness, self._nemesis = harness, nemesis
        self.files = files

    def note(self, kind: str, **fields: Any) -> None:
        """An observation of the harness."""
        self._harness.write(kind, "note", **fields)

    def operation(self, kind: str, type: str, **fields: Any) -> None:
        """The beginning or the end of something that the harness does."""
        self._harness.write(kind, type, id=kind, **fields)

    def fault(self, type: str, phase: str, moment: Moment, **fields: Any) -> None:
        """What became of a fault: `phase` is `inject` or `heal`."""
        self._nemesis.write(
            "fault",
            type,
            id=moment.id,
            phase=phase,
            name=moment.name,
            fault=to_json(moment.fault),
            services=[str(service) for service in services_of(moment.fault)],
            **fields,
        )

    def trigger(self, type: str, moment: Moment, **fields: Any) -> None:
        """What became of the waiting for an event."""
        self._nemesis.write("trigger", type, id=moment.id, name=moment.name, **fields)

    def close(self) -> None:
        """The last line of each."""
        self._nemesis.close()
        self._harness.close()


def notes_in(folder: Path, *, origin_ns: int, clock_ns: Callable[[], int]) -> Notes:
    """Notes in two files; lines are whole whatever thread writes them.

    Args:
        folder: of the witnesses' files.
        origin_ns: from which times count.
        clock_ns: the clock of the environment.
    """
    files = tuple(folder / f"{name}.jsonl" for name in (HARNESS, NEMESIS))
    harness, nemesis = (
        Record(file, witness=name, origin_ns=origin_ns, clock_ns=clock_ns)
        for file, name in zip(files, (HARNESS, NEMESIS), strict=True)
    )
    return Notes(harness, nemesis, files)
