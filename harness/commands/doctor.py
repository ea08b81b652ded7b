"""`stream-chaos doctor`: what this machine lacks."""

import json
from dataclasses import asdict

import click

from harness.commands.outcome import ExitStatus

EPILOG = """\b
Examples:
  stream-chaos doctor
  stream-chaos doctor --json

\b
Exit status: 0 nothing is missing, 4 something is, and its line says what to do."""


@click.command("doctor", epilog=EPILOG)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON for each finding.")
def command(as_json: bool) -> ExitStatus:
    """Say what this machine lacks.

    What the environment `local` needs is looked for; nothing is installed.
    """
    from harness.tools.doctor import State, doctor

    findings = doctor()
    for finding in findings:
        click.echo(json.dumps(asdict(finding)) if as_json else str(finding))
    missing = [finding.name for finding in findings if finding.state is State.MISSING]
    if missing:
        click.echo(f"Missing: {', '.join(missing)}.", err=True)
    return ExitStatus.NO_ENVIRONMENT if missing else ExitStatus.VALID
