"""Greengrass v1: definitions, the group, its versions and its deployment."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from system.stack.adapters.port import TAG, Clients, if_there
from system.stack.resource import Attributes, Live, Resource

DEPLOYS = ("NewDeployment", "Redeployment")


def _pages(ask: Callable[..., Any], member: str, **arguments: str) -> Iterator[Any]:
    page = ask(**arguments)
    yield from page.get(member, [])
    while page.get("NextToken"):
        page = ask(**arguments, NextToken=page["NextToken"])
        yield from page.get(member, [])


def _find_group(clients: Clients, name: str) -> Any:
    """The group with a name, or None. Of several, which this stack never makes, the first."""
    groups = _pages(clients.of("greengrass").list_groups, "Groups")
    return next((each for each in groups if each.get("Name") == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionAdapter:
    """Definitions; the properties are the content of the newest version.

    Attributes:
        word: as in `CoreDefinitionId`.
    """

    clients: Clients
    stack: str
    word: str

    def read(self, resource: Resource) -> Live | None:
        """The definition and its newest version."""
        found = self._find(resource.name)
        if found is None:
            return None
        version = if_there(
            self._call("get", "_version"),
            **self._identity(found["Id"]),
            **{f"{self.word}DefinitionVersionId": found.get("LatestVersion", "none")},
        )
        return Live(
            properties=(version or {}).get("Definition", {}),
            attributes={"id": found["Id"], "version_arn": found.get("LatestVersionArn", "")},
        )

    def create(self, resource: Resource) -> Attributes:
        """Make the definition with its first version."""
        answer = self._call("create")(
            Name=resource.name, InitialVersion=resource.properties, tags={TAG: self.stack}
        )
        return {"id": answer["Id"], "version_arn": answer["LatestVersionArn"]}

    def update(self, resource: Resource, live: Live) -> Attributes:
        """Add a version."""
        identity = live.attributes["id"]
        answer = self._call("create", "_version")(**self._identity(identity), **resource.properties)
        return {"id": identity, "version_arn": answer["Arn"]}

    def delete(self, resource: Resource) -> None:
        """Delete the definition with its versions."""
        found = self._find(resource.name)
        if found is not None:
            if_there(self._call("delete"), **self._identity(found["Id"]))

    def _find(self, name: str) -> Any:
        ask = getattr(self.clients.of("greengrass"), f"list_{self.word.lower()}_definitions")
        listed = _pages(ask, "Definitions")
        return next((each for each in listed if each.get("Name") == name), None)

    def _call(self, verb: str, suffix: str = "") -> Any:
        name = f"{verb}_{self.word.lower()}_definition{suffix}"
        return getattr(self.clients.of("greengrass"), name)

    def _identity(self, identity: str) -> dict[str, str]:
        return {f"{self.word}DefinitionId": identity}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupAdapter:
    """Groups with their role."""

    clients: Clients
    stack: str

    def read(self, resource: Resource) -> Live | None:
        """The group and its role."""
        found = _find_group(self.clients, resource.name)
        if found is None:
            return None
        role = if_there(self.clients.of("greengrass").get_associated_role, GroupId=found["Id"])
        return Live(
            properties={"role": (role or {}).get("RoleArn")},
            attributes={"id": found["Id"], "arn": found["Arn"]},
        )

    def create(self, resource: Resource) -> Attributes:
        """Make the group and give it its role."""
        greengrass = self.clients.of("greengrass")
        answer = greengrass.create_group(Name=resource.name, tags={TAG: self.stack})
        greengrass.associate_role_to_group(
            GroupId=answer["Id"], RoleArn=resource.properties["role"]
        )
        return {"id": answer["Id"], "arn": answer["Arn"]}

    def update(self, resource: Resource, live: Live) -> Attributes:
        """Give the group its role."""
        self.clients.of("greengrass").associate_role_to_group(
            GroupId=live.attributes["id"], RoleArn=resource.properties["role"]
        )
        return live.attributes

    def delete(self, resource: Resource) -> None:
        """Delete the group with its versions."""
        found = _find_group(self.clients, resource.name)
        if found is not None:
            greengrass = self.clients.of("greengrass")
            if_there(greengrass.disassociate_role_from_group, GroupId=found["Id"])
            if_there(greengrass.delete_group, GroupId=found["Id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityAdapter:
    """The authority of a group, which signs for its brokers; its name is the group's."""

    clients: Clients

    def read(self, resource: Resource) -> Live | None:
        """The authority; a group has one or none."""
        group = _find_group(self.clients, resource.name)
        if group is None:
            return None
        greengrass, named = self.clients.of("greengrass"), {"GroupId": group["Id"]}
        answer = if_there(greengrass.list_group_certificate_authorities, **named) or {}
        for listed in answer.get("GroupCertificateAuthorities", []):
            identity = listed["GroupCertificateAuthorityId"]
            found = greengrass.get_group_certificate_authority(
                **named, CertificateAuthorityId=identity
            )
            return Live(
                properties={}, attributes={"id": identity, "pem": found["PemEncodedCertificate"]}
            )
        return None

    def create(self, resource: Resource) -> Attributes:
        """Give the group an authority."""
        group = _find_group(self.clients, resource.name)
        self.clients.of("greengrass").create_group_certificate_authority(GroupId=group["Id"])
        made = self.read(resource)
        assert made is not None, "it was just made"
        return made.attributes

    def update(self, resource: Resource, live: Live) -> Attributes:
        """There is nothing about it that could change."""
        return live.attributes

    def delete(self, resource: Resource) -> None:
        """Authorities go with their group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupVersionAdapter:
    """The newest version of a group; its name is the group's."""

    clients: Clients

    def read(self, resource: Resource) -> Live | None:
        """The newest version; the empty one that a group begins with is none."""
        group = _find_group(self.clients, resource.name)
        if group is None or not group.get("LatestVersion"):
            return None
        answer = if_there(
            self.clients.of("greengrass").get_group_version,
            GroupId=group["Id"],
            GroupVersionId=group["LatestVersion"],
        )
        if answer is None or not answer.get("Definition"):
            return None
        return Live(
            properties=answer["Definition"], attributes=self._attributes(group["LatestVersionArn"])
        )

    def create(self, resource: Resource) -> Attributes:
        """Add a version to the group."""
        group = _find_group(self.clients, resource.name)
        answer = self.clients.of("greengrass").create_group_version(
            GroupId=group["Id"], **resource.properties
        )
        return self._attributes(answer["Arn"])

    def update(self, resource: Resource, live: Live) -> Attributes:
        """Add a version to the group."""
        return self.create(resource)

    def delete(self, resource: Resource) -> None:
        """Versions go with their group."""

    def _attributes(self, arn: str) -> Attributes:
        return {"arn": arn, "id": arn.rpartition("/")[2]}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentAdapter:
    """The newest deployment of a group; its name is the group's."""

    clients: Clients

    def read(self, resource: Resource) -> Live | None:
        """The newest deployment, unless it was reset."""
        group = _find_group(self.clients, resource.name)
        if group is None:
            return None
        listed = _pages(
            self.clients.of("greengrass").list_deployments, "Deployments", GroupId=group["Id"]
        )
        newest = max(listed, key=lambda each: str(each["CreatedAt"]), default=None)
        if newest is None or newest["DeploymentType"] not in DEPLOYS:
            return None
        return Live(
            properties={"version": newest["GroupArn"].rpartition("/")[2]},
            attributes={"id": newest["DeploymentId"]},
        )

    def create(self, resource: Resource) -> Attributes:
        """Deploy the version."""
        group = _find_group(self.clients, resource.name)
        answer = self.clients.of("greengrass").create_deployment(
            DeploymentType="NewDeployment",
            GroupId=group["Id"],
            GroupVersionId=resource.properties["version"],
        )
        return {"id": answer["DeploymentId"]}

    def update(self, resource: Resource, live: Live) -> Attributes:
        """Reset what is deployed and deploy the version."""
        group = _find_group(self.clients, resource.name)
        self.clients.of("greengrass").reset_deployments(GroupId=group["Id"])
        return self.create(resource)

    def delete(self, resource: Resource) -> None:
        """Reset what is deployed, whether the core can be reached or not."""
        if self.read(resource) is not None:
            group = _find_group(self.clients, resource.name)
            if_there(
                self.clients.of("greengrass").reset_deployments, GroupId=group["Id"], Force=True
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRoleAdapter:
    """The role of Greengrass in the account. The account may have one already, which serves as well."""

    clients: Clients

    def read(self, resource: Resource) -> Live | None:
        """The account's service role, whosoever it is."""
        answer = if_there(self.clients.of("greengrass").get_service_role_for_account)
        arn = (answer or {}).get("RoleArn")
        if not arn:
            return None
        return Live(
            properties=resource.properties,
            attributes={"arn": arn},
            owned=arn.rpartition("/")[2] == resource.name,
        )

    def create(self, resource: Resource) -> Attributes:
        """Attach our role."""
        arn = resource.properties["role"]
        self.clients.of("greengrass").associate_service_role_to_account(RoleArn=arn)
        return {"arn": arn}

    def update(self, resource: Resource, live: Live) -> Attributes:
        """There is nothing about it that could change."""
        return live.attributes

    def delete(self, resource: Resource) -> None:
        """Detach our role; another one stays."""
        live = self.read(resource)
        if live is not None and live.owned:
            self.clients.of("greengrass").disassociate_service_role_from_account()
