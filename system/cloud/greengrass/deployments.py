"""Deployments. A core reports its result by MQTT, which nothing here speaks, so a new deployment stays `InProgress`;
what needs no core succeeds at once."""

import uuid

from localstack.aws.api import RequestContext

from system.cloud.greengrass import errors
from system.cloud.greengrass.definitions import found, found_version, page, store_of
from system.cloud.greengrass.kinds import GROUP
from system.cloud.greengrass.store import Deployment, Versioned, now
from system.cloud.service import Answer, Handler, Request

TYPES = ("NewDeployment", "Redeployment", "ResetDeployment", "ForceResetDeployment")


def _group(context: RequestContext, identity: str) -> Versioned:
    if identity not in store_of(context).versioned.get(GROUP.name, {}):
        raise errors.resource_not_found("That group definition does not exist.")
    return found(context, GROUP, identity)


def _of_group(context: RequestContext, group: str) -> list[Deployment]:
    return [each for each in store_of(context).deployments.values() if each.group == group]


def _add(context: RequestContext, group: Versioned, kind: str, group_arn: str) -> Answer:
    identity, created = str(uuid.uuid4()), now()
    deployment = Deployment(
        identity=identity,
        arn=f"{group.arn}/deployments/{identity}",
        group=group.identity,
        group_arn=group_arn,
        kind=kind,
        created=created,
        status="Success" if kind == "ForceResetDeployment" else "InProgress",
        updated=created,
    )
    store_of(context).deployments[identity] = deployment
    return {"DeploymentArn": deployment.arn, "DeploymentId": identity}


def create_deployment(context: RequestContext, request: Request) -> Answer:
    """Deploy a version of a group, or an earlier deployment again."""
    kind, deployments = request["DeploymentType"], store_of(context).deployments
    group = _group(context, request["GroupId"])
    if kind not in TYPES[:2]:
        return _reset(context, group, forced=kind == TYPES[3])
    version_id = request.get("GroupVersionId")
    if kind == "Redeployment":
        earlier = deployments.get(request.get("DeploymentId") or "")
        if earlier is None or earlier.group != group.identity:
            raise errors.invalid_input(f"Deployment ID '{request.get('DeploymentId')}' is invalid.")
        version_id = version_id or earlier.group_arn.rpartition("/")[2]
    if not version_id:
        raise errors.invalid_input(
            "Your request is missing the following required parameter(s): {GroupVersionId}."
        )
    version = found_version(group, GROUP, version_id)
    if not version.content.get("CoreDefinitionVersionArn"):
        raise errors.missing_core()
    return _add(context, group, kind, version.arn)


def list_deployments(context: RequestContext, request: Request) -> Answer:
    """The deployments of a group, the newest first; of a group that is not there: none."""
    deployments = [
        {
            "CreatedAt": each.created,
            "DeploymentArn": each.arn,
            "DeploymentId": each.identity,
            "DeploymentType": each.kind,
            "GroupArn": each.group_arn,
        }
        for each in reversed(_of_group(context, request["GroupId"]))
    ]
    return page(deployments, request, "Deployments")


def get_deployment_status(context: RequestContext, request: Request) -> Answer:
    """How far a deployment is."""
    deployment = store_of(context).deployments.get(request["DeploymentId"])
    if deployment is None or deployment.group != request["GroupId"]:
        raise errors.invalid_input(f"Deployment '{request['DeploymentId']}' does not exist.")
    return {
        "DeploymentStatus": deployment.status,
        "DeploymentType": deployment.kind,
        "UpdatedAt": deployment.updated,
    }


def reset_deployments(context: RequestContext, request: Request) -> Answer:
    """Have the core forget its deployment; by force even if there is none."""
    group = _group(context, request["GroupId"])
    return _reset(context, group, forced=bool(request.get("Force")))


def _reset(context: RequestContext, group: Versioned, *, forced: bool) -> Answer:
    deployments = _of_group(context, group.identity)
    if not forced and (not deployments or deployments[-1].kind not in TYPES[:2]):
        raise errors.resource_not_found(
            f"Group id: {group.identity} has not been deployed or has already been reset."
        )
    return _add(context, group, TYPES[3] if forced else TYPES[2], group.arn)


TABLE: dict[str, Handler] = {
    "CreateDeployment": create_deployment,
    "ListDeployments": list_deployments,
    "GetDeploymentStatus": get_deployment_status,
    "ResetDeployments": reset_deployments,
}
