"""The identity of a core or of a device: its thing, its policy and its certificate."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from system.stack.adapters.port import TAG, Clients, if_there
from system.stack.resource import Attributes, Live, Resource
from system.stack.state import Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingAdapter:
    """IoT things."""

    clients: Clients

    def read(self, resource: Resource) -> Live | None:
        """The thing."""
        answer = if_there(self.clients.of("iot").describe_thing, thingName=resource.name)
        if answer is None:
            return None
        return Live(
            properties={}, attributes={"name": answer["thingName"], "arn": answer["thingArn"]}
        )

    def create(self, resource: Resource) -> Attributes:
        """Make the thing."""
        answer = self.clients.of("iot").create_thing(thingName=resource.name)
        return {"name": resource.name, "arn": answer["thingArn"]}

    def update(self, resource: Resource, live: Live) -> Attributes:
        """There is nothing about it that could change."""
        return live.attributes

    def delete(self, resource: Resource) -> None:
        """Detach what is attached to the thing and delete it."""
        iot = self.clients.of("iot")
        answer = if_there(iot.list_thing_principals, thingName=resource.name) or {}
        for principal in answer.get("principals", []):
            if_there(iot.detach_thing_principal, thingName=resource.name, principal=principal)
        if_there(iot.delete_thing, thingName=resource.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAdapter:
    """IoT policies."""

    clients: Clients
    stack: str

    def read(self, resource: Resource) -> Live | None:
        """The policy's default version."""
        answer = if_there(self.clients.of("iot").get_policy, policyName=resource.name)
        if answer is None:
            return None
        return Live(
            properties={"document": json.loads(answer["policyDocument"])},
            attributes={"name": resource.name, "arn": answer["policyArn"]},
        )

    def create(self, resource: Resource) -> Attributes:
        """Make the policy."""
        answer = self.clients.of("iot").create_policy(
            policyName=resource.name,
            policyDocument=json.dumps(resource.properties["document"]),
            tags=[{"Key": TAG, "Value": self.stack}],
        )
        return {"name": resource.name, "arn": answer["policyArn"]}

    def update(self, resource: Resource, live: Live) -> Attributes:
        """Add a version; the ones that it replaces go, for a policy may have but five."""
        self._delete_other_versions(resource.name)
        self.clients.of("iot").create_policy_version(
            policyName=resource.name,
            policyDocument=json.dumps(resource.properties["document"]),
            setAsDefault=True,
        )
        return live.attributes

    def delete(self, resource: Resource) -> None:
        """Detach the policy from everything and delete it."""
        iot, policy = self.clients.of("iot"), {"policyName": resource.name}
        if if_there(iot.get_policy, **policy) is None:
            return
        for target in iot.list_targets_for_policy(**policy)["targets"]:
            if_there(iot.detach_policy, **policy, target=target)
        self._delete_other_versions(resource.name)
        if_there(iot.delete_policy, **policy)

    def _delete_other_versions(self, name: str) -> None:
        iot = self.clients.of("iot")
        for version in iot.list_policy_versions(policyName=name)["policyVersions"]:
            if not version["isDefaultVersion"]:
                identity = version["versionId"]
                if_there(iot.delete_policy_version, policyName=name, policyVersionId=identity)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateAdapter:
    """The certificate of a thing; its name is the thing's.

    The cloud gives the private key once, when it makes the certificate. A certificate whose key is not known here
    cannot be used, so it is replaced.
    """

    clients: Clients
    keys: Keys

    def read(self, resource: Resource) -> Live | None:
        """The certificate, whether it is active and attached, and whether its key is known."""
        for arn in self._certificates(resource):
            identity = arn.rpartition("/")[2]
            answer = if_there(self.clients.of("iot").describe_certificate, certificateId=identity)
            if answer is not None:
                return self._live(resource, answer["certificateDescription"])
        return None

    def create(self, resource: Resource) -> Attributes:
        """Make key and certificate, keep the key, attach the certificate to policy and thing."""
        iot = self.clients.of("iot")
        answer = iot.create_keys_and_certificate(setAsActive=True)
        arn, identity = answer["certificateArn"], answer["certificateId"]
        try:
            self.keys.keep(identity, answer["keyPair"]["PrivateKey"], resource.name)
            iot.attach_policy(policyName=resource.properties["policy"], target=arn)
            iot.attach_thing_principal(thingName=resource.name, principal=arn)
        except BaseException:
            # Nothing leads to it yet, so nobody but us could find it again.
            self._delete(resource.name, arn)
            raise
        return {"arn": arn, "id": identity, "pem": answer["certificatePem"]}

    def update(self, resource: Resource, live: Live) -> Attributes:
        """Issue a new certificate and revoke the old ones."""
        old = list(self._certificates(resource))
        attributes = self.create(resource)
        for arn in old:
            self._delete(resource.name, arn)
        return attributes

    def delete(self, resource: Resource) -> None:
        """Detach, deactivate and delete every certificate of the thing."""
        for arn in list(self._certificates(resource)):
            self._delete(resource.name, arn)
        for identity in self.keys.certificates(resource.name):
            self.keys.forget(identity)

    def _live(self, resource: Resource, found: dict[str, Any]) -> Live:
        iot, arn = self.clients.of("iot"), found["certificateArn"]
        policies = iot.list_attached_policies(target=arn)["policies"]
        key = self.keys.private_key(found["certificateId"])
        return Live(
            properties={
                "policy": ", ".join(sorted(each["policyName"] for each in policies)),
                "thing": ", ".join(sorted(self._things(arn))),
                "status": found["status"],
                "private_key": "known" if key else "not known here",
            },
            attributes={"arn": arn, "id": found["certificateId"], "pem": found["certificatePem"]},
        )

    def _things(self, arn: str) -> list[str]:
        answer = self.clients.of("iot").list_principal_things(principal=arn)
        things: list[str] = answer["things"]
        return things

    def _certificates(self, resource: Resource) -> Iterator[str]:
        """ARNs of the certificates that are attached to the thing or, the thing being gone, to its policy.

        And of those that are attached to neither, but whose key we have: they were being made when we were killed.
        """
        iot, policy = self.clients.of("iot"), resource.properties["policy"]
        by_thing = if_there(iot.list_thing_principals, thingName=resource.name) or {}
        by_policy = if_there(iot.list_targets_for_policy, policyName=policy) or {}
        found = [
            *by_thing.get("principals", []),
            *by_policy.get("targets", []),
            *self._loose(resource),
        ]
        yield from (arn for arn in dict.fromkeys(found) if ":cert/" in arn)

    def _loose(self, resource: Resource) -> Iterator[str]:
        for identity in self.keys.certificates(resource.name):
            answer = if_there(self.clients.of("iot").describe_certificate, certificateId=identity)
            if answer is not None:
                yield answer["certificateDescription"]["certificateArn"]

    def _delete(self, thing: str, arn: str) -> None:
        iot, identity = self.clients.of("iot"), arn.rpartition("/")[2]
        if_there(iot.detach_thing_principal, thingName=thing, principal=arn)
        attached = if_there(iot.list_attached_policies, target=arn) or {}
        for policy in attached.get("policies", []):
            if_there(iot.detach_policy, policyName=policy["policyName"], target=arn)
        if_there(iot.update_certificate, certificateId=identity, newStatus="INACTIVE")
        if_there(iot.delete_certificate, certificateId=identity, forceDelete=True)
        self.keys.forget(identity)
