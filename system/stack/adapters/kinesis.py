"""Kinesis data streams. Their names are not the stack's own, so a tag says whose they are."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from system.stack.adapters.port import TAG, Clients, if_there
from system.stack.resource import Attributes, Live, Resource

WAIT = {"Delay": 0.2, "MaxAttempts": 600}


@dataclass(frozen=True, slots=True, kw_only=True)
class KinesisAdapter:
    """Kinesis data streams."""

    clients: Clients
    stack: str

    def read(self, resource: Resource) -> Live | None:
        """The stream, its number of shards and whose it is."""
        summary = self._summary(resource.name)
        if summary is not None and summary["StreamStatus"] == "DELETING":
            self._wait("stream_not_exists", resource.name)
            summary = None
        if summary is None:
            return None
        owner = self._owner(resource.name)
        return Live(
            properties={"shards": summary["OpenShardCount"], "stack": owner},
            attributes={"name": resource.name, "arn": summary["StreamARN"]},
            owned=owner == self.stack,
        )

    def create(self, resource: Resource) -> Attributes:
        """Make the stream and wait until it takes records."""
        kinesis = self.clients.of("kinesis")
        kinesis.create_stream(StreamName=resource.name, ShardCount=resource.properties["shards"])
        self._wait("stream_exists", resource.name)
        kinesis.add_tags_to_stream(StreamName=resource.name, Tags={TAG: self.stack})
        return self._attributes(resource)

    def update(self, resource: Resource, live: Live) -> Attributes:
        """Change the number of shards, and mark a stream as ours that we did not come to mark."""
        kinesis, shards = self.clients.of("kinesis"), resource.properties["shards"]
        if live.properties["shards"] != shards:
            kinesis.update_shard_count(
                StreamName=resource.name, TargetShardCount=shards, ScalingType="UNIFORM_SCALING"
            )
            self._wait("stream_exists", resource.name)
        kinesis.add_tags_to_stream(StreamName=resource.name, Tags={TAG: self.stack})
        return self._attributes(resource)

    def delete(self, resource: Resource) -> None:
        """Delete the stream and wait until its name is free."""
        kinesis = self.clients.of("kinesis")
        if_there(kinesis.delete_stream, StreamName=resource.name, EnforceConsumerDeletion=True)
        self._wait("stream_not_exists", resource.name)

    def unwanted(self, wanted: Collection[str]) -> Iterator[str]:
        """Names of the streams that carry this stack's tag and are not wanted any more."""
        for page in self.clients.of("kinesis").get_paginator("list_streams").paginate():
            others = (name for name in page["StreamNames"] if name not in wanted)
            yield from (name for name in others if self._owner(name) == self.stack)

    def _summary(self, name: str) -> Any:
        answer = if_there(self.clients.of("kinesis").describe_stream_summary, StreamName=name)
        return None if answer is None else answer["StreamDescriptionSummary"]

    def _attributes(self, resource: Resource) -> Attributes:
        return {"name": resource.name, "arn": self._summary(resource.name)["StreamARN"]}

    def _owner(self, name: str) -> str:
        answer = if_there(self.clients.of("kinesis").list_tags_for_stream, StreamName=name) or {}
        return next((each["Value"] for each in answer.get("Tags", []) if each["Key"] == TAG), "")

    def _wait(self, what: str, name: str) -> None:
        waiter = self.clients.of("kinesis").get_waiter(what)
        waiter.wait(StreamName=name, WaiterConfig=WAIT)
