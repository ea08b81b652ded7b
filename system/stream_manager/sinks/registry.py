"""Which sink takes a batch."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from system.aws.clients import Cloud
from system.real.clock import RealClock
from system.stream_manager.export.batch import Batch, Failed, SinkResult
from system.stream_manager.sinks.failures import failed
from system.stream_manager.sinks.http import HTTPSink
from system.stream_manager.sinks.iot_analytics import IoTAnalyticsSink
from system.stream_manager.sinks.iot_sitewise import IoTSiteWiseSink
from system.stream_manager.sinks.kinesis import KinesisSink
from system.stream_manager.sinks.s3 import S3Sink
from system.stream_manager.sinks.service import Service, Timeouts
from system.stream_manager.sinks.uploads import Uploads
from system.wire.definitions import (
    MULTIPART_THRESHOLD_MIN,
    ExporterConfig,
    HTTPConfig,
    IoTAnalyticsConfig,
    IoTSiteWiseConfig,
    KinesisConfig,
    S3ExportTaskExecutorConfig,
)
from system.wire.messages import Message

UPLOAD_SEND_S = 3600.0
"""A part of a file may take long over a narrow link; that the link takes something is seen block by block."""


class Sinks:
    """All destinations; safe to share between threads.

    Args:
        region: of AWS.
        kinesis_delay_ms: least time between the requests to one data stream; 0 for none.
        timeouts: of each request.
        part_bytes_min: least size of a part of an object.
        uploads: file that remembers uploads in parts; None: nothing does, after a kill.
    """

    def __init__(
        self,
        *,
        region: str,
        kinesis_delay_ms: int = 0,
        timeouts: Timeouts | None = None,
        part_bytes_min: int = MULTIPART_THRESHOLD_MIN,
        uploads: Path | None = None,
    ) -> None:
        cloud, clock = Cloud(None, region), RealClock()
        bounds = timeouts or Timeouts()
        self._kinesis = KinesisSink(
            Service(cloud, "kinesis", clock, bounds),
            new_key=lambda: str(uuid4()),
            delay_ms=kinesis_delay_ms,
            clock=clock,
        )
        self._iot_analytics = IoTAnalyticsSink(Service(cloud, "iotanalytics", clock, bounds))
        self._iot_sitewise = IoTSiteWiseSink(Service(cloud, "iotsitewise", clock, bounds))
        self._http = HTTPSink(clock, bounds)
        patient = replace(bounds, send_s=UPLOAD_SEND_S)
        self._s3 = S3Sink(
            Service(cloud, "s3", clock, patient),
            clock,
            part_bytes_min=part_bytes_min,
            uploads=Uploads(uploads),
        )

    def send(self, batch: Batch) -> SinkResult:
        """Send a batch, once; blocks. Never raises: whatever happens is in the result."""
        try:
            return self._send(batch.config, batch.messages)
        except Exception as error:
            return failed(error)

    def _send(self, config: ExporterConfig, messages: Sequence[Message]) -> SinkResult:
        match config:
            case KinesisConfig():
                return self._kinesis.send(config, messages)
            case IoTAnalyticsConfig():
                return self._iot_analytics.send(config, messages)
            case IoTSiteWiseConfig():
                return self._iot_sitewise.send(config, messages)
            case HTTPConfig():
                return self._http.send(config, messages)
            case S3ExportTaskExecutorConfig():
                return self._s3.send(config, messages)
            case _:
                return Failed(reason=f"no sink takes a {type(config).__name__}")

    def close(self) -> None:
        """Close all connections and end all waits."""
        self._kinesis.close()
        self._iot_analytics.close()
        self._iot_sitewise.close()
        self._s3.close()
