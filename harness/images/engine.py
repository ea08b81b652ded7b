"""The Docker engine, as far as images go: every way in which it can refuse has its sentence."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException, ImageNotFound

from harness.environments.errors import EnvironmentUnavailable
from harness.images.image import LABEL
from harness.tools.installing import LOOK_S, go_on

API_MIN = (1, 41)
"""Of Docker 20.10."""

BUILD_S = 900.0
"""A step of a build may be silent for so long."""

TRY_S = 8.0
"""A registry that has not answered by then counts as one that cannot be reached."""

ELSEWHERE = "or use --environment local, which needs no engine"
REASON_LETTERS_MAX = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An image that the engine has."""

    id: str
    references: tuple[str, ...]
    labels: Mapping[str, str]
    bytes: int


@dataclass(eq=False)
class EngineRefused(Exception):
    """The engine did not do what it was asked to.

    Attributes:
        reason: as it says it, in one line.
    """

    reason: str

    def __str__(self) -> str:
        return self.reason


def connect() -> "Engine":
    """The engine of this machine, or of `DOCKER_HOST`.

    Raises:
        EnvironmentUnavailable: there is none, it may not be used, or it is too old.
    """
    place = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    try:
        _look_at_socket(place)
        client = docker.from_env(timeout=BUILD_S)
    except (DockerException, requests.RequestException, FileNotFoundError) as error:
        raise _no_engine(place, error) from error
    try:
        version = client.version()
        check_version(place, version)
    except (DockerException, requests.RequestException) as error:
        client.close()
        raise _no_engine(place, error) from error
    except EnvironmentUnavailable:
        client.close()
        raise
    return Engine(client, f"version {version.get('Version', 'unknown')} at {place}")


def _look_at_socket(place: str) -> None:
    """The Docker SDK would leave an open socket behind where there is no file."""
    scheme, _, path = place.partition("://")
    if scheme == "unix":
        Path(path).stat()


def _no_engine(place: str, error: Exception) -> EnvironmentUnavailable:
    text = str(error)
    if "Permission denied" in text:
        return EnvironmentUnavailable(
            f"This user may not use the Docker engine at {place}",
            f"Let him join the group `docker` and log in again, {ELSEWHERE}",
        )
    missing = "No such file" in text or "Connection refused" in text
    reason = "" if missing else f": {_short(text)}"
    return EnvironmentUnavailable(
        f"No Docker engine answers at {place}{reason}",
        f"Start one or name another with DOCKER_HOST, {ELSEWHERE}",
    )


def check_version(place: str, version: Mapping[str, Any]) -> None:
    """See whether an engine is new enough.

    Args:
        place: where it answers.
        version: what it says of itself.

    Raises:
        EnvironmentUnavailable: it is too old.
    """
    told = str(version.get("ApiVersion", ""))
    parts = tuple(int(part) for part in told.split(".") if part.isdecimal())
    if parts < API_MIN:
        raise EnvironmentUnavailable(
            f"The Docker engine at {place} is too old: version {version.get('Version', 'unknown')}"
            f" speaks API {told or 'unknown'}, and {'.'.join(map(str, API_MIN))} is needed",
            f"Install Docker 20.10 or newer, {ELSEWHERE}",
        )


