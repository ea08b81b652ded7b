# ruff: noqa: TID251
"""Vibration frames in a binary form, at times a figure of wear in CBOR, and a property of the press for SiteWise."""

import math
import struct
import threading
import time
import traceback
import uuid

import cbor2
from stream_manager import (
    AssetPropertyValue,
    ExportDefinition,
    IoTSiteWiseConfig,
    KinesisConfig,
    MessageStreamDefinition,
    PutAssetPropertyValueEntry,
    Quality,
    StrategyOnFull,
    StreamManagerClient,
    TimeInNanos,
    Variant,
)
from stream_manager.util import Util

FRAMES, WEAR, PROPERTIES = "Vibration Frames", "wear", "properties"


class StreamWriter:
    """Both streams; a client that broke is thrown away."""

    def __init__(self):
        self._client = None

    def _connected(self):
        if self._client is None:
            client = StreamManagerClient()
            existing = client.list_streams()
            for definition in (self._frames(), self._wear(), self._properties()):
                if definition.name not in existing:
                    client.create_message_stream(definition)
            self._client = client
        return self._client

    @staticmethod
    def _frames():
        kinesis = KinesisConfig(
            identifier="frames-out",
            kinesis_stream_name="press-frames",
            batch_size=20,
            batch_interval_millis=60000,
            priority=7,
        )
        return MessageStreamDefinition(
            name=FRAMES,
            max_size=32 << 20,
            stream_segment_size=1 << 20,
            strategy_on_full=StrategyOnFull.RejectNewData,
            export_definition=ExportDefinition(kinesis=[kinesis]),
        )

    @staticmethod
    def _wear():
        kinesis = KinesisConfig(
            identifier="wear-out", kinesis_stream_name="press.wear", batch_size=4, priority=1
        )
        return MessageStreamDefinition(
            name=WEAR,
            max_size=4 << 20,
            stream_segment_size=1 << 20,
            strategy_on_full=StrategyOnFull.OverwriteOldestData,
            export_definition=ExportDefinition(kinesis=[kinesis]),
        )

    @staticmethod
    def _properties():
        sitewise = IoTSiteWiseConfig(identifier="sitewise", batch_size=5, priority=3)
        return MessageStreamDefinition(
            name=PROPERTIES,
            max_size=4 << 20,
            stream_segment_size=1 << 20,
            strategy_on_full=StrategyOnFull.OverwriteOldestData,
            export_definition=ExportDefinition(iot_sitewise=[sitewise]),
        )

    def open(self):
        self._connected()

    def write(self, stream, payload):
        try:
            return self._connected().append_message(stream, payload)
        except Exception:
            self._client = None
            raise


class FrameRecorder(threading.Thread):
    """Makes frames while it is switched on."""

    def __init__(self, writer, hz, samples):
        super().__init__(daemon=True, name="recorder")
        self.recording = threading.Event()
        self.frames = 0
        self._writer, self._period, self._samples = writer, 1.0 / hz, samples

    def run(self):
        while True:
            try:
                self._writer.open()
                break
            except Exception:
                traceback.print_exc()
                time.sleep(0.5)
        while True:
            self.recording.wait()
            began = time.monotonic()
            try:
                self._record()
            except Exception:
                traceback.print_exc()
                time.sleep(0.2)
            time.sleep(max(0.0, self._period - (time.monotonic() - began)))

    def _record(self):
        number = self.frames
        wave = [int(1000 * math.sin((number + n) / 7)) for n in range(self._samples)]
        frame = struct.pack(f"<IdH{len(wave)}h", number, time.time(), len(wave), *wave)
        self._writer.write(FRAMES, frame)
        self.frames += 1
        if number % 10 == 0:
            rms = math.sqrt(sum(value * value for value in wave) / len(wave))
            self._writer.write(WEAR, cbor2.dumps({"n": number, "rms": rms}))
        if number % 5 == 0:
            self._writer.write(PROPERTIES, _property(wave[0] / 1000))


def _property(value):
    seconds, nanos = divmod(time.time_ns(), 1_000_000_000)
    entry = PutAssetPropertyValueEntry(
        entry_id=str(uuid.uuid4()),
        property_alias="/press/1/amplitude",
        property_values=[
            AssetPropertyValue(
                value=Variant(double_value=value),
                quality=Quality.GOOD,
                timestamp=TimeInNanos(time_in_seconds=seconds, offset_in_nanos=nanos),
            )
        ],
    )
    return Util.validate_and_serialize_to_json_bytes(entry)
