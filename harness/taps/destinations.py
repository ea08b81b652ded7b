"""What the destinations of exporters hold, message by message, as the cloud itself hands it out.

Kinesis is asked for the records of every shard. IoT Analytics keeps each accepted batch as one object in S3, and S3 is
asked: what a channel says of itself is its location alone. The layout:

```
bucket   of the customer, or aws-iotanalytics-<account>-<region>-<channel>, made fit for a bucket's name, of account
         100000000017
key      <customer's prefix>channel/<channel>/<number of the batch, 20 digits>.jsonl
line     {"messageId": …, "payload": <base64>, "receivedAt": <epoch milliseconds>}, one per message, in their order
```

IoT SiteWise is asked for all values of all its time series. It keeps no messages, and no time of arrival.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import boto3
import requests
from botocore.config import Config

from harness.taps.payload import describe

REGION = "us-east-1"
EMULATOR_KEY = "test"
ANALYTICS_ACCOUNT = "100000000017"
BUCKET_LETTERS_MAX = 63

CONNECT_S, READ_S = 3, 15
ATTEMPTS = 3

EMPTY_ANSWERS = 2
"""In a row, each at the newest record, before a shard counts as read: one may be empty in the midst of it."""

Position = dict[str, str]
"""How far each part of a destination was read; empty before the beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One message as a destination holds it.

    Attributes:
        place: where; unique in the destination.
        told: `hash`, `size` and perhaps `reading` of its payload.
        arrived_ms: when the destination says that it arrived, epoch milliseconds; None: it does not say.
    """

    place: str
    told: Mapping[str, Any]
    arrived_ms: int | None


@dataclass(eq=False)
class Unreadable(Exception):
    """A destination cannot be read.

    Attributes:
        reason: why.
    """

    reason: str

    def __str__(self) -> str:
        return self.reason


class Destination(Protocol):
    """Somewhere an exporter delivers to."""

    def read(self, position: Position) -> Iterator[Held]:
        """All messages behind a position, which moves with them.

        Raises:
            Unreadable: what is there is not understood.
            botocore's exceptions: the cloud refuses or does not answer.
        """


@dataclass(frozen=True, slots=True)
class CloudAccess:
    """How the cloud is reached, past every link.

    Attributes:
        url: of the cloud.
    """

    url: str

    def client(self, service: str, account: str = EMULATOR_KEY) -> Any:
        """A boto3 client of a service, as an account sees it."""
        make: Any = boto3.Session().client
        return make(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=account,
            aws_secret_access_key=EMULATOR_KEY,
            config=Config(
                connect_timeout=CONNECT_S,
                read_timeout=READ_S,
                retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                proxies={},
                inject_host_prefix=False,
            ),
        )


def destination(cloud_url: str, service: str, target: str) -> Destination:
    """The data stream or channel of that name.

    Raises:
        ValueError: nobody knows how to read this service.
    """
    access = CloudAccess(cloud_url)
    match service:
        case "kinesis":
            return KinesisStream(access.client("kinesis"), target)
        case "iotanalytics":
            return AnalyticsChannel(access, target)
        case "iotsitewise":
            return SiteWiseValues(access.client("iotsitewise"))
    raise ValueError(
        f"what {service} holds cannot be read; kinesis, iotanalytics and iotsitewise can"
    )


@dataclass(frozen=True, slots=True)
class KinesisStream:
    """A data stream, shard by shard; a place is `<shard>/<sequence number>`.

    Attributes:
        client: boto3's, of Kinesis.
        name: of the stream.
    """

    client: Any
    name: str

    def read(self, position: Position) -> Iterator[Held]:
        """All records behind a position: of each shard in order, one shard after the other."""
        for page in self.client.get_paginator("list_shards").paginate(StreamName=self.name):
            for shard in page["Shards"]:
                yield from self._shard(shard["ShardId"], position)

    def _shard(self, shard: str, position: Position) -> Iterator[Held]:
        iterator, empty = self._iterator(shard, position.get(shard)), 0
        while iterator and empty < EMPTY_ANSWERS:
            answer = self.client.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                position[shard] = record["SequenceNumber"]
                yield _held_by_kinesis(shard, record)
            at_end = not answer["Records"] and not answer.get("MillisBehindLatest")
            empty = empty + 1 if at_end else 0
            iterator = answer.get("NextShardIterator")  # a shard that was closed has an end

    def _iterator(self, shard: str, after: str | None) -> str:
        begin = (
            {"ShardIteratorType": "TRIM_HORIZON"}
            if after is None
            else {
                "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                "StartingSequenceNumber": after,
            }
        )
        answer = self.client.get_shard_iterator(StreamName=self.name, ShardId=shard, **begin)
        iterator: str = answer["ShardIterator"]
        return iterator


def _held_by_kinesis(shard: str, record: dict[str, Any]) -> Held:
    return Held(
        place=f"{shard}/{record['SequenceNumber']}",
        told=describe(record["Data"]),
        arrived_ms=round(record["ApproximateArrivalTimestamp"].timestamp() * 1000),
    )


QUALITIES = ("GOOD", "BAD", "UNCERTAIN")
"""A request names one of them."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SiteWiseValues:
    """All values of all properties; a place is `<time series>/<seconds>.<nanoseconds>/<quality>`.

    Values may come for any moment, so that there is no position to go on from: each reading is whole.

    Attributes:
        client: boto3's, of IoT SiteWise.
    """

    client: Any

    def read(self, position: Position) -> Iterator[Held]:
        """All values, series by series and quality by quality, the oldest first."""
        for page in self.client.get_paginator("list_time_series").paginate():
            for series in page["TimeSeriesSummaries"]:
                yield from self._series(series)

    def _series(self, series: dict[str, Any]) -> Iterator[Held]:
        alias = series.get("alias")
        wanted = (
            {"propertyAlias": alias}
            if alias
            else {"assetId": series["assetId"], "propertyId": series["propertyId"]}
        )
        history = self.client.get_paginator("get_asset_property_value_history")
        for quality in QUALITIES:
            pages = history.paginate(
                **wanted, startDate=EPOCH, qualities=[quality], timeOrdering="ASCENDING"
            )
            for page in pages:
                for value in page["assetPropertyValueHistory"]:
                    yield _held_by_sitewise(series["timeSeriesId"], wanted, value)


