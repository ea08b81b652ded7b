"""Looks what of the tools is on this machine, and installs nothing."""

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from harness.browser.programs import MEND, NoBrowser, find_browser
from harness.tools import go, localstack, node, toxiproxy
from harness.tools.cache import cache_directory
from harness.tools.commands import on_path
from harness.tools.errors import ToolUnavailable
from harness.tools.python_packages import uv_program

INSTALLED_MIB = 1_000
"""What a first run takes where nothing is there: 800 MiB stay, the rest is for what Toxiproxy is built from."""

PYTHON_MIN, PYTHON_BEYOND = (3, 11), (3, 14)
OTHER_CACHE = "name another folder with STREAM_CHAOS_CACHE"


class State(StrEnum):
    """How a tool stands."""

    PRESENT = "present"
    ON_FIRST_USE = "installed on first use"
    NOT_NEEDED = "not there, and not needed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of one tool.

    Attributes:
        name: of the tool.
        state: how it stands; only `missing` keeps a run from starting.
        detail: where it is, or what is wanted.
        mend: what to do about it, as a sentence; empty where nothing has to be done.
    """

    name: str
    state: State
    detail: str
    mend: str = ""

    def __str__(self) -> str:
        line = f"{self.name}: {self.state}, {self.detail}"
        return f"{line}. {self.mend}." if self.mend else line


def doctor() -> list[Finding]:
    """One finding for everything that the environment `local` needs from this machine."""
    tools = [_localstack(), _node(), _kinesis(), _toxiproxy()]
    installs = any(tool.state is State.ON_FIRST_USE for tool in tools)
    return [
        system(platform.system(), platform.machine()),
        python(sys.version_info[:2], sys.executable),
        _cache(installs),
        _uv(),
        *tools,
        _docker(),
        _browser(),
    ]


def system(kernel: str, machine: str) -> Finding:
    """What is to say of the operating system, as `platform` names it."""
    linux = kernel == "Linux"
    return Finding(
        name="System",
        state=State.PRESENT if linux else State.MISSING,
        detail=f"{kernel} {machine}",
        mend="" if linux else "Only Linux is supported: use a virtual machine or a container",
    )


def python(version: tuple[int, ...], program: str) -> Finding:
    """What is to say of our own interpreter."""
    fits = PYTHON_MIN <= version < PYTHON_BEYOND
    return Finding(
        name="Python",
        state=State.PRESENT if fits else State.MISSING,
        detail=f"{'.'.join(map(str, version))} at {program}",
        mend="" if fits else "Use Python 3.11, 3.12 or 3.13",
    )


def _cache(installs: bool) -> Finding:
    cache = cache_directory()
    there = next(folder for folder in (cache, *cache.parents) if folder.exists())
    if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
        detail, mend = f"{there} cannot be written", f"Make it writable, or {OTHER_CACHE}"
        return Finding(name="Cache", state=State.MISSING, detail=detail, mend=mend)
    return space(cache, shutil.disk_usage(there).free // 1024**2, installs)


def space(cache: Path, free_mib: int, installs: bool) -> Finding:
    """What is to say of the room for the cache.

    Args:
        cache: the folder.
        free_mib: space that is left on its disk.
        installs: whether anything has to be installed.
    """
    enough = free_mib >= INSTALLED_MIB or not installs
    return Finding(
        name="Cache",
        state=State.PRESENT if enough else State.MISSING,
        detail=f"{cache}, {free_mib:,} MiB free",
        mend="" if enough else f"Free {INSTALLED_MIB:,} MiB, or {OTHER_CACHE}",
    )


def _uv() -> Finding:
    try:
        return Finding(name="uv", state=State.PRESENT, detail=uv_program())
    except ToolUnavailable as error:
        return Finding(name="uv", state=State.MISSING, detail=error.what, mend=error.mend)


def _cached(name: str, folder: str, version: str) -> Finding:
    place = cache_directory() / folder
    if place.is_dir():
        return Finding(name=name, state=State.PRESENT, detail=str(place))
    return Finding(name=name, state=State.ON_FIRST_USE, detail=f"version {version}")


def _localstack() -> Finding:
    return _cached("LocalStack", localstack.environment_folder(), localstack.VERSION)


def _node() -> Finding:
    if (found := node.node_on_path()) is not None:
        return Finding(name="Node", state=State.PRESENT, detail=str(found.program))
    return _cached("Node", node.node_folder(), node.VERSION)


def _kinesis() -> Finding:
    return _cached("Kinesis", localstack.kinesis_folder(), localstack.KINESIS_LOCAL_VERSION)


def _toxiproxy() -> Finding:
    if (server := on_path(toxiproxy.SERVER)) is not None:
        return Finding(name="Toxiproxy", state=State.PRESENT, detail=str(server))
    found = _cached("Toxiproxy", toxiproxy.toxiproxy_folder(), toxiproxy.VERSION)
    if found.state is State.PRESENT:
        return found
    builder = go.go_on_path() or f"Go {go.GO_VERSION}, installed as well"
    return Finding(
        name=found.name, state=found.state, detail=f"{found.detail}, built with {builder}"
    )


def _docker() -> Finding:
    # It takes the Docker SDK along, which nothing else here needs.
    from harness.environments.errors import EnvironmentUnavailable
    from harness.images.engine import connect

    try:
        detail = connect().described
    except EnvironmentUnavailable as error:
        return Finding(
            name="Docker",
            state=State.NOT_NEEDED,
            detail=f"only the environment `containers` uses it ({error.what})",
        )
    return Finding(name="Docker", state=State.PRESENT, detail=detail)


def _browser() -> Finding:
    use = "only the picture of the page in a report is taken with it"
    try:
        found = find_browser()
    except NoBrowser as error:
        return Finding(
            name="Browser",
            state=State.NOT_NEEDED,
            detail=f"{use} (no {' and no '.join(error.lacking)} on PATH)",
            mend=MEND,
        )
    detail = f"{found.program}, steered by {found.driver}; {use}"
    return Finding(name="Browser", state=State.PRESENT, detail=detail)
