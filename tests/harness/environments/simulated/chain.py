"""A client of the simulated links and their cloud: one batch after the other, and what the witnesses tell of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from harness.environments.simulated.cloud import SimulatedCloud
from harness.environments.simulated.machine import WallClock
from harness.environments.simulated.uplink import Links
from harness.environments.simulated.witnesses import Told
from harness.environments.simulated.world import NS_IN_MS, World
from harness.fault.registry import LinkFault
from system.stream_manager.export.batch import Batch, SinkResult
from system.wire.definitions import IoTAnalyticsConfig, KinesisConfig
from system.wire.messages import Message

CUT = "request failed closed by cloud side"
GIVEN_UP = "request failed closed by edge side"
CONFIGS = {
    "kinesis": KinesisConfig(identifier="K", kinesis_stream_name="stream"),
    "iotanalytics": IoTAnalyticsConfig(identifier="A", iot_channel="channel"),
}


class Chain:
    """See the module.

    Attributes:
        results: of the batches that were sent, in the order in which they ended.
    """

    def __init__(self, *, latency_ms: float = 0.0, seed: int = 1) -> None:
        self.world = World(seed)
        self.lines: list[dict[str, Any]] = []
        self.clock = WallClock(self.world, 0)
        self.cloud = SimulatedCloud(self.world, self.clock)
        self.cloud.provide("kinesis", "stream")
        self.cloud.provide("iotanalytics", "channel")
        self.links = Links(
            self.world,
            self.cloud,
            list(CONFIGS),
            latency_ms=latency_ms,
            uplink_tap=Told(self.world, "uplink-tap", self.lines.append),
            cloud_tap=Told(self.world, "cloud-tap", self.lines.append),
        )
        self.results: list[SinkResult] = []
        self._sent = 0

    def begin(self, size: int = 10, count: int = 1, service: str = "kinesis") -> None:
        """Send a batch, and go on."""
        self._sent += 1
        payload = b"%08d" % self._sent + b"x" * (size - 8)
        messages = tuple(Message("S", n, 0, payload) for n in range(count))
        batch = Batch(
            id=self._sent,
            exporter=("S", service),
            generation=1,
            config=CONFIGS[service],
            messages=messages,
        )
        self.links.put(batch, self._ended)

    def _ended(self, result: SinkResult) -> None:
        self.results.append(result)
        self.world.observe()

    def put(self, **what: Any) -> SinkResult:
        """Send a batch and wait for its end."""
        before = len(self.results)
        self.begin(**what)
        self.world.wait(float("inf"), lambda: len(self.results) > before)
        return self.results[-1]

    def pass_ms(self, milliseconds: float) -> None:
        """Let time go by."""
        self.world.wait(self.world.now_ns + milliseconds * NS_IN_MS)

    @contextmanager
    def disturbed(self, fault: LinkFault) -> Iterator[None]:
        """A fault on the links."""
        with self.links.disturbed(fault):
            yield

    @property
    def kept(self) -> int:
        """How many messages all destinations hold."""
        return sum(len(each.messages) for each in self.cloud.targets.values())

    def told(self, kind: str) -> list[str]:
        """What the uplink tap told of requests or connections, as `request failed closed by edge side`."""
        return [
            f"{kind} {line['type']} {line.get('reason', '')}".strip()
            for line in self.lines
            if line["witness"] == "uplink-tap" and line["kind"] == kind
        ]

    @property
    def failed(self) -> list[str]:
        """What failed on the uplink."""
        return [
            each
            for kind in ("request", "connection")
            for each in self.told(kind)
            if " failed" in each
        ]
