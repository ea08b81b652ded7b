"""Buckets, which are private and emptied before they go, and objects."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from system.stack.adapters.port import Clients, if_there
from system.stack.resource import Attributes, Live, Resource

PRIVATE = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
# In this region, and only there, a bucket's place must not be named.
PLACELESS_REGION = "us-east-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAdapter:
    """S3 buckets."""

    clients: Clients
    region: str

    def read(self, resource: Resource) -> Live | None:
        """The bucket and whether it is private."""
        s3 = self.clients.of("s3")
        if if_there(s3.head_bucket, Bucket=resource.name) is None:
            return None
        block = if_there(s3.get_public_access_block, Bucket=resource.name) or {}
        private = block.get("PublicAccessBlockConfiguration") == PRIVATE
        return Live(properties={"private": private}, attributes=self._attributes(resource))

    def create(self, resource: Resource) -> Attributes:
        """Make the bucket and close it."""
        place: dict[str, Any] = {}
        if self.region != PLACELESS_REGION:
            place = {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        self.clients.of("s3").create_bucket(Bucket=resource.name, **place)
        return self._close(resource)

    def update(self, resource: Resource, live: Live) -> Attributes:
        """Close the bucket."""
        return self._close(resource)

    def delete(self, resource: Resource) -> None:
        """Empty the bucket and delete it."""
        s3 = self.clients.of("s3")
        if if_there(s3.head_bucket, Bucket=resource.name) is None:
            return
        for objects in self._pages(resource.name):
            s3.delete_objects(Bucket=resource.name, Delete={"Objects": objects, "Quiet": True})
        if_there(s3.delete_bucket, Bucket=resource.name)

    def _pages(self, bucket: str) -> Iterator[list[dict[str, str]]]:
        pages = self.clients.of("s3").get_paginator("list_object_versions").paginate(Bucket=bucket)
        for page in pages:
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            if found:
                yield [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]

    def _close(self, resource: Resource) -> Attributes:
        self.clients.of("s3").put_public_access_block(
            Bucket=resource.name, PublicAccessBlockConfiguration=PRIVATE
        )
        return self._attributes(resource)

    def _attributes(self, resource: Resource) -> Attributes:
        return {"name": resource.name, "arn": f"arn:aws:s3:::{resource.name}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectAdapter:
    """S3 objects; their names are `bucket/key`."""

    clients: Clients

    def read(self, resource: Resource) -> Live | None:
        """The object and the hash of its content."""
        answer = if_there(self.clients.of("s3").get_object, **self._place(resource))
        if answer is None:
            return None
        with answer["Body"] as body:
            content: bytes = body.read()
        return Live(
            properties={"sha256": hashlib.sha256(content).hexdigest()},
            attributes=self._attributes(resource),
            fetch=lambda: content,
        )

    def create(self, resource: Resource) -> Attributes:
        """Write the object."""
        self.clients.of("s3").put_object(**self._place(resource), Body=resource.payload)
        return self._attributes(resource)

    def update(self, resource: Resource, live: Live) -> Attributes:
        """Write the object again."""
        return self.create(resource)

    def delete(self, resource: Resource) -> None:
        """Delete the object; its bucket may be gone."""
        if_there(self.clients.of("s3").delete_object, **self._place(resource))

    def _place(self, resource: Resource) -> dict[str, str]:
        bucket, _, key = resource.name.partition("/")
        return {"Bucket": bucket, "Key": key}

    def _attributes(self, resource: Resource) -> Attributes:
        return {"bucket": self._place(resource)["Bucket"], "key": self._place(resource)["Key"]}