def _held_by_sitewise(series: str, wanted: dict[str, str], value: dict[str, Any]) -> Held:
    stamp = value["timestamp"]
    moment = f"{stamp['timeInSeconds']}.{stamp.get('offsetInNanos') or 0:09d}"
    return Held(
        place=f"{series}/{moment}/{value['quality']}",
        told=describe(json.dumps({**wanted, "propertyValues": [value]}).encode()),
        arrived_ms=None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Storage:
    """Where the objects of a channel are, and a client that may read them."""

    s3: Any
    bucket: str
    prefix: str


@dataclass(slots=True)
class AnalyticsChannel:
    """A channel, object by object; a place is `<key>#<number of the message in its batch>`.

    An object that S3 lists with the same digest as before is not fetched again.

    Attributes:
        access: to the cloud.
        name: of the channel.
    """

    access: CloudAccess
    name: str
    _known: dict[tuple[str, str], list[Held]] = field(default_factory=dict)
    _clients: dict[str, Any] = field(default_factory=dict)

    def read(self, position: Position) -> Iterator[Held]:
        """All messages behind a position, in the order of their arrival."""
        storage = self._storage()
        begin = {"StartAfter": position[storage.bucket]} if storage.bucket in position else {}
        pages = storage.s3.get_paginator("list_objects_v2").paginate(
            Bucket=storage.bucket, Prefix=storage.prefix, **begin
        )
        for page in pages:
            for found in page.get("Contents", []):
                yield from self._object(storage, found["Key"], found["ETag"].strip('"'))
                position[storage.bucket] = found["Key"]

    def _storage(self) -> _Storage:
        channel = self._described()
        account = channel["arn"].split(":")[4]
        managed = channel["storage"].get("customerManagedS3")
        if managed:
            return _Storage(
                s3=self._s3(account),
                bucket=managed["bucket"],
                prefix=f"{managed.get('keyPrefix') or ''}channel/{self.name}/",
            )
        return _Storage(
            s3=self._s3(ANALYTICS_ACCOUNT),
            bucket=service_bucket(account, REGION, self.name),
            prefix=f"channel/{self.name}/",
        )

    def _s3(self, account: str) -> Any:
        if account not in self._clients:
            self._clients[account] = self.access.client("s3", account)
        return self._clients[account]

    def _described(self) -> dict[str, Any]:
        """The channel as the service describes it; newer versions of botocore do not know the service."""
        scope = f"{EMULATOR_KEY}/20200101/{REGION}/iotanalytics/aws4_request"
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        url = f"{self.access.url}/channels/{self.name}"
        try:
            with requests.Session() as session:
                session.trust_env = False  # a proxy cannot reach what listens on this machine only
                answer = session.get(
                    url, headers={"Authorization": signed}, timeout=(CONNECT_S, READ_S)
                )
            if not answer.ok:
                raise Unreadable(f"channel {self.name}: {answer.status_code} {answer.text}")
            channel: dict[str, Any] = answer.json()["channel"]
        except requests.RequestException as error:
            raise Unreadable(f"channel {self.name}: {error}") from error
        return channel

    def _object(self, storage: _Storage, key: str, digest: str) -> list[Held]:
        if (key, digest) not in self._known:
            content = storage.s3.get_object(Bucket=storage.bucket, Key=key)["Body"].read()
            if hashlib.md5(content, usedforsecurity=False).hexdigest() != digest:
                raise Unreadable(f"{key} is not what was listed; was it replaced meanwhile?")
            self._known[key, digest] = _held_in_object(key, content)
        return self._known[key, digest]


def service_bucket(account: str, region: str, channel: str) -> str:
    """The bucket of a channel that leaves its storage to the service."""
    wanted = f"aws-iotanalytics-{account}-{region}-{channel}"
    plain = re.sub(r"[^a-z0-9-]", "-", wanted.lower()).rstrip("-")
    if plain == wanted and len(plain) <= BUCKET_LETTERS_MAX:
        return plain
    suffix = f"-{hashlib.sha256(wanted.encode()).hexdigest()[:8]}"
    return f"{plain[: BUCKET_LETTERS_MAX - len(suffix)].rstrip('-')}{suffix}"


def _held_in_object(key: str, content: bytes) -> list[Held]:
    try:
        return [
            Held(
                place=f"{key}#{number}",
                told=describe(base64.b64decode(message["payload"], validate=True)),
                arrived_ms=int(message["receivedAt"]),
            )
            for number, message in enumerate(map(json.loads, content.splitlines()))
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"{key} is no batch of messages: {error!r}") from error
