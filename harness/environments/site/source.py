"""The HTTP pages of a site's functions: what begins and ends the making of data, the aggregates, the page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import requests

from harness.environments.protocol import ProbeFailed, SourceStatus
from harness.environments.site.site import Site
from harness.environments.site.surface import SwitchUrls

ANSWER_S = 3.0


def ask(
    what: str, url: str, parameters: Mapping[str, str] | None = None, *, method: str = "GET"
) -> requests.Response:
    """The answer to a request.

    Args:
        what: is asked for, for the error.
        url: where.
        parameters: of the query.
        method: of HTTP.

    Raises:
        ProbeFailed: there is none, or it is an error.
    """
    try:
        answer = requests.request(method, url, params=parameters, timeout=ANSWER_S)
    except requests.RequestException as error:
        raise ProbeFailed(what, f"{url} does not answer ({type(error).__name__})") from error
    if not answer.ok:
        raise ProbeFailed(what, f"{url} answers {answer.status_code}: {answer.text[:200]}")
    return answer


def answers(url: str) -> bool:
    """Whether a page is there."""
    try:
        ask(url, url)
    except ProbeFailed:
        return False
    return True


def _json(what: str, url: str, parameters: Mapping[str, str] | None = None) -> dict[str, Any]:
    try:
        document = ask(what, url, parameters).json()
    except ValueError as error:
        raise ProbeFailed(what, f"{url} answers no JSON") from error
    if not isinstance(document, dict):
        raise ProbeFailed(what, f"{url} answers no JSON object")
    return document


class Source(Protocol):
    """Whoever makes the data of a site."""

    def status(self) -> SourceStatus:
        """What it says of itself; raises ProbeFailed where nobody says anything."""

    def start(self, at_s: float) -> object:
        """Have it begin, if possible at `at_s` (epoch seconds); raises ProbeFailed."""

    def stop(self) -> object:
        """Have it end; raises ProbeFailed."""


def source_of(site: Site) -> Source:
    """Whoever makes the data of a site."""
    surface = site.surface
    if surface.sensors is not None:
        return SensorSource(site.url(surface.sensors))
    return OwnFunctions(site, surface.switch)


@dataclass(frozen=True, slots=True)
class OwnFunctions:
    """Functions of somebody else, which tell nobody how much they have made.

    Attributes:
        switch: what begins and ends it; None: they do so themselves.
    """

    site: Site
    switch: SwitchUrls | None

    def status(self) -> SourceStatus:
        """Nothing.

        Raises:
            ProbeFailed: always.
        """
        raise ProbeFailed("what the source does", "the functions are not ours and do not tell")

    def start(self, at_s: float) -> None:
        """Have them begin now.

        Raises:
            ProbeFailed: the switch does not answer, or with an error.
        """
        if self.switch is not None:
            self._throw(self.switch, self.switch.start)

    def stop(self) -> None:
        """Have them end.

        Raises:
            ProbeFailed: the switch does not answer, or with an error.
        """
        if self.switch is not None:
            self._throw(self.switch, self.switch.stop)

    def _throw(self, switch: SwitchUrls, path: str) -> None:
        ask("the source", f"{self.site.url(switch.port)}{path}", method=switch.method)


@dataclass(frozen=True, slots=True)
class SensorSource:
    """The API of the sensor source.

    Attributes:
        url: of its server.
    """

    url: str

    def status(self) -> SourceStatus:
        """What it says of itself.

        Raises:
            ProbeFailed: it does not answer.
        """
        return self._ask("status")

    def start(self, at_s: float) -> SourceStatus:
        """Have the next reading made at `at_s` (epoch seconds), and the others after it, without end.

        Raises:
            ProbeFailed: it does not answer.
        """
        return self._ask("enable", {"at": f"{at_s:.6f}"})

    def stop(self) -> SourceStatus:
        """No more readings.

        Raises:
            ProbeFailed: it does not answer.
        """
        return self._ask("disable")

    def _ask(self, command: str, parameters: Mapping[str, str] | None = None) -> SourceStatus:
        what = "what the sensor source does"
        answer = _json(what, f"{self.url}/api/v1/sensor/data/{command}", parameters)
        try:
            return SourceStatus(
                enabled=answer["response"] == "enabled",
                next_ordinal=int(answer["next_ordinal"]),
                published=int(answer["published"]),
                failed=int(answer["failed"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ProbeFailed(what, f"{self.url} answers something else: {answer}") from error


def aggregates_url(url: str) -> str:
    """Where the stream aggregator at `url` shows the newest aggregates."""
    return f"{url}/api/v1/aggregate"


def sensors_with_aggregates(url: str) -> int:
    """How many sensors there is an aggregate of at `url`, a page of the stream aggregator.

    Raises:
        ProbeFailed: it does not answer.
    """
    return len(_json("aggregates", url).get("sensors") or {})


def page_status(url: str) -> int:
    """The HTTP status of the page at `url`.

    Raises:
        ProbeFailed: nobody answers at all.
    """
    try:
        return requests.get(url, timeout=ANSWER_S).status_code
    except requests.RequestException as error:
        reason = f"{url} does not answer ({type(error).__name__})"
        raise ProbeFailed("the page", reason) from error
