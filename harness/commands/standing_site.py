"""What the commands about a standing site share: which one is meant, and what its witnesses tell."""

import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from harness.commands.outcome import CommandFailed, ExitStatus
from harness.environments.site.links import Links
from harness.environments.site.loopback import reach_loopback_directly
from harness.environments.site.register import Register, fresh_name, state_directory
from harness.environments.site.site import Site
from harness.run.observer import Observer
from harness.taps.tail import Tail

site_option = click.option(
    "--site", "name", metavar="NAME", help="Which site is meant, where several stand."
)


def chosen_site(name: str | None) -> Site:
    """The site that is meant.

    Raises:
        CommandFailed: none stands, none is called so, or several stand and none was named.
    """
    sites = {site.name: site for site in Register().standing()}
    if not sites:
        raise CommandFailed("No site stands; `stream-chaos up` stands one up.")
    if name is not None and name not in sites:
        raise CommandFailed(f"No site is called {name}; there is {' and '.join(sites)}.")
    if name is None and len(sites) > 1:
        raise CommandFailed(
            f"{len(sites)} sites stand, {' and '.join(sites)}; say which one is meant with --site NAME."
        )
    return sites[name] if name else next(iter(sites.values()))


def links_of(site: Site) -> Links:
    """Its links.

    Raises:
        CommandFailed: nobody is there any more, as after the machine was started again.
    """
    reach_loopback_directly()
    links = Links(site.toxiproxy)
    if not links.running():
        raise CommandFailed(
            f"The site {site.name} does not run any more: its Toxiproxy does not answer on port {site.toxiproxy}; "
            "`stream-chaos down` removes what is left of it.",
            ExitStatus.NO_ENVIRONMENT,
        )
    return links


class Following:
    """What the witnesses of a site have told so far.

    Args:
        site: whose.

    Attributes:
        observer: its state.
    """

    def __init__(self, site: Site) -> None:
        self.observer = Observer()
        self._origin_ns = site.origin_monotonic_ns
        self._tails = [Tail(site.witness / f"{name}.jsonl") for name in ("edge-tap", "cloud-tap")]

    def catch_up(self) -> Observer:
        """Take all that has been written down until now."""
        now_ms = (time.monotonic_ns() - self._origin_ns) / 1e6
        lines = [line for tail in self._tails for line in _all_lines(tail)]
        # What one witness saw before the other goes first; each file is in order already.
        self.observer.take_all(sorted(lines, key=lambda line: float(line["at"])))
        # Rates are those of this moment, also when nothing has happened lately.
        self.observer.take({"at": now_ms})
        return self.observer


def _all_lines(tail: Tail) -> Iterator[dict[str, Any]]:
    while lines := tail.lines():
        yield from lines


def records_folder() -> Path:
    """Where standing sites have their records and logs, one folder each."""
    return state_directory().parent / "up"


def fresh_records() -> Path:
    """The folder for the records of a new site."""
    return records_folder() / fresh_name()


def remove_records(folders: Iterable[Path]) -> None:
    """Remove folders of records; only what is in the place for them."""
    for folder in folders:
        if folder.parent == records_folder():
            shutil.rmtree(folder, ignore_errors=True)


def remove_orphaned_records() -> list[str]:
    """Remove the records that no site has any more: those of sites that failed to stand, or were cleaned.

    Returns:
        What was removed, a line each.
    """
    kept = {site.witness.parent for _, site in Register().described()}
    orphans = [folder for folder in sorted(records_folder().glob("*")) if folder not in kept]
    remove_records(orphans)
    return [f"records and logs of a site that is gone: {folder}" for folder in orphans]
