"""`stream-chaos init`: a commented scenario to begin with, if wanted with a site of one's own."""

import re
from pathlib import Path

import click

from harness.commands.outcome import CommandFailed
from harness.commands.site_beginning import files
from harness.scenario.catalogue import DEFAULT_FOLDER
from harness.scenario.model import NAME_PATTERN
from harness.scenario.site_file import SITE_LETTERS_MAX, SITE_NAME

EPILOG = """\b
Examples:
  stream-chaos init my_outage
  stream-chaos init my_outage --folder experiments
  stream-chaos init my_plant --site"""

TEMPLATE = """\
# What each key means: docs/reference/scenario.md. To see the plan that this makes:
#   stream-chaos check {file}
scenario: {name}  # has to be the name of the file
description: >-
  The uplink refuses for fifteen seconds and nothing that was acknowledged is lost.

# One sensor makes 20 readings per second. Nothing is disturbed during the warm-up; the source runs on after run_for
# until everything that was acknowledged before the heal has arrived.
workload: {{sensors: 1, rate: 20/s, warm_up: 10s, run_for: 40s}}

site:
  # Without an interval only full batches are sent: this many readings make one.
  stream_producer: {{RAW_BATCH_SIZE: 20}}
  # After failures an exporter waits for at most this long before it tries again.
  stream_manager: {{STREAM_MANAGER_EXPORTER_MAX_BACKOFF_MS: 5000}}

# A round trip takes this long on every link, also when nothing disturbs it.
link: {{latency: 50ms}}

# A step happens at a time (counted from the first reading) or on an event. More of them:
#   - {{at: 30s, cut: [kinesis], mode: silent, for: 5s}}
#   - {{at: 30s, slow: all, latency: 300ms, for: 5s}}
#   - {{on: {{event: request_in_flight, service: iotanalytics}}, within: 5s, kill: stream_manager}}
steps:
  - {{name: outage, at: 12s, cut: all, mode: refused, for: 15s}}

# What must have happened, so that a run in which the fault had no effect does not count.
conditions:
  - outages: {{at_least: 1, lasting: 14s}}
  - waiting_at_heal: {{stream: LocalDataStream, at_least: 200}}

# Who judges: loss, duplication, ordering, priority, overwrite, throughput.
judge: [loss, duplication, ordering]
"""


@click.command("init", epilog=EPILOG)
@click.argument("name")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"Where to write it; `{DEFAULT_FOLDER}`, or with --site a folder of that name here.",
)
@click.option(
    "--site",
    "own_site",
    is_flag=True,
    help="A site file and a function of your own as well, in a folder.",
)
def command(name: str, folder: Path | None, own_site: bool) -> None:
    """Write a commented scenario to begin with.

    NAME is that of the scenario and of its file: small letters, digits and `_`. A file that is there is left alone.
    """
    if not re.fullmatch(NAME_PATTERN, name):
        raise CommandFailed(
            f"{name!r} cannot be the name of a scenario; take small letters, digits and `_`, a letter first"
        )
    if own_site:
        scenario = _write_site(name, folder or Path(name))
    else:
        scenario = (folder or DEFAULT_FOLDER) / f"{name}.yaml"
        _write(scenario, TEMPLATE.format(name=name, file=scenario))
    click.echo(f"see its plan:  stream-chaos check {scenario}")
    click.echo(f"run it:        stream-chaos run {scenario}")


def _write_site(name: str, folder: Path) -> Path:
    """Write all files of a site, or none; returns the scenario."""
    if not re.fullmatch(SITE_NAME, name) or len(name) > SITE_LETTERS_MAX:
        raise CommandFailed(
            f"{name!r} cannot be the name of a site; take at most {SITE_LETTERS_MAX} small letters, digits and "
            "single `_`, a letter first"
        )
    wanted = {folder / path: text for path, text in files(name, str(folder)).items()}
    there = next((file for file in wanted if file.exists()), None)
    if there is not None:
        raise CommandFailed(f"{there} is there already; take another name or remove it")
    for file, text in wanted.items():
        _write(file, text)
    return folder / f"{name}.yaml"


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as fresh:
            fresh.write(text)
    except FileExistsError as error:
        raise CommandFailed(f"{file} is there already; take another name or remove it") from error
    except OSError as error:
        raise CommandFailed(
            f"{file} cannot be written ({error.strerror}); take another folder"
        ) from error
    click.echo(f"written: {file}")
