"""Finds this core's deployment in the cloud and brings it here.

All calls block, with short time-outs and a single attempt: the caller asks again later. They never run in the event
loop's thread.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import urllib3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from system.greengrass.v1.group import DeploymentRefused

log = logging.getLogger(__name__)

CLIENT_CONFIG = Config(
    connect_timeout=3,
    read_timeout=10,
    retries={"total_max_attempts": 1, "mode": "standard"},
    tcp_keepalive=True,
)
RESETS = frozenset({"ResetDeployment", "ForceResetDeployment"})
DEFINITIONS = ("functions", "subscriptions", "connectors", "loggers", "resources", "devices")
BROKER_CERTIFICATE = "/_aws/greengrass/groups/{}/broker-certificate"
"""Of our cloud: AWS does not document how a core gets the certificate of its broker."""

BROKER_TIMEOUT = urllib3.Timeout(connect=3, read=20)

Connect = Callable[[str], Any]
"""Makes a boto3 client of a service."""


@dataclass(eq=False)
class CloudUnreachable(Exception):
    """The cloud did not answer, or refused."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """A deployment that the cloud has for this core.

    Attributes:
        group: id of the group.
        version: id of the group version; empty when the deployment resets the group.
        deployment: id of the deployment.
        created: when, as the cloud writes it; later ones sort later.
    """

    group: str
    version: str
    deployment: str
    created: str

    @property
    def reset(self) -> bool:
        """Whether it takes everything away."""
        return not self.version


class CloudGroup:
    """The group of one core, in the cloud.

    Args:
        connect: makes a client.
        thing_arn: the core's identity.
    """

    def __init__(self, connect: Connect, thing_arn: str) -> None:
        self._connect = connect
        self._thing_arn = thing_arn
        self._group: str | None = None
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """The client of a service, made once."""
        if service not in self._clients:
            self._clients[service] = self._connect(service)
        return self._clients[service]

    def remember(self, group: str) -> None:
        """The group is known from an earlier deployment: it is asked first, and may be reset."""
        self._group = group

    def newest(self) -> Announcement | None:
        """The newest deployment for this core; None: there is none yet.

        Raises:
            CloudUnreachable: the cloud could not be asked.
        """
        try:
            if self._group is not None:
                known = self._newest_of_known_group(self._group)
                if known is not None:
                    return known
            return self._search()
        except (BotoCoreError, ClientError) as error:
            raise CloudUnreachable(str(error)) from error

    def definitions(self, announcement: Announcement) -> dict[str, Any]:
        """The definitions of a deployment, by kind; empty for what the group does not have.

        Raises:
            CloudUnreachable: the cloud could not be asked.
        """
        try:
            version = self._group_version(announcement.group, announcement.version)
            return {kind: self._definition(version, kind) for kind in DEFINITIONS}
        except (BotoCoreError, ClientError) as error:
            raise CloudUnreachable(str(error)) from error

    def active_certificate(self, arn: str) -> str:
        """A certificate as PEM; empty: it is not active, or is not there.

        Raises:
            CloudUnreachable: the cloud could not be asked.
        """
        try:
            answer = self.client("iot").describe_certificate(certificateId=arn.rpartition("/")[2])
        except ClientError as error:
            if error.response["ResponseMetadata"].get("HTTPStatusCode") == 404:
                return ""
            raise CloudUnreachable(str(error)) from error
        except BotoCoreError as error:
            raise CloudUnreachable(str(error)) from error
        described = answer["certificateDescription"]
        return str(described["certificatePem"]) if described["status"] == "ACTIVE" else ""

    def broker_certificate(self, group: str, certificate: str, names: list[str]) -> dict[str, str]:
        """A certificate for the broker of a core, by the authority of its group.

        Args:
            certificate: of the core, PEM; the broker's has the same key.
            names: by which the broker is reached.

        Returns:
            PEM of the `certificate` and of the `authority`.

        Raises:
            CloudUnreachable: the cloud could not be asked.
            DeploymentRefused: it refused.
        """
        url = self.client("greengrass").meta.endpoint_url + BROKER_CERTIFICATE.format(group)
        request = {"thing": self._thing_arn, "certificate": certificate, "names": names}
        try:
            with urllib3.PoolManager() as pool:
                answer = pool.request(
                    "POST", url, json=request, timeout=BROKER_TIMEOUT, retries=False
                )
            given: dict[str, str] = answer.json() if answer.status == 200 else {}
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise CloudUnreachable(f"the broker's certificate did not arrive: {error}") from error
        if answer.status >= 500:
            raise CloudUnreachable(f"the broker's certificate was not given: {answer.status}")
        if "certificate" not in given:
            told = answer.data.decode(errors="replace")[:200]
            raise DeploymentRefused(
                [f"the cloud gives the broker for devices no certificate ({answer.status}: {told})"]
            )
        return given

    def _newest_of_known_group(self, group: str) -> Announcement | None:
        try:
            return self._newest_of(group)
        except ClientError as error:
            if error.response["ResponseMetadata"].get("HTTPStatusCode") not in (400, 404):
                raise
            # The group was deleted; the core may have been given to another one.
            self._group = None
            return None

    def _search(self) -> Announcement | None:
        found: list[Announcement] = []
        for group in self._groups():
            newest = self._newest_of(group)
            if newest is not None and self._is_ours(newest):
                found.append(newest)
        latest = max(found, key=lambda each: each.created, default=None)
        self._group = latest.group if latest else None
        return latest

    def _groups(self) -> Iterator[str]:
        for page in _pages(self.client("greengrass").list_groups, {}):
            yield from (group["Id"] for group in page.get("Groups", []))

    def _newest_of(self, group: str) -> Announcement | None:
        pages = _pages(self.client("greengrass").list_deployments, {"GroupId": group})
        deployments = [each for page in pages for each in page.get("Deployments", [])]
        if not deployments:
            return None
        # Of two in the same millisecond the one that brings something counts.
        newest = max(
            deployments,
            key=lambda each: (each.get("CreatedAt", ""), each.get("DeploymentType") not in RESETS),
        )
        reset = newest.get("DeploymentType") in RESETS
        return Announcement(
            group=group,
            version="" if reset else newest["GroupArn"].rpartition("/")[2],
            deployment=newest["DeploymentId"],
            created=newest.get("CreatedAt", ""),
        )

    def _is_ours(self, announcement: Announcement) -> bool:
        # A reset names no version, hence no core: only a group that was found before can be reset.
        if announcement.reset:
            return False
        version = self._group_version(announcement.group, announcement.version)
        cores = self._definition(version, "cores").get("Cores", [])
        return any(core.get("ThingArn") == self._thing_arn for core in cores)

    def _group_version(self, group: str, version: str) -> Mapping[str, Any]:
        answer = self.client("greengrass").get_group_version(GroupId=group, GroupVersionId=version)
        definition: Mapping[str, Any] = answer["Definition"]
        return definition

    def _definition(self, group_version: Mapping[str, Any], kind: str) -> dict[str, Any]:
        """One definition version, found by the ARN that the group version has of it."""
        singular = kind.removesuffix("s").capitalize()
        arn = group_version.get(f"{singular}DefinitionVersionArn")
        if not arn:
            return {}
        parts = arn.split("/")
        identity = {
            f"{singular}DefinitionId": parts[parts.index("versions") - 1],
            f"{singular}DefinitionVersionId": parts[-1],
        }
        ask = getattr(self.client("greengrass"), f"get_{singular.lower()}_definition_version")
        found: dict[str, Any] = ask(**identity)["Definition"]
        return found


def _pages(ask: Callable[..., Any], arguments: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    page = ask(**arguments)
    yield page
    while page.get("NextToken"):
        page = ask(**arguments, NextToken=page["NextToken"])
        yield page
