"""A client of one AWS service, for threads that send one batch each and leave retrying to the exporter.

botocore would retry by itself for minutes, and each of its retries stores another copy: it gets one attempt. What is
left are three bounds, all in `Timeouts`.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.config import Config
from botocore.exceptions import ConnectionError as NotConnected
from botocore.exceptions import HTTPClientError, NoCredentialsError

from system.aws.clients import Cloud
from system.clock import Clock
from system.stream_manager.sinks.body import Body

# More than any sensible pool of export threads: a thread never waits for a connection, none is thrown away.
CONNECTIONS_MAX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long a request may take, in seconds.

    Attributes:
        connect_s: until there is a connection; also how long a link may take nothing while a request is sent on a
            new one.
        send_s: until all of the request is sent.
        read_s: until the next bytes of the answer.
    """

    connect_s: float = 3.0
    send_s: float = 15.0
    read_s: float = 15.0


class Service:
    """Calls one service; safe to share between threads.

    Args:
        cloud: makes the client, at the first call.
        name: as boto3 names the service.
        clock: ends a slow request.
    """

    def __init__(self, cloud: Cloud, name: str, clock: Clock, timeouts: Timeouts) -> None:
        self._cloud = cloud
        self._name = name
        self._clock = clock
        self._timeouts = timeouts
        self._lock = threading.Lock()
        self._client: Any = None

    def call(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Call an operation, once.

        Raises:
            Exception: botocore's own; see `failures`.
        """
        client = self._connected()
        try:
            answer: Mapping[str, Any] = getattr(client, operation)(**parameters)
        except (NotConnected, HTTPClientError):
            # The other idle connections went the same way, and some do not know it yet: each would cost an attempt.
            client.close()
            raise
        except NoCredentialsError:
            # A client looks for them once, when it is made; those that come over the network may be there later.
            self._forget(client)
            raise
        return answer

    def shape(self, name: str) -> Any:
        """A shape of the service's model.

        Raises:
            Exception: botocore's own; there can be no client.
        """
        return self._connected().meta.service_model.shape_for(name)

    def _forget(self, client: Any) -> None:
        with self._lock:
            if self._client is client:
                self._client = None

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                client = self._cloud.client(self._name, self._config())
                client.meta.events.register("before-send", self._send_in_blocks)
                self._client = client
            return self._client

    def _config(self) -> Config:
        return Config(
            retries={"total_max_attempts": 1, "mode": "standard"},
            connect_timeout=self._timeouts.connect_s,
            read_timeout=self._timeouts.read_s,
            tcp_keepalive=True,
            max_pool_connections=CONNECTIONS_MAX,
        )

    def _send_in_blocks(self, request: Any, **_: Any) -> None:
        # Its length is in the headers already.
        if isinstance(request.body, bytes):
            request.body = Body(request.body, self._clock, self._timeouts.send_s)

    def close(self) -> None:
        """Close its connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
