"""The command line: a table of verbs, each in a module of its own that is imported when it is asked for.

A verb's module has a click command called `command`. Nothing else is imported here, so that `stream-chaos check` is
quick. `main` is the one place that turns errors into sentences and exit statuses.
"""

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path

import click

from harness.commands.outcome import CommandFailed, ExitStatus

DEBUG_VARIABLE = "STREAM_CHAOS_DEBUG"

FULL_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@dataclass(frozen=True, slots=True)
class Verb:
    """One command.

    Attributes:
        module: where it is; imported when it is asked for.
        summary: its line in the list of commands.
    """

    module: str
    summary: str


VERBS: Mapping[str, Verb] = {
    "run": Verb("harness.commands.run", "Run scenarios and judge what was kept."),
    "check": Verb("harness.commands.check", "Load and compile scenarios; print plans or problems."),
    "list": Verb("harness.commands.list", "Show the scenarios and presets that are there."),
    "init": Verb("harness.commands.init", "Write a commented scenario to begin with."),
    "schema": Verb("harness.commands.schema", "Print the JSON Schema of scenario files."),
    "doctor": Verb("harness.commands.doctor", "Say what this machine lacks."),
    "up": Verb("harness.commands.up", "Stand a site up and leave it standing."),
    "status": Verb("harness.commands.status", "Show backlog, links and rates of a standing site."),
    "cut": Verb("harness.commands.cut", "Cut a standing site's uplink."),
    "heal": Verb("harness.commands.heal", "Heal every link of a standing site."),
    "down": Verb("harness.commands.down", "Take a standing site down."),
    "stack": Verb("harness.commands.stack", "Deploy, compare or destroy the cloud resources."),
    "images": Verb("harness.commands.images", "Build, list or remove the images of containers."),
    "clean": Verb("harness.commands.clean", "Remove what interrupted runs left."),
    "history": Verb("harness.commands.history", "Print the history of a run as JSON lines."),
    "explore": Verb(
        "harness.commands.explore", "Try out scenarios that seeds draw, in virtual time."
    ),
    "shrink": Verb("harness.commands.shrink", "Reduce a failing run to its shortest story."),
    "compare": Verb("harness.commands.compare", "Run a scenario in two editions and compare."),
    "nightly": Verb("harness.commands.nightly", "Run the library of a night; tell what changed."),
    "zoo": Verb("harness.commands.zoo", "Let the checkers find what is broken on purpose."),
    "report": Verb("harness.commands.report", "Build the report of recorded runs again."),
}


class Verbs(click.Group):
    """The commands of the table, imported lazily."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb, or None when there is no such verb."""
        verb = VERBS.get(cmd_name)
        if verb is None:
            return None
        found = import_module(verb.module).command
        assert isinstance(found, click.Command)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a guess at what was meant."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], VERBS, n=1)
            hint = f"did you mean `{near[0]}`?" if near else "`stream-chaos --help` lists them"
            ctx.fail(f"there is no command `{args[0]}`; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.summary) for name, verb in VERBS.items()])


EPILOG = """\b
Examples:
  stream-chaos run scenarios --environment local
  stream-chaos check scenarios/cloud_outage.yaml
  stream-chaos init my_outage

\b
Exit status: 0 valid, 1 invalid, 2 bad input or usage, 3 unknown,
4 the environment could not be stood up."""


@click.command(
    cls=Verbs,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--debug", is_flag=True, help="Show where an unexpected error came from.")
@click.version_option(metadata.version("stream-chaos"), prog_name="stream-chaos")
def application(debug: bool) -> None:
    """Prove that an edge site keeps its data when the network does not hold."""
    if debug:
        os.environ[DEBUG_VARIABLE] = "1"


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point: run a command and end with its exit status."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        Its exit status; whatever went wrong has been said on standard error.
    """
    try:
        result = application.main(args=arguments, prog_name="stream-chaos", standalone_mode=False)
        sys.stdout.flush()
        return int(result) if isinstance(result, int) else ExitStatus.VALID
    except BrokenPipeError:
        # Whoever read our output has enough; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.VALID
    except (KeyboardInterrupt, click.Abort):
        click.echo("stream-chaos: interrupted.", err=True)
        return ExitStatus.INTERRUPTED
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except Exception as error:
        return _failed(error)


def _failed(error: Exception) -> int:
    if isinstance(error, click.ClickException):
        error.show()
        return ExitStatus.BAD_INPUT
    if isinstance(error, OSError) and error.errno in FULL_DISK:
        return _no_room(error)
    known = _status_of(error)
    if known is None:
        return _surprised(error)
    click.echo(str(error), err=True)
    return known


def _no_room(error: OSError) -> int:
    """No command of ours foresees a disk that gets full meanwhile, and each may meet one."""
    where = f", at {error.filename}" if error.filename else ""
    click.echo(
        f"Nothing can be written any more{where}: {error.strerror}. Make room and start again; "
        "what had been written is left where it is.",
        err=True,
    )
    return ExitStatus.NO_ENVIRONMENT


def _status_of(error: Exception) -> ExitStatus | None:
    """The exit status of an error that we expect, None for one that we do not."""
    from harness.environments.errors import EnvironmentUnavailable
    from harness.scenario.problems import BadScenario

    if isinstance(error, CommandFailed):
        return error.status
    if isinstance(error, EnvironmentUnavailable):
        return ExitStatus.NO_ENVIRONMENT
    return ExitStatus.BAD_INPUT if isinstance(error, BadScenario) else None


def _surprised(error: Exception) -> int:
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error)
        return ExitStatus.SURPRISED
    with tempfile.NamedTemporaryFile(
        "w", prefix="stream-chaos-", suffix=".txt", delete=False
    ) as details:
        traceback.print_exception(error, file=details)
    what = " ".join(str(error).split()) or type(error).__name__
    place = Path(details.name)
    click.echo(f"stream-chaos: an unexpected error: {what}. The details are in {place}.", err=True)
    return ExitStatus.SURPRISED


if __name__ == "__main__":
    main()
