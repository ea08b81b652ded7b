"""CSV and HTML of a headless load, into `reports/load/` unless somebody names another place.

Importing this imports locust, which patches the whole process.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import gevent
from locust import stats

REPORTS = Path("reports/load")


def report_into(environment: Any, reports: Path = REPORTS) -> None:
    """Have a load write its figures; before locust itself would begin to."""
    given = environment.parsed_options
    if given.worker or not given.headless:
        return
    folder = reports / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    given.html_file = given.html_file or str(folder / "report.html")
    if not given.csv_prefix:
        folder.mkdir(parents=True, exist_ok=True)
        _write_csv(environment, str(folder / "load"))


def _write_csv(environment: Any, prefix: str) -> None:
    # Locust has looked for --csv already: this is what it would have done.
    writer = stats.StatsCSVFileWriter(environment, stats.PERCENTILES_TO_REPORT, prefix)
    writing = gevent.spawn(writer.stats_writer)

    def close(**_: Any) -> None:
        writing.kill()
        writer.close_files()

    environment.events.quit.add_listener(close)
