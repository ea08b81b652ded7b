"""Where channels and datasets keep their objects in S3.

What the service manages itself lies in buckets of an account of its own: they are read by name, but a user's list of
buckets does not show them.
"""

import hashlib
import re
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from localstack import config
from localstack.aws.connect import connect_to

from system.cloud.iotanalytics.store import Channel

SERVICE_ACCOUNT = "100000000017"
BUCKET_LETTERS_MAX = 63
OBJECT_NUMBER_DIGITS = 20
DOWNLOAD_S = 4 * 3600
CREATED_ALREADY = ("BucketAlreadyOwnedByYou", "BucketAlreadyExists")


@lru_cache
def s3(account: str, region: str) -> Any:
    """S3 as an account sees it."""
    return connect_to(aws_access_key_id=account, region_name=region).s3


def service_bucket(account: str, region: str, name: str) -> str:
    """The bucket for what the service manages; bucket names allow less than channel names do."""
    wanted = f"aws-iotanalytics-{account}-{region}-{name}"
    plain = re.sub(r"[^a-z0-9-]", "-", wanted.lower()).rstrip("-")
    if plain == wanted and len(plain) <= BUCKET_LETTERS_MAX:
        return plain
    digest = hashlib.sha256(wanted.encode()).hexdigest()[:8]
    return f"{plain[: BUCKET_LETTERS_MAX - 9].rstrip('-')}-{digest}"


def ensure_bucket(bucket: str, region: str) -> None:
    """Create a bucket of the service unless it is there."""
    where = {} if region == "us-east-1" else {"LocationConstraint": region}
    options = {"CreateBucketConfiguration": where} if where else {}
    try:
        s3(SERVICE_ACCOUNT, region).create_bucket(Bucket=bucket, **options)
    except ClientError as error:
        if error.response["Error"]["Code"] not in CREATED_ALREADY:
            raise


def has_bucket(bucket: str, account: str, region: str) -> bool:
    """Whether a customer's bucket is there."""
    try:
        s3(account, region).head_bucket(Bucket=bucket)
    except ClientError:
        return False
    return True


def remove_bucket(bucket: str, region: str) -> None:
    """Remove a bucket of the service with all that is in it; it may never have been made."""
    client = s3(SERVICE_ACCOUNT, region)
    try:
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for found in page.get("Contents", []):
                client.delete_object(Bucket=bucket, Key=found["Key"])
        client.delete_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise


class ChannelObjects:
    """The objects of one channel: one for each accepted batch, numbered in the order of arrival.

    Args:
        channel: whose.
    """

    def __init__(self, channel: Channel) -> None:
        managed = channel.settings["channelStorage"].get("customerManagedS3")
        self._channel = channel
        self._managed = managed
        if managed:
            self.bucket, prefix = managed["bucket"], managed.get("keyPrefix") or ""
            self._client = s3(channel.account, channel.region)
        else:
            self.bucket, prefix = service_bucket(channel.account, channel.region, channel.name), ""
            self._client = s3(SERVICE_ACCOUNT, channel.region)
        self._prefix = f"{prefix}channel/{channel.name}/"

    def prepare(self) -> None:
        """Make the bucket, if it is the service's to make."""
        if not self._managed:
            ensure_bucket(self.bucket, self._channel.region)

    def put(self, body: bytes) -> None:
        """Store the next object. The channel's lock is held."""
        channel = self._channel
        if channel.next_object is None:
            # A channel of that name may have used the bucket before; its objects stay.
            channel.next_object = 1 + max(map(_number, self.listed()), default=0)
        key = f"{self._prefix}{channel.next_object:0{OBJECT_NUMBER_DIGITS}d}.jsonl"
        self._client.put_object(Bucket=self.bucket, Key=key, Body=body)
        channel.next_object += 1

    def listed(self) -> list[str]:
        """The keys of all objects, in the order of arrival."""
        pages = self._client.get_paginator("list_objects_v2")
        listed = pages.paginate(Bucket=self.bucket, Prefix=self._prefix)
        return [found["Key"] for page in listed for found in page.get("Contents", [])]

    def get(self, key: str) -> bytes:
        """The content of an object."""
        content: bytes = self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return content

    def delete(self, key: str) -> None:
        """Forget an object."""
        self._client.delete_object(Bucket=self.bucket, Key=key)

    def remove(self) -> None:
        """Remove the bucket, if the service made it; a customer keeps what is in his."""
        if not self._managed:
            remove_bucket(self.bucket, self._channel.region)


def _number(key: str) -> int:
    digits = key.rpartition("/")[2].removesuffix(".jsonl")
    return int(digits) if digits.isdecimal() else 0


def download_address(bucket: str, key: str, region: str) -> str:
    """A signed URL of an object, on the address that clients use."""
    client = boto3.client(
        "s3",
        endpoint_url=config.external_service_url(),
        region_name=region,
        aws_access_key_id=SERVICE_ACCOUNT,
        aws_secret_access_key="test",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    address: str = client.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=DOWNLOAD_S
    )
    return address