class Engine:
    """An engine that answers.

    Args:
        client: of the Docker SDK.
        described: its version and place.
    """

    def __init__(self, client: docker.DockerClient, described: str) -> None:
        self._client = client
        self.described = described

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except APIError as error:
            raise EngineRefused(_short(str(error.explanation or error))) from error
        except (DockerException, requests.RequestException) as error:
            raise EngineRefused(_short(str(error))) from error

    def find(self, reference: str) -> Found | None:
        """An image that is here, by reference or id."""
        with self._told():
            try:
                return _found(self._client.images.get(reference))
            except ImageNotFound:
                return None

    def ours(self) -> list[Found]:
        """Every image of ours, also those that lost their tags."""
        with self._told():
            listed = self._client.images.list(filters={"label": LABEL})
            return [_found(each) for each in listed]

    def answers_for(self, reference: str) -> str:
        """Why the registry of an image does not answer for it; empty if it does."""
        try:
            # A client of its own: this question must not take as long as a build may.
            asking = docker.from_env(timeout=TRY_S)
            try:
                asking.images.get_registry_data(reference)
            finally:
                asking.close()
        except APIError as error:
            return _short(str(error.explanation or error))
        except (DockerException, requests.RequestException) as error:
            return _short(str(error))
        return ""

    def pull(self, reference: str) -> None:
        """Bring an image from its registry.

        Raises:
            EngineRefused: it cannot be had.
        """
        repository, _, tag = reference.rpartition(":")
        with self._told():
            self._watch(
                self._client.api.pull(repository, tag=tag, stream=True, decode=True), lambda _: None
            )

    def build(
        self,
        context: Any,
        *,
        dockerfile: str,
        target: str,
        arguments: Mapping[str, str],
        reference: str,
        labels: Mapping[str, str],
        said: Callable[[str], None],
    ) -> None:
        """Build an image.

        Args:
            context: file object of a tar.
            dockerfile: path in the context.
            target: stage; empty: the last one.
            arguments: of the build.
            reference: tag that the image gets.
            labels: that it gets.
            said: takes each line of the builder.

        Raises:
            EngineRefused: it cannot be built.
        """
        with self._told():
            stream = self._client.api.build(
                fileobj=context,
                custom_context=True,
                dockerfile=dockerfile,
                target=target or None,
                buildargs=dict(arguments),
                tag=reference,
                labels=dict(labels),
                rm=True,
                forcerm=True,
                decode=True,
                timeout=BUILD_S,
            )
            self._watch(stream, said)

    def load(self, tar: Any, reference: str, changes: list[str]) -> None:
        """Make an image from the files of a system.

        Args:
            tar: file object.
            reference: tag that the image gets.
            changes: instructions of a Dockerfile.

        Raises:
            EngineRefused: it cannot be made.
        """
        with self._told():
            repository, _, tag = reference.rpartition(":")
            answer = self._client.api.import_image_from_data(
                tar, repository=repository, tag=tag, changes=changes
            )
            if "error" in str(answer):
                raise EngineRefused(_short(str(answer)))

    def tag(self, image: str, reference: str) -> None:
        """Give an image a name more."""
        with self._told():
            repository, _, tag = reference.rpartition(":")
            self._client.api.tag(image, repository, tag, force=True)

    def remove(self, image: str) -> None:
        """Remove an image and its tags.

        Raises:
            EngineRefused: something still uses it.
        """
        with self._told():
            try:
                for reference in _found(self._client.images.get(image)).references:
                    self._client.images.remove(reference)
                self._client.images.remove(image)
            except ImageNotFound:
                return

    def _watch(self, stream: Iterator[Mapping[str, Any]], said: Callable[[str], None]) -> None:
        for each in interruptible(stream):
            if "error" in each:
                raise EngineRefused(_short(str(each["error"])))
            if line := str(each.get("stream", "")).strip():
                said(line)


def interruptible(stream: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The same, but whoever is interrupted does not wait for the next line, which may take minutes.

    The engine ends a build whose client has gone, which it has when this process ends.
    """
    lines: SimpleQueue[Mapping[str, Any] | Exception | None] = SimpleQueue()

    def read() -> None:
        try:
            for line in stream:
                lines.put(line)
            lines.put(None)
        except Exception as error:
            lines.put(error)

    Thread(target=read, name="engine", daemon=True).start()
    while True:
        go_on()
        try:
            line = lines.get(timeout=LOOK_S)
        except Empty:
            continue
        if isinstance(line, Exception):
            raise line
        if line is None:
            return
        yield line


def _found(image: Any) -> Found:
    return Found(
        id=image.id,
        references=tuple(image.tags),
        labels=image.labels or {},
        bytes=image.attrs.get("Size", 0),
    )


def _short(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= REASON_LETTERS_MAX else f"{line[:REASON_LETTERS_MAX]}…"
