"""The HTTP APIs of a site's functions, used as somebody would who looks at it and switches its sensor source."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import requests

from harness.load.answer import Answer, Outcome
from harness.load.site_file import LoadSite

CALLS = ("status", "aggregate", "disable", "status", "enable", "status")
"""What is asked, one after the other, again and again. What a switch commands, the next status has to confirm."""


class Api:
    """See the module.

    Args:
        fire: locust's request event, for a row of each call.
    """

    def __init__(self, site: LoadSite, timeout_s: float, fire: Callable[..., Any]) -> None:
        self._site = site
        self._timeout_s = timeout_s
        self._fire = fire
        self._session = requests.Session()
        # A proxy of this machine cannot reach its loopback.
        self._session.trust_env = False
        self._was = ""
        self._expected = ""

    def begin(self) -> None:
        """Remember how the source was found.

        Raises:
            requests.RequestException: it does not answer.
        """
        self._was = self._expected = self._get("status")["response"]

    def end(self) -> None:
        """Leave the source as it was found."""
        if not self._was:
            return
        with suppress(requests.RequestException, KeyError):
            self._get("enable" if self._was == "enabled" else "disable")

    def close(self) -> None:
        """End the connections."""
        self._session.close()

    def ask(self, number: int) -> Answer:
        """Make request `number`."""
        call = CALLS[number % len(CALLS)]
        sent_s = time.monotonic()
        outcome, error = Outcome.ACKNOWLEDGED, ""
        try:
            error = self._unexpected(call, self._get(call))
            outcome = Outcome.REFUSED if error else outcome
        except requests.ConnectionError:
            outcome, error = Outcome.UNSENT, "no connection"
        except requests.Timeout:
            outcome, error = Outcome.UNKNOWN, "no answer in time"
        except (requests.RequestException, ValueError) as failure:
            outcome, error = Outcome.REFUSED, str(failure)
        answer = Answer(outcome=outcome, sent_s=sent_s, ended_s=time.monotonic(), error=error)
        self._row(call, answer)
        return answer

    def _unexpected(self, call: str, answered: dict[str, Any]) -> str:
        if call in ("enable", "disable"):
            self._expected = f"{call}d"
        if call == "aggregate" or answered.get("response") == self._expected:
            return ""
        return f"{call} says {answered.get('response')!r}, not {self._expected!r}"

    def _get(self, call: str) -> dict[str, Any]:
        url = f"{self._site.sensor_api}/api/v1/sensor/data/{call}"
        if call == "aggregate":
            url = f"{self._site.aggregate_api}/api/v1/aggregate"
        answer = self._session.get(url, timeout=self._timeout_s)
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document

    def _row(self, call: str, answer: Answer) -> None:
        failed = None if answer.outcome is Outcome.ACKNOWLEDGED else Exception(answer.error)
        self._fire(
            request_type="GET",
            name=call,
            response_time=(answer.ended_s - answer.sent_s) * 1000,
            response_length=0,
            exception=failed,
        )
