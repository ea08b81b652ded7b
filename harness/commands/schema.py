"""`stream-chaos schema`: what a scenario, a site file or a preset may say, for editors and for people."""

import json

import click

EPILOG = """\b
Examples:
  stream-chaos schema > scenario.schema.json
  stream-chaos schema --site > site.schema.json
  stream-chaos schema --preset > preset.schema.json
  stream-chaos schema --markdown"""


@click.command("schema", epilog=EPILOG)
@click.option("--markdown", "as_markdown", is_flag=True, help="The reference as Markdown instead.")
@click.option("--site", "of_site", is_flag=True, help="Of site files instead of scenario files.")
@click.option("--preset", "of_preset", is_flag=True, help="Of connectivity presets instead.")
def command(as_markdown: bool, of_site: bool, of_preset: bool) -> None:
    """Print the JSON Schema of scenario files.

    With an option that of site files or of connectivity presets.
    """
    if of_preset:
        click.echo(preset_reference() if as_markdown else preset_schema_text(), nl=False)
    elif of_site:
        click.echo(site_reference() if as_markdown else site_schema_text(), nl=False)
    else:
        click.echo(reference() if as_markdown else schema_text(), nl=False)


def schema_text() -> str:
    """The schema as it is published."""
    from harness.scenario.schema import json_schema

    return json.dumps(json_schema(), indent=2) + "\n"


def reference() -> str:
    """The reference as it is published."""
    from harness.scenario.reference import markdown

    return markdown()


def preset_schema_text() -> str:
    """The schema of presets as it is published."""
    from harness.scenario.schema import preset_schema

    return json.dumps(preset_schema(), indent=2) + "\n"


def preset_reference() -> str:
    """The reference of presets as it is published."""
    from harness.scenario.preset_reference import preset_markdown

    return preset_markdown()


def site_schema_text() -> str:
    """The schema of site files as it is published."""
    from harness.scenario.schema import site_schema

    return json.dumps(site_schema(), indent=2) + "\n"


def site_reference() -> str:
    """The reference of site files as it is published."""
    from harness.scenario.site_reference import site_markdown

    return site_markdown()
