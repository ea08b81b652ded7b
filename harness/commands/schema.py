"""`stream-chaos schema`: what a scenario file may say, for editors and for people."""

import json

import click

EPILOG = """\b
Examples:
  stream-chaos schema > scenario.schema.json
  stream-chaos schema --markdown"""


@click.command("schema", epilog=EPILOG)
@click.option("--markdown", "as_markdown", is_flag=True, help="The reference as Markdown instead.")
def command(as_markdown: bool) -> None:
    """Print the JSON Schema of scenario files."""
    click.echo(reference() if as_markdown else schema_text(), nl=False)


def schema_text() -> str:
    """The schema as it is published."""
    from harness.scenario.schema import json_schema

    return json.dumps(json_schema(), indent=2) + "\n"


def reference() -> str:
    """The reference as it is published."""
    from harness.scenario.reference import markdown

    return markdown()
