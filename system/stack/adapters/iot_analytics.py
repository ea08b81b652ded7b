"""IoT Analytics: its four kinds differ in names only."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from system.stack.adapters.port import TAG, Clients, if_there
from system.stack.resource import Attributes, Live, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyticsKind:
    """One kind of thing in IoT Analytics.

    Attributes:
        word: as in `create_channel` and `channelName`.
        read_as: how a request's member is called in the answer of `describe`.
    """

    word: str
    read_as: Mapping[str, str]


CHANNEL = AnalyticsKind(
    word="channel",
    read_as={"channelStorage": "storage", "retentionPeriod": "retentionPeriod"},
)
DATASTORE = AnalyticsKind(
    word="datastore",
    read_as={"datastoreStorage": "storage", "retentionPeriod": "retentionPeriod"},
)
PIPELINE = AnalyticsKind(word="pipeline", read_as={"pipelineActivities": "activities"})
DATASET = AnalyticsKind(
    word="dataset",
    read_as={
        "actions": "actions",
        "triggers": "triggers",
        "retentionPeriod": "retentionPeriod",
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyticsAdapter:
    """Channels, datastores, pipelines and datasets."""

    clients: Clients
    stack: str
    kind: AnalyticsKind

    def read(self, resource: Resource) -> Live | None:
        """The thing as it is described, and whose it is: a site file may name one that somebody else has made."""
        answer = if_there(self._call("describe"), **self._named(resource))
        if answer is None:
            return None
        found = answer[self.kind.word]
        return Live(
            properties={wanted: found.get(read) for wanted, read in self.kind.read_as.items()},
            attributes={"name": resource.name, "arn": found["arn"]},
            owned=self._owner(found["arn"]) == self.stack,
        )

    def create(self, resource: Resource) -> Attributes:
        """Make it."""
        tags = [{"key": TAG, "value": self.stack}]
        answer = self._call("create")(**self._named(resource), **resource.properties, tags=tags)
        return {"name": resource.name, "arn": answer[f"{self.kind.word}Arn"]}

    def update(self, resource: Resource, live: Live) -> Attributes:
        """Give it all its properties again."""
        self._call("update")(**self._named(resource), **resource.properties)
        return live.attributes

    def delete(self, resource: Resource) -> None:
        """Delete it."""
        if_there(self._call("delete"), **self._named(resource))

    def unwanted(self, wanted: Collection[str]) -> Iterator[str]:
        """Names of those that carry this stack's tag and are not wanted any more."""
        word = self.kind.word
        for page in self.clients.of("iotanalytics").get_paginator(f"list_{word}s").paginate():
            for each in page[f"{word}Summaries"]:
                name = each[f"{word}Name"]
                if name not in wanted and self._is_ours(name):
                    yield name

    def _is_ours(self, name: str) -> bool:
        answer = if_there(self._call("describe"), **{f"{self.kind.word}Name": name})
        return answer is not None and self._owner(answer[self.kind.word]["arn"]) == self.stack

    def _owner(self, arn: str) -> str:
        """The stack that made it; empty where none of ours did."""
        answer = if_there(self.clients.of("iotanalytics").list_tags_for_resource, resourceArn=arn)
        tags = (answer or {}).get("tags", [])
        return next((each["value"] for each in tags if each["key"] == TAG), "")

    def _call(self, verb: str) -> Any:
        return getattr(self.clients.of("iotanalytics"), f"{verb}_{self.kind.word}")

    def _named(self, resource: Resource) -> dict[str, str]:
        return {f"{self.kind.word}Name": resource.name}
