"""Definitions of message streams and their exporters, as values and as they travel.

Names of the fields are the SDKs', keys on the wire are lower camel case. Absent fields take the server's defaults. All
problems of a definition are reported at once (`InvalidFields`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from system.wire.fields import INT32_MAX, INT64_MAX, Fields
from system.wire.operations import ExportFormat, Persistence, StrategyOnFull

MAX_SIZE_DEFAULT = 256 * 1024 * 1024
SEGMENT_SIZE_DEFAULT = 16 * 1024 * 1024
SIZE_MIN = 1024
# Upper bound chosen by the protocol so that nanoseconds fit 64 bits.
DURATION_MS_MAX = 9_223_372_036_854
DURATION_MS_MIN = 60_000
PRIORITY_LEAST_URGENT = 11
"""Stands for an absent priority: behind 10, the last one that can be given."""
MULTIPART_THRESHOLD_MIN = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ExporterConfig:
    """What every kind of exporter has.

    Attributes:
        identifier: unique within the stream.
        batch_size: messages that make a batch; None means the kind's default.
        batch_interval_millis: age of the oldest waiting message that makes a batch; None means never by age.
        priority: 1 is the most urgent, 10 the least; None is behind all of them.
        start_sequence_number: where a new exporter begins.
        disabled: paused, its position kept.
    """

    identifier: str
    batch_size: int | None = None
    batch_interval_millis: int | None = None
    priority: int | None = None
    start_sequence_number: int | None = None
    disabled: bool = False

    @property
    def urgency(self) -> int:
        """1 for the most urgent up to 11 for an exporter without a priority."""
        return PRIORITY_LEAST_URGENT if self.priority is None else self.priority


@dataclass(frozen=True, slots=True, kw_only=True)
class HTTPConfig(ExporterConfig):
    """Exports to any HTTP server; for tests only, says AWS."""

    uri: str
    export_format: ExportFormat = ExportFormat.RAW_NOT_BATCHED


@dataclass(frozen=True, slots=True, kw_only=True)
class IoTAnalyticsConfig(ExporterConfig):
    """Exports to a channel of IoT Analytics."""

    iot_channel: str
    iot_msg_id_prefix: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KinesisConfig(ExporterConfig):
    """Exports to a Kinesis data stream."""

    kinesis_stream_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IoTSiteWiseConfig(ExporterConfig):
    """Exports to asset properties of IoT SiteWise, which each message names itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusConfig:
    """Where the S3 executor reports what became of each task."""

    status_stream_name: str
    status_level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class S3ExportTaskExecutorConfig(ExporterConfig):
    """Uploads the files that the messages name to S3."""

    size_threshold_for_multipart_upload_bytes: int | None = None
    status_config: StatusConfig | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportDefinition:
    """The exporters of a stream, by kind."""

    http: tuple[HTTPConfig, ...] = ()
    iot_analytics: tuple[IoTAnalyticsConfig, ...] = ()
    kinesis: tuple[KinesisConfig, ...] = ()
    iot_sitewise: tuple[IoTSiteWiseConfig, ...] = ()
    s3_task_executor: tuple[S3ExportTaskExecutorConfig, ...] = ()

    def __iter__(self) -> Iterator[ExporterConfig]:
        yield from self.http
        yield from self.iot_analytics
        yield from self.kinesis
        yield from self.iot_sitewise
        yield from self.s3_task_executor


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStreamDefinition:
    """A message stream: its limits, what happens when it is full, and who exports it. Sizes are bytes."""

    name: str
    strategy_on_full: StrategyOnFull
    max_size: int = MAX_SIZE_DEFAULT
    stream_segment_size: int = SEGMENT_SIZE_DEFAULT
    time_to_live_millis: int | None = None
    persistence: Persistence = Persistence.FILE
    flush_on_write: bool = False
    export_definition: ExportDefinition = ExportDefinition()


def _common(fields: Fields, batch_size_max: int) -> dict[str, Any]:
    interval = fields.optional_integer("batchIntervalMillis", DURATION_MS_MIN, DURATION_MS_MAX)
    return {
        "identifier": fields.name("identifier"),
        "batch_size": fields.optional_integer("batchSize", 1, batch_size_max),
        "batch_interval_millis": interval,
        "priority": fields.optional_integer("priority", 1, 10),
        "start_sequence_number": fields.optional_integer("startSequenceNumber", 0, INT64_MAX),
        "disabled": fields.flag("disabled"),
    }


def _required_text(fields: Fields, key: str) -> str:
    value = fields.text(key) if fields.required(key) else "-"
    if not value:
        fields.complain(key, "must not be empty")
    return value


def _http(fields: Fields) -> HTTPConfig:
    form = fields.integer("exportFormat", 0, len(ExportFormat) - 1, default=0)
    return HTTPConfig(
        uri=_required_text(fields, "uri"), export_format=ExportFormat(form), **_common(fields, 500)
    )


def _iot_analytics(fields: Fields) -> IoTAnalyticsConfig:
    prefix = fields.text("iotMsgIdPrefix") or None
    if prefix and len(prefix) > 32:
        fields.complain("iotMsgIdPrefix", "has to have at most 32 characters")
    return IoTAnalyticsConfig(
        iot_channel=_required_text(fields, "iotChannel"),
        iot_msg_id_prefix=prefix,
        **_common(fields, 100),
    )


def _kinesis(fields: Fields) -> KinesisConfig:
    target = _required_text(fields, "kinesisStreamName")
    return KinesisConfig(kinesis_stream_name=target, **_common(fields, 500))


def _iot_sitewise(fields: Fields) -> IoTSiteWiseConfig:
    return IoTSiteWiseConfig(**_common(fields, 10))


