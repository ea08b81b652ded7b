"""`stream-chaos stack`: the cloud resources alone."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial, reduce
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click

from harness.commands.outcome import CommandFailed, ExitStatus
from harness.environments.site.own_stack import own_parameters
from harness.environments.site.register import Register, state_directory
from harness.environments.site.site import Site
from harness.environments.site.stack import StackFiles
from harness.scenario.site_loader import load_site
from harness.tools.bundles import OWN_VERSION, packer_for
from system.aws.clients import Cloud
from system.stack import (
    BadInput,
    BundleUnavailable,
    Difference,
    Outputs,
    Stack,
    StackFailed,
    StackParameters,
    load_parameters,
    write_core_assets,
)

EPILOG = """\b
Examples:
  stream-chaos stack deploy
  stream-chaos stack deploy --parameters mine.json --core-root gg_docker
  stream-chaos stack deploy --site my_site.yaml --endpoint http://127.0.0.1:4566
  stream-chaos stack diff --endpoint http://127.0.0.1:4566
  stream-chaos stack outputs --json"""

DAEMON_PORT = 8000
PYTHONS = ("3.11", "3.12", "3.13")
SECRET = frozenset({"certificate_pem", "private_key_pem", "group_ca_pem"})

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the options of a command ask for.

    Attributes:
        endpoint: URL of the cloud; None: the only site's that stands.
        region: None: the parameters'.
        parameters: file; None: the site's own, else the defaults.
        site: a site file, in the place of parameters; None: none.
        core_root: where the core's files are written; None: nowhere.
        core_seen_as: where the core finds that folder; None: where we do.
        daemon_port: of the core's local interface.
        as_json: whether the answer is JSON.
        python: version of the Python that functions are packed for.
    """

    endpoint: str | None
    region: str | None
    parameters: Path | None
    site: Path | None
    core_root: Path | None
    daemon_port: int
    as_json: bool
    core_seen_as: PurePosixPath | None = None
    python: str = OWN_VERSION

    def say(self, line: str) -> None:
        """Tell how it goes: beside the answer, where the answer is JSON."""
        click.echo(line, err=self.as_json)


_OPTIONS = (
    click.option("--endpoint", metavar="URL", help="The cloud; by default the site that stands."),
    click.option("--region", metavar="NAME", help="The region; by default the parameters' one."),
    click.option(
        "--parameters",
        metavar="FILE.json",
        type=click.Path(path_type=Path),
        help="Parameters of the stack; by default the site's own.",
    ),
    click.option(
        "--site",
        metavar="FILE.yaml",
        type=click.Path(path_type=Path),
        help="A site file, in the place of parameters: your own functions.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Answer with JSON."),
)
_CORE_OPTIONS = (
    click.option(
        "--core-root",
        metavar="DIR",
        type=click.Path(path_type=Path, file_okay=False),
        help="Write the core's certificates and config.json below this folder.",
    ),
    click.option(
        "--core-seen-as",
        metavar="DIR",
        type=click.Path(path_type=PurePosixPath),
        help="Where the core finds that folder, in a container: /greengrass.",
    ),
    click.option(
        "--daemon-port",
        metavar="N",
        type=click.IntRange(0, 65535),
        default=DAEMON_PORT,
        show_default=True,
        help="Port of the core's local interface, for config.json.",
    ),
)

_PYTHON = click.option(
    "--python",
    metavar="X.Y",
    type=click.Choice(PYTHONS),
    default=OWN_VERSION,
    show_default=True,
    help="What the functions are packed for: the Python of the core, which in a container may be another.",
)


def _options(*options: Callable[[F], F]) -> Callable[[F], F]:
    return lambda function: reduce(lambda made, option: option(made), reversed(options), function)


@click.group("stack", epilog=EPILOG)
def command() -> None:
    """Deploy, compare or destroy the cloud resources.

    They go to the site that `stream-chaos up` left standing, or to the emulator that --endpoint names.
    """


@command.command("deploy")
@_options(*_OPTIONS, _PYTHON, *_CORE_OPTIONS)
def deploy(**options: Any) -> None:
    """Make every resource as it should be.

    Nothing happens where it is. When one cannot be had, all that was created is taken away again.
    """
    request = Request(**options)
    with _told():
        deployed = _stack(request).deploy(request.say)
        _write_assets(request, deployed.outputs)
    if request.as_json:
        changed = [{"action": each.action, "resource": each.resource} for each in deployed.changed]
        click.echo(json.dumps({"changed": changed, "outputs": deployed.outputs.to_json()}))
    elif deployed.changed:
        click.echo(f"{len(deployed.changed)} changes; the stack stands.")
    else:
        click.echo("Nothing to change; the stack stands.")


@command.command("diff")
@_options(*_OPTIONS, _PYTHON)
def diff(**options: Any) -> ExitStatus:
    """Show what a deployment would change.

    The exit status is 1 if it would change anything.
    """
    request = Request(**options, core_root=None, daemon_port=DAEMON_PORT)
    with _told():
        differences = _stack(request).diff()
    if request.as_json:
        click.echo(json.dumps([each.to_json() for each in differences]))
    elif not differences:
        click.echo("No differences.")
    else:
        for line in _lines(differences):
            click.echo(line)
    return ExitStatus.INVALID if differences else ExitStatus.VALID


