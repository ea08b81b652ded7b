"""Clients of AWS or of its emulator.

botocore dropped the model of IoT Analytics in 1.42.51. Ours stands at the end of the loader's search path, so where
botocore still has the service, botocore's own model is used.
"""

import os
import threading
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config

MODELS = Path(__file__).with_name("data")
EMULATOR_KEY = "test"
"""Access key and secret for the emulator, which checks neither."""

# The names that clients put before the host of an address, a bucket's or a part's of a service, lead nowhere there.
_EMULATED = Config(s3={"addressing_style": "path"}, inject_host_prefix=False)

# Neither boto3 nor its default session may be used by two threads at once while a client is made.
_making = threading.Lock()


@cache
def _core_session() -> botocore.session.Session:
    """A session that knows our models; one for all clients, for loading a model takes its time."""
    session = botocore.session.get_session()
    session.get_component("data_loader").search_paths.append(str(MODELS))
    return session


@cache
def _session() -> boto3.Session:
    return boto3.Session(botocore_session=_core_session())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """Where a client goes and how."""

    service: str
    region: str
    config: Config | None


@dataclass(frozen=True, slots=True)
class Cloud:
    """Makes clients; safe to share between threads.

    Attributes:
        endpoint_url: of the emulator; None: AWS, or what botocore's own AWS_ENDPOINT_URL_* variables name.
        region: of all clients.
    """

    endpoint_url: str | None
    region: str

    def client(self, service: str, config: Config | None = None) -> Any:
        """A boto3 client of a service.

        Args:
            service: as boto3 names it.
            config: time-outs and retries; botocore's own by default.
        """
        with _making:
            address = self.endpoint_url or _address_in_environment(service)
            if address is not None and is_loopback(address):
                # A proxy cannot reach what listens on this machine only.
                config = (config or Config()).merge(Config(proxies={}))
            if address is not None:
                config = (config or Config()).merge(_EMULATED)
            if self.endpoint_url is None:
                make: Any = _session().client
                return make(service, region_name=self.region, config=config)
            target = _Target(service=service, region=self.region, config=config)
            return _emulator_client(target, self.endpoint_url)


def _emulator_client(target: _Target, endpoint_url: str) -> Any:
    """A client from LocalStack's own client session.

    It makes clients from boto3's default session, which has to be ours for the moment, and only for services that its
    table of endpoints knows, which has no Greengrass; $AWS_ENDPOINT_URL would overrule what we were told.
    """
    # Asked for late: a core in the field talks to AWS and does not have this package.
    from localstack_client.session import Session

    session = Session(
        aws_access_key_id=EMULATOR_KEY,
        aws_secret_access_key=EMULATOR_KEY,
        region_name=target.region,
        localstack_host=urlsplit(endpoint_url).netloc,
    )
    session._service_endpoint_mapping[target.service] = endpoint_url
    default = boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION = _session()
    try:
        return session.client(target.service, config=target.config)
    finally:
        boto3.DEFAULT_SESSION = default


def _address_in_environment(service: str) -> str | None:
    """The address that botocore takes from its variables: they carry the service's id, not boto3's name of it."""
    identity = _core_session().get_service_model(service).service_id
    named = f"AWS_ENDPOINT_URL_{identity.replace(' ', '_').upper()}"
    return os.environ.get(named) or os.environ.get("AWS_ENDPOINT_URL") or None


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine and reached from nowhere else."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
