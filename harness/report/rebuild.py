"""The reports of recorded runs, built again; of several runs also the trend."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.report.artefacts import PAGE
from harness.report.trend import write_trend
from harness.report.write import write_report


def rebuild(directories: Sequence[Path]) -> Iterator[Path]:
    """Build the report of each run again.

    Yields:
        What was written: each run's page and, where there are several runs, the page of their trend.

    Raises:
        NotARun: a folder is not that of a finished run; the reports before it are written.
    """
    for directory in directories:
        write_report(directory)
        yield directory / PAGE
    if len(directories) > 1:
        yield write_trend(directories)