def _for_the_eye(value: Any) -> str:
    """A value on one line; of what has more than a name the name alone."""
    listed = value if isinstance(value, list) else [value]
    return ", ".join(each["name"] if isinstance(each, dict) else str(each) for each in listed)


@command.command("outputs")
@_options(*_OPTIONS, *_CORE_OPTIONS)
def outputs(**options: Any) -> None:
    """Show what a core needs to know.

    Certificate and private key are shown with --json only; --core-root writes them to where a core wants them.
    """
    request = Request(**options)
    with _told():
        found = _stack(request).outputs()
        _write_assets(request, found)
    if request.as_json:
        click.echo(json.dumps(found.to_json()))
        return
    for name, value in found.to_json().items():
        if name not in SECRET:
            click.echo(f"{name}: {_for_the_eye(value)}")


@command.command("destroy")
@_options(*_OPTIONS)
def destroy(**options: Any) -> None:
    """Take every resource away.

    Also what a deployment left that was killed.
    """
    request = Request(**options, core_root=None, daemon_port=DAEMON_PORT)
    with _told():
        gone = _stack(request).destroy(request.say)
    if request.as_json:
        click.echo(json.dumps({"removed": gone}))
    else:
        click.echo(f"{len(gone)} resources are gone." if gone else "Nothing was there.")


@contextmanager
def _told() -> Iterator[None]:
    """Turns what can go wrong with a stack into a sentence and an exit status."""
    try:
        yield
    except BadInput as error:
        raise CommandFailed(f"{error}.") from error
    except (BundleUnavailable, StackFailed) as error:
        raise CommandFailed(f"{error}.", ExitStatus.NO_ENVIRONMENT) from error


def _stack(request: Request) -> Stack:
    say = partial(click.echo, err=True)
    site = _site(request.endpoint)
    if site is not None:
        files = StackFiles(site.directory)
        parameters = _parameters(request, files.kept, site.ports)
        return files.stack(parameters, site.cloud_url, packer_for(parameters, say, request.python))
    assert request.endpoint is not None
    parameters = _parameters(request, StackParameters, {})
    cloud = Cloud(request.endpoint, parameters.region)
    state = _state_file(request.endpoint, parameters)
    return Stack(parameters, cloud, state, packer_for(parameters, say, request.python))


def _site(endpoint: str | None) -> Site | None:
    """The site that stands there, or the only one that stands; None: it is no site's cloud."""
    sites = Register().standing()
    if endpoint is not None:
        address = _checked(endpoint).rstrip("/")
        return next((site for site in sites if site.cloud_url == address), None)
    if not sites:
        raise CommandFailed(
            "No site stands. Start one with `stream-chaos up`, or name a cloud with --endpoint URL."
        )
    if len(sites) > 1:
        listed = ", ".join(site.cloud_url for site in sites)
        raise CommandFailed(
            f"{len(sites)} sites stand. Say which one is meant with --endpoint: {listed}."
        )
    return sites[0]


def _parameters(
    request: Request, otherwise: Callable[[], StackParameters], ports: Mapping[str, int]
) -> StackParameters:
    """What the options name.

    Args:
        otherwise: gives them where the options name none.
        ports: of the site that stands there, by name.
    """
    if request.parameters and request.site:
        raise click.UsageError("--parameters and --site both say what runs; give one of them")
    if request.site:
        found = _of_site_file(request.site, ports)
    else:
        found = load_parameters(request.parameters) if request.parameters else otherwise()
    if request.region is None:
        return found
    # Once more through the checks, for region and name have to fit together.
    changed = replace(found, region=request.region)
    return StackParameters.from_json(changed.to_json(), "--region")


def _of_site_file(file: Path, ports: Mapping[str, int]) -> StackParameters:
    own = load_site(file)
    asked = {name: number or ports.get(name, 0) for name, number in own.site.ports.items()}
    for name, number in asked.items():
        if not number:
            raise CommandFailed(
                f"{file}: the port `{name}` has no `number`, and a stack without a site cannot choose one; give it one."
            )
    return own_parameters(own.site, own.base, asked, own.site.stream_manager)


def _checked(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise CommandFailed(
            f"--endpoint has to be a URL such as http://127.0.0.1:4566, not {endpoint!r}."
        )
    return endpoint


def _state_file(endpoint: str, parameters: StackParameters) -> Path:
    """For a cloud that is no site of ours: one file for each address, region and name."""
    place = re.sub(r"[^\w.-]+", "-", urlsplit(endpoint).netloc)
    folder = state_directory().parent / "stacks"
    return folder / f"{place}-{parameters.region}-{parameters.name}.json"


def _write_assets(request: Request, found: Outputs) -> None:
    if request.core_root is None:
        return
    try:
        write_core_assets(
            found,
            request.core_root,
            daemon_port=request.daemon_port,
            seen_as=request.core_seen_as,
        )
    except OSError as error:
        raise CommandFailed(
            f"--core-root {request.core_root} cannot be written: {error.strerror}."
        ) from error
    request.say(f"The core's certificates and config.json are in {request.core_root}.")


def _lines(differences: list[Difference]) -> Iterator[str]:
    for difference in differences:
        yield f"{difference.action} {difference.resource}"
        for name, (live, wanted) in difference.properties.items():
            yield f"  {name}: {_short(live)} → {_short(wanted)}"


def _short(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, sort_keys=True)
