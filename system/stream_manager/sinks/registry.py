"""Which sink takes a batch."""

from collections.abc import Sequence
from uuid import uuid4

from system.aws.clients import Cloud
from system.real.clock import RealClock
from system.stream_manager.export.batch import Batch, Failed, SinkResult, unsupported
from system.stream_manager.sinks.failures import failed
from system.stream_manager.sinks.http import HTTPSink
from system.stream_manager.sinks.iot_analytics import IoTAnalyticsSink
from system.stream_manager.sinks.kinesis import KinesisSink
from system.stream_manager.sinks.service import Service, Timeouts
from system.wire.definitions import ExporterConfig, HTTPConfig, IoTAnalyticsConfig, KinesisConfig
from system.wire.messages import Message


class Sinks:
    """All destinations; safe to share between threads.

    Args:
        region: of AWS.
        kinesis_delay_ms: least time between the requests to one data stream; 0 for none.
        timeouts: of each request.
    """

    def __init__(
        self, *, region: str, kinesis_delay_ms: int = 0, timeouts: Timeouts | None = None
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
        self._http = HTTPSink(clock, bounds)

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
            case HTTPConfig():
                return self._http.send(config, messages)
            case _:
                return Failed(reason=unsupported(config) or "no sink takes this export")

    def close(self) -> None:
        """Close all connections and end all waits."""
        self._kinesis.close()
        self._iot_analytics.close()
