"""Any HTTP server: for tests, says AWS, and the one destination that needs no cloud.

A status of 2xx is a success; everything else is tried again, for ever. Bodies:

| format           | requests        | body                                                                         |
|------------------|-----------------|------------------------------------------------------------------------------|
| RAW_NOT_BATCHED  | one per message | the payload                                                                  |
| JSON_BATCHED     | one per batch   | list of {streamName, sequenceNumber, ingestTime, payload: base64 text}       |
"""

import base64
import json
from collections.abc import Sequence
from typing import assert_never

import requests
from requests import exceptions

from system.aws.clients import is_loopback
from system.clock import Clock
from system.stream_manager.export.batch import Delivered, Failed, SinkResult
from system.stream_manager.sinks.body import Body
from system.stream_manager.sinks.failures import DOUBTFUL_STATUSES, was_cut_short
from system.stream_manager.sinks.results import in_turn
from system.stream_manager.sinks.service import Timeouts
from system.wire.definitions import HTTPConfig
from system.wire.messages import Message, messages_to_maps
from system.wire.operations import ExportFormat


class HTTPSink:
    """Posts batches.

    Args:
        clock: ends a slow request.
        timeouts: of each request.
    """

    def __init__(self, clock: Clock, timeouts: Timeouts) -> None:
        self._clock = clock
        self._timeouts = timeouts

    def send(self, config: HTTPConfig, messages: Sequence[Message]) -> SinkResult:
        """Post one batch, on a connection of its own."""
        with _session(config.uri) as session:
            match config.export_format:
                case ExportFormat.RAW_NOT_BATCHED:
                    return in_turn(
                        [(message,) for message in messages],
                        lambda part: self._post(session, config.uri, part[0].payload, RAW),
                    )
                case ExportFormat.JSON_BATCHED:
                    return self._post(session, config.uri, as_json(messages), JSON)
                case _:
                    assert_never(config.export_format)

    def post_json(self, uri: str, body: bytes) -> SinkResult:
        """Post one document, on a connection of its own."""
        with _session(uri) as session:
            return self._post(session, uri, body, JSON)

    def _post(
        self, session: requests.Session, uri: str, body: bytes, content_type: str
    ) -> SinkResult:
        try:
            answer = session.post(
                uri,
                data=Body(body, self._clock, self._timeouts.send_s),
                headers={"Content-Type": content_type},
                timeout=(self._timeouts.connect_s, self._timeouts.read_s),
                allow_redirects=False,
            )
        except exceptions.RequestException as error:
            return _failed(error)
        if 200 <= answer.status_code < 300:
            return Delivered()
        return Failed(
            reason=f"{uri} answered {answer.status_code} {answer.reason}",
            doubtful=answer.status_code in DOUBTFUL_STATUSES,
        )


RAW = "application/octet-stream"
JSON = "application/json"


def _session(uri: str) -> requests.Session:
    session = requests.Session()
    # A proxy cannot reach what listens on this machine only.
    session.trust_env = not is_loopback(uri)
    return session


def as_json(messages: Sequence[Message]) -> bytes:
    """The body of a batch."""
    values = [
        {**each, "payload": base64.b64encode(each["payload"]).decode()}
        for each in messages_to_maps(messages)
    ]
    return json.dumps(values).encode()


def _failed(error: exceptions.RequestException) -> Failed:
    reason = f"{type(error).__name__}: {error}"
    match error:
        case exceptions.ConnectTimeout():
            return Failed(reason=reason, transport=True)
        case exceptions.ReadTimeout() | exceptions.ChunkedEncodingError():
            return Failed(reason=reason, transport=True, doubtful=True)
        case exceptions.ConnectionError():
            return Failed(reason=reason, transport=True, doubtful=was_cut_short(error))
        case exceptions.InvalidURL() | exceptions.InvalidSchema() | exceptions.MissingSchema():
            return Failed(reason=reason)
        case _:
            return Failed(reason=reason, doubtful=True)
