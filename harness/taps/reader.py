"""The cloud reader: writes down what a destination durably holds.

An export status is a claim, a durable record is a fact. Each destination is read from its beginning until two full
passes agree: one that is read while something still arrives, or an answer that is empty too early, proves nothing.
"""

import time
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from harness.taps.destinations import Destination, Held, Position, Unreadable, destination
from harness.taps.record import Record
from harness.waiting import WaitedInVain, wait_until

CLOUD_READER = "cloud-reader"

BETWEEN_PASSES_S = 0.1
_UNREADABLE = (Unreadable, BotoCoreError, ClientError)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult:
    """How the reading of one destination ended.

    Attributes:
        records: messages of the last complete pass.
        passes: complete ones.
        agreed: whether the last two passes found the same.
        vanished: messages that were read once and that the destination holds no more.
        reason: why the passes did not agree; empty when they did.
    """

    service: str
    target: str
    records: int
    passes: int
    agreed: bool
    vanished: int = 0
    reason: str = ""


class DestinationReader:
    """Reads one destination, while the run goes on and to the end.

    Args:
        source: the destination.
        record: where its lines go.
        service: of the cloud.
        target: name of the data stream or channel.
    """

    def __init__(
        self,
        source: Destination,
        record: Record,
        *,
        service: str,
        target: str,
    ) -> None:
        self._source = source
        self._record = record
        self._service = service
        self._target = target
        self._position: Position = {}
        self._written: set[str] = set()
        self._last: list[tuple[str, str]] | None = None
        self._passes = 0
        self._reason = ""

    def poll(self) -> int:
        """Write down what has come since the last poll, so that a cloud which is killed does not take the evidence.

        Returns:
            How many messages; a cloud that cannot be read now is asked again by the next poll.
        """
        before = len(self._written)
        try:
            for held in self._source.read(self._position):
                self._take(held)
        except _UNREADABLE as error:
            self._reason = str(error)
        return len(self._written) - before

    def finish(self, deadline_s: float) -> ReadResult:
        """Read from the beginning until two passes agree, and write down how that ended.

        Args:
            deadline_s: seconds after which it is given up.
        """
        until = time.monotonic() + deadline_s
        self._reason = ""
        agreed = True
        try:
            wait_until(
                lambda: self._agrees(until),
                seconds=deadline_s,
                what="two passes to agree",
                poll_s=BETWEEN_PASSES_S,
            )
        except WaitedInVain as error:
            agreed = False
            self._reason = self._reason or str(error)
        result = self._result(agreed)
        self._write(result)
        return result

    def _agrees(self, until: float) -> bool:
        """Whether one more pass finds what the last one found."""
        found: list[tuple[str, str]] = []
        try:
            for held in self._source.read({}):
                self._take(held)
                found.append((held.place, held.told["hash"]))
                if time.monotonic() > until:
                    late = f"a pass was not complete after {len(found)} messages"
                    self._reason = self._reason or late
                    return False
        except _UNREADABLE as error:
            self._reason, self._last = str(error), None
            return False
        before, self._last = self._last, found
        self._passes += 1
        self._reason = "" if before is None else _difference(before, found)
        return found == before

    def _take(self, held: Held) -> None:
        if held.place in self._written:
            return
        self._record.write(
            "record",
            "note",
            service=self._service,
            target=self._target,
            place=held.place,
            index=len(self._written),
            **held.told,
            arrived_ms=held.arrived_ms,
        )
        self._written.add(held.place)

    def _result(self, agreed: bool) -> ReadResult:
        found = self._last or []
        return ReadResult(
            service=self._service,
            target=self._target,
            records=len(found),
            passes=self._passes,
            agreed=agreed,
            vanished=len(self._written - {place for place, _ in found}) if agreed else 0,
            reason="" if agreed else self._reason,
        )

    def _write(self, result: ReadResult) -> None:
        reason = {} if result.agreed else {"reason": result.reason}
        self._record.write(
            "pass",
            "ok" if result.agreed else "failed",
            id=f"{result.service}/{result.target}",
            service=result.service,
            target=result.target,
            records=result.records,
            passes=result.passes,
            agreed=result.agreed,
            vanished=result.vanished,
            **reason,
        )


def _difference(before: list[tuple[str, str]], now: list[tuple[str, str]]) -> str:
    return f"a pass found {len(before)} messages and the next one {len(now)}, not the same"


def open_reader(cloud_url: str, service: str, target: str, record: Record) -> DestinationReader:
    """A reader of a destination that may be polled while the run goes on.

    Raises:
        ValueError: nobody knows how to read this service.
    """
    source = destination(cloud_url, service, target)
    return DestinationReader(source, record, service=service, target=target)


def read_destination(
    cloud_url: str, service: str, target: str, record: Record, *, deadline_s: float
) -> ReadResult:
    """Write down all that a destination holds.

    Args:
        cloud_url: of the cloud, past every link.
        service: `kinesis` or `iotanalytics`.
        target: name of the data stream or channel.
        record: where the lines go.
        deadline_s: seconds after which it is given up.

    Raises:
        ValueError: nobody knows how to read this service.
    """
    return open_reader(cloud_url, service, target, record).finish(deadline_s)
