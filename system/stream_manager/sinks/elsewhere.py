"""One place for all exports, whatever cloud they are meant for: to see them on a machine without one.

Each batch becomes one JSON document, on a line of standard output or as the body of a POST:

```
{"event": "batch", "stream": "S", "exporter": "raw", "kind": "kinesis", "target": "RawData",
 "messages": [{"sequenceNumber": 0, "ingestTime": 1700000000000, "text": "..."}]}
```

`kind` is the list of the export definition that the exporter stands in, `target` what it names there (nothing for
SiteWise and S3 tasks, whose messages name it themselves). A payload is `text` if it is UTF-8, else `base64`.
"""

import base64
import json
import os
import threading
from collections.abc import Callable
from typing import Any

from system.stream_manager.export.batch import Batch, Delivered, Failed, SinkResult
from system.wire.definitions import (
    ExporterConfig,
    HTTPConfig,
    IoTAnalyticsConfig,
    IoTSiteWiseConfig,
    KinesisConfig,
    S3ExportTaskExecutorConfig,
)
from system.wire.messages import Message

_KINDS: dict[type[ExporterConfig], tuple[str, str]] = {
    HTTPConfig: ("http", "uri"),
    IoTAnalyticsConfig: ("iotAnalytics", "iot_channel"),
    KinesisConfig: ("kinesis", "kinesis_stream_name"),
    IoTSiteWiseConfig: ("IotSitewise", ""),
    S3ExportTaskExecutorConfig: ("s3TaskExecutor", ""),
}


def document(batch: Batch) -> dict[str, Any]:
    """What is told of a batch."""
    stream, exporter = batch.exporter
    kind, target = _KINDS[type(batch.config)]
    return {
        "event": "batch",
        "stream": stream,
        "exporter": exporter,
        "kind": kind,
        **({"target": getattr(batch.config, target)} if target else {}),
        "messages": [_told(message) for message in batch.messages],
    }


def _told(message: Message) -> dict[str, Any]:
    return {
        "sequenceNumber": message.sequence_number,
        "ingestTime": message.ingest_time_ms,
        **_payload(message.payload),
    }


def _payload(payload: bytes) -> dict[str, str]:
    try:
        return {"text": payload.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(payload).decode()}


class Printer:
    """Writes JSON documents, a line each.

    Unbuffered: a line that nobody takes must not come after all when it is written again.

    Args:
        descriptor: of the file that takes the lines.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def write(self, values: dict[str, Any]) -> None:
        """Write one line.

        Raises:
            OSError: nobody reads them any more.
        """
        line = json.dumps(values).encode() + b"\n"
        with self._lock:
            while line:
                line = line[os.write(self._descriptor, line) :]

    def send(self, batch: Batch) -> SinkResult:
        """Write a batch; that is its delivery."""
        try:
            self.write(document(batch))
        except OSError as error:
            return Failed(reason=f"the batch could not be printed: {error}")
        return Delivered()

    def close(self) -> None:
        """Nothing to give back."""


class Poster:
    """Posts batches as JSON documents.

    Args:
        post: posts one body and tells what became of it.
        direct: takes the exports over HTTP, which have an address of their own.
    """

    def __init__(
        self, post: Callable[[bytes], SinkResult], direct: Callable[[Batch], SinkResult]
    ) -> None:
        self._post = post
        self._direct = direct

    def send(self, batch: Batch) -> SinkResult:
        """Post a batch."""
        if isinstance(batch.config, HTTPConfig):
            return self._direct(batch)
        return self._post(json.dumps(document(batch)).encode())

    def close(self) -> None:
        """Nothing to give back."""
