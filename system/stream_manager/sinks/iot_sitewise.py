"""IoT SiteWise: each message is one entry of BatchPutAssetPropertyValue, as JSON.

The service refuses a request as a whole when one property gets two values for one moment in it, and when anything in it
is invalid. So a batch is cut into requests where values would meet, and what is refused is found by halving.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from system.stream_manager.export.batch import Delivered, Failed, SinkResult
from system.stream_manager.sinks.failures import failed, refusal
from system.stream_manager.sinks.results import chosen, halves, in_turn
from system.stream_manager.sinks.service import Service
from system.wire.definitions import IoTSiteWiseConfig
from system.wire.messages import Message

ENTRY = "PutAssetPropertyValueEntry"
VALUES_PER_PROPERTY_MAX = 10

# Codes that speak of the entry itself, which no later attempt changes.
NEVER_TAKEN = frozenset({"InvalidRequestException", "TimestampOutOfRangeException"})
INVALID, CONFLICT = "InvalidRequestException", "ConflictingOperationException"

Entry = Mapping[str, Any]


class IoTSiteWiseSink:
    """Puts batches of entries.

    Args:
        service: IoT SiteWise.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    def send(self, config: IoTSiteWiseConfig, messages: Sequence[Message]) -> SinkResult:
        """Put one batch; messages that are no entry are skipped."""
        try:
            shape = self._service.shape(ENTRY)
        except Exception as error:
            return failed(error)
        sound: list[int] = []
        entries: list[Entry] = []
        skipped: list[tuple[int, str]] = []
        for index, message in enumerate(messages):
            try:
                entries.append(read_entry(message.payload, shape))
                sound.append(index)
            except ValueError as error:
                skipped.append((index, f"no entry of SiteWise: {error}"))
        return chosen(in_turn(requests_of(entries), self._put), sound, tuple(skipped))

    def _put(self, entries: Sequence[Entry]) -> SinkResult:
        try:
            answer = self._service.call(
                "batch_put_asset_property_value", entries=[dict(each) for each in entries]
            )
        except ClientError as error:
            return self._refused(entries, error)
        except Exception as error:
            return failed(error)
        return outcome(answer, [each["entryId"] for each in entries])

    def _refused(self, entries: Sequence[Entry], error: ClientError) -> SinkResult:
        code = error.response.get("Error", {}).get("Code")
        if code not in (INVALID, CONFLICT):
            return failed(error)
        if len(entries) > 1:
            return in_turn(halves(entries), self._put)
        return Delivered(skipped=((0, refusal(error)),)) if code == INVALID else failed(error)

    def close(self) -> None:
        """Close its connections."""
        self._service.close()


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def read_entry(payload: bytes, shape: Any) -> Entry:
    """The entry in a payload.

    Args:
        shape: of entries, in the service's model.

    Raises:
        ValueError: it is none.
    """
    try:
        entry = json.loads(payload, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    report = ParamValidator().validate(entry, shape)
    if report.has_errors():
        raise ValueError(report.generate_report())
    if not entry.get("propertyAlias") and not (entry.get("assetId") and entry.get("propertyId")):
        raise ValueError("it names no property: propertyAlias, or assetId and propertyId")
    if len(_moments(entry)) < len(entry["propertyValues"]):
        raise ValueError("it has two values for one moment")
    return dict(entry)


def property_of(entry: Entry) -> tuple[str, ...]:
    """What tells the property of an entry from others."""
    alias = entry.get("propertyAlias")
    return (alias,) if alias else (entry["assetId"], entry["propertyId"])


def requests_of(entries: Iterable[Entry]) -> list[list[Entry]]:
    """The entries in their order, cut where they must not meet in one request."""
    requests: list[list[Entry]] = []
    names: set[str] = set()
    moments: dict[tuple[str, ...], set[tuple[int, int]]] = {}
    for entry in entries:
        wanted = _moments(entry)
        taken = moments.get(property_of(entry), set())
        meets = bool(taken & wanted) or len(taken | wanted) > VALUES_PER_PROPERTY_MAX
        if not requests or meets or entry["entryId"] in names:
            requests.append([])
            names, moments = set(), {}
        requests[-1].append(entry)
        names.add(entry["entryId"])
        moments.setdefault(property_of(entry), set()).update(wanted)
    return requests


def _moments(entry: Entry) -> set[tuple[int, int]]:
    stamps = [value["timestamp"] for value in entry["propertyValues"]]
    return {(each["timeInSeconds"], each.get("offsetInNanos") or 0) for each in stamps}


def outcome(answer: Mapping[str, Any], names: Sequence[str]) -> SinkResult:
    """What the answer says about the entries with these ids."""
    found = answer.get("errorEntries")
    if not isinstance(found, list):
        return Failed(reason="the answer of IoT SiteWise was cut short", doubtful=True)
    refused: dict[int, str] = {}
    skipped: dict[int, str] = {}
    for each in found:
        if each.get("entryId") not in names:
            return Failed(reason="IoT SiteWise refuses an entry that was not sent", doubtful=True)
        errors = each.get("errors") or [{}]
        never = all(error.get("errorCode") in NEVER_TAKEN for error in errors)
        group = skipped if never else refused
        group[names.index(each["entryId"])] = "; ".join(map(_words, errors))
    return Delivered(
        refused=tuple(sorted(refused)),
        skipped=tuple(sorted(skipped.items())),
        reason="; ".join(sorted(set(refused.values()))),
    )


def _words(error: Mapping[str, Any]) -> str:
    return f"{error.get('errorCode', '')}: {error.get('errorMessage', '')}"