def _s3(fields: Fields) -> S3ExportTaskExecutorConfig:
    status = fields.map("statusConfig")
    threshold = fields.optional_integer(
        "sizeThresholdForMultipartUploadBytes", MULTIPART_THRESHOLD_MIN, INT64_MAX
    )
    return S3ExportTaskExecutorConfig(
        size_threshold_for_multipart_upload_bytes=threshold,
        status_config=None
        if status is None
        else StatusConfig(
            status_stream_name=status.name("statusStreamName"),
            status_level=status.optional_integer("statusLevel", 0, 4),
        ),
        identifier=fields.name("identifier"),
        priority=fields.optional_integer("priority", 1, 10),
        disabled=fields.flag("disabled"),
    )


def _exports(fields: Fields | None) -> ExportDefinition:
    if fields is None:
        return ExportDefinition()
    definition = ExportDefinition(
        http=tuple(map(_http, fields.maps("http"))),
        iot_analytics=tuple(map(_iot_analytics, fields.maps("iotAnalytics"))),
        kinesis=tuple(map(_kinesis, fields.maps("kinesis"))),
        iot_sitewise=tuple(map(_iot_sitewise, fields.maps("IotSitewise"))),
        s3_task_executor=tuple(map(_s3, fields.maps("s3TaskExecutor"))),
    )
    identifiers = [config.identifier for config in definition]
    for repeated in sorted({each for each in identifiers if identifiers.count(each) > 1}):
        fields.problems.append(
            f"{fields.where}identifier {repeated!r} is used twice, it has to be unique in the stream"
        )
    return definition


def read_definition(fields: Fields) -> MessageStreamDefinition:
    """The definition in a decoded map; problems are left in `fields`."""
    strategy = 0
    if fields.required("strategyOnFull"):
        strategy = fields.integer("strategyOnFull", 0, 1, default=0)
    definition = MessageStreamDefinition(
        name=fields.name("name"),
        strategy_on_full=StrategyOnFull(strategy),
        max_size=fields.integer("maxSize", SIZE_MIN, INT64_MAX, default=MAX_SIZE_DEFAULT),
        stream_segment_size=fields.integer(
            "streamSegmentSize", SIZE_MIN, INT32_MAX, default=SEGMENT_SIZE_DEFAULT
        ),
        time_to_live_millis=fields.optional_integer(
            "timeToLiveMillis", DURATION_MS_MIN, DURATION_MS_MAX
        ),
        persistence=Persistence(fields.integer("persistence", 0, 1, default=0)),
        flush_on_write=fields.flag("flushOnWrite"),
        export_definition=_exports(fields.map("exportDefinition")),
    )
    for config in definition.export_definition.s3_task_executor:
        status = config.status_config
        if status is not None and status.status_stream_name == definition.name:
            fields.complain(
                "exportDefinition.s3TaskExecutor",
                "must not tell the status of tasks in the stream of the tasks",
            )
    if definition.max_size < definition.stream_segment_size:
        fields.complain(
            "maxSize",
            f"({definition.max_size}) has to be at least streamSegmentSize "
            f"({definition.stream_segment_size})",
        )
    return definition


def definition_from_map(values: Mapping[str, Any]) -> MessageStreamDefinition:
    """The definition in a decoded map.

    Raises:
        InvalidFields: with every problem.
    """
    fields = Fields(values)
    definition = read_definition(fields)
    fields.raise_problems()
    return definition


_EXPORTER_KEYS = {
    "identifier": "identifier",
    "uri": "uri",
    "export_format": "exportFormat",
    "iot_channel": "iotChannel",
    "iot_msg_id_prefix": "iotMsgIdPrefix",
    "kinesis_stream_name": "kinesisStreamName",
    "size_threshold_for_multipart_upload_bytes": "sizeThresholdForMultipartUploadBytes",
    "batch_size": "batchSize",
    "batch_interval_millis": "batchIntervalMillis",
    "priority": "priority",
    "start_sequence_number": "startSequenceNumber",
}


def _exporter_map(config: ExporterConfig) -> dict[str, Any]:
    values = {
        key: value
        for attribute, key in _EXPORTER_KEYS.items()
        if (value := getattr(config, attribute, None)) is not None
    }
    if config.disabled:
        values["disabled"] = True
    status = getattr(config, "status_config", None)
    if status is not None:
        level = {} if status.status_level is None else {"statusLevel": status.status_level}
        values["statusConfig"] = {"statusStreamName": status.status_stream_name, **level}
    return {k: int(v) if isinstance(v, ExportFormat) else v for k, v in values.items()}


def _exports_map(exports: ExportDefinition) -> dict[str, Any]:
    return {
        "http": [_exporter_map(config) for config in exports.http],
        "iotAnalytics": [_exporter_map(config) for config in exports.iot_analytics],
        "kinesis": [_exporter_map(config) for config in exports.kinesis],
        "IotSitewise": [_exporter_map(config) for config in exports.iot_sitewise],
        "s3TaskExecutor": [_exporter_map(config) for config in exports.s3_task_executor],
    }


def definition_to_map(definition: MessageStreamDefinition) -> dict[str, Any]:
    """The definition as describe answers it: defaults filled in, all five lists there, absent options left out."""
    values: dict[str, Any] = {
        "name": definition.name,
        "maxSize": definition.max_size,
        "streamSegmentSize": definition.stream_segment_size,
        "strategyOnFull": int(definition.strategy_on_full),
        "persistence": int(definition.persistence),
        "flushOnWrite": definition.flush_on_write,
        "exportDefinition": _exports_map(definition.export_definition),
    }
    if definition.time_to_live_millis is not None:
        values["timeToLiveMillis"] = definition.time_to_live_millis
    return values
