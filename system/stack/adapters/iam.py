"""Roles, each with one policy of its own."""

import json
from dataclasses import dataclass

from system.stack.adapters.port import TAG, Clients, if_there
from system.stack.resource import Attributes, Live, Resource

POLICY_NAME = "stack"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAdapter:
    """IAM roles; `trust` says who may take the role, `policy` what it may do."""

    clients: Clients
    stack: str

    def read(self, resource: Resource) -> Live | None:
        """The role and its policy."""
        iam = self.clients.of("iam")
        answer = if_there(iam.get_role, RoleName=resource.name)
        if answer is None:
            return None
        policy = if_there(iam.get_role_policy, RoleName=resource.name, PolicyName=POLICY_NAME) or {}
        role = answer["Role"]
        return Live(
            properties={
                "trust": role["AssumeRolePolicyDocument"],
                "policy": policy.get("PolicyDocument"),
            },
            attributes={"name": resource.name, "arn": role["Arn"]},
        )

    def create(self, resource: Resource) -> Attributes:
        """Make the role and give it its policy."""
        answer = self.clients.of("iam").create_role(
            RoleName=resource.name,
            AssumeRolePolicyDocument=json.dumps(resource.properties["trust"]),
            Tags=[{"Key": TAG, "Value": self.stack}],
        )
        self._put_policy(resource)
        return {"name": resource.name, "arn": answer["Role"]["Arn"]}

    def update(self, resource: Resource, live: Live) -> Attributes:
        """Give the role its trust and policy again."""
        self.clients.of("iam").update_assume_role_policy(
            RoleName=resource.name, PolicyDocument=json.dumps(resource.properties["trust"])
        )
        self._put_policy(resource)
        return live.attributes

    def delete(self, resource: Resource) -> None:
        """Delete the role with its policies; one that somebody attached is detached."""
        iam, role = self.clients.of("iam"), {"RoleName": resource.name}
        if if_there(iam.get_role, **role) is None:
            return
        for name in iam.list_role_policies(**role)["PolicyNames"]:
            if_there(iam.delete_role_policy, **role, PolicyName=name)
        for policy in iam.list_attached_role_policies(**role)["AttachedPolicies"]:
            if_there(iam.detach_role_policy, **role, PolicyArn=policy["PolicyArn"])
        if_there(iam.delete_role, **role)

    def _put_policy(self, resource: Resource) -> None:
        self.clients.of("iam").put_role_policy(
            RoleName=resource.name,
            PolicyName=POLICY_NAME,
            PolicyDocument=json.dumps(resource.properties["policy"]),
        )
