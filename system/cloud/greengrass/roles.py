"""Roles of groups and of the account, where cores can be reached, and tags."""

from collections.abc import Iterator

from localstack.aws.api import RequestContext

from system.cloud.greengrass import errors
from system.cloud.greengrass.definitions import store_of
from system.cloud.greengrass.store import Versioned, now
from system.cloud.service import Answer, Handler, Request


def associate_role(context: RequestContext, request: Request) -> Answer:
    """Give a group its role; the service does not look whether there is such a group."""
    associated = now()
    store_of(context).group_roles[request["GroupId"]] = (request["RoleArn"], associated)
    return {"AssociatedAt": associated}


def get_associated_role(context: RequestContext, request: Request) -> Answer:
    """The role of a group."""
    found = store_of(context).group_roles.get(request["GroupId"])
    if found is None:
        raise errors.resource_not_found("You need to attach an IAM role to this deployment group.")
    return {"RoleArn": found[0], "AssociatedAt": found[1]}


def disassociate_role(context: RequestContext, request: Request) -> Answer:
    """Take a group's role away; it may have none."""
    store_of(context).group_roles.pop(request["GroupId"], None)
    return {"DisassociatedAt": now()}


def associate_service_role(context: RequestContext, request: Request) -> Answer:
    """Give Greengrass its role in this account."""
    role = {"RoleArn": request["RoleArn"], "AssociatedAt": now()}
    store_of(context).service_role = role
    return {"AssociatedAt": role["AssociatedAt"]}


def get_service_role(context: RequestContext, _request: Request) -> Answer:
    """The role of Greengrass in this account."""
    role = store_of(context).service_role
    if not role:
        raise errors.resource_not_found(
            "You need to attach a service role to the account before performing this action."
        )
    return dict(role)


def disassociate_service_role(context: RequestContext, _request: Request) -> Answer:
    """Take Greengrass's role away."""
    store_of(context).service_role = {}
    return {"DisassociatedAt": now()}


def update_connectivity(context: RequestContext, request: Request) -> Answer:
    """Note where a core can be reached."""
    store, thing = store_of(context), request["ThingName"]
    version = str(int(store.connectivity.get(thing, {}).get("Version", 0)) + 1)
    information = request.get("ConnectivityInfo") or []
    store.connectivity[thing] = {"Version": version, "ConnectivityInfo": information}
    return {"Version": version}


def get_connectivity(context: RequestContext, request: Request) -> Answer:
    """Where a core can be reached."""
    found = store_of(context).connectivity.get(request["ThingName"])
    if found is None:
        raise errors.resource_not_found(f"No connectivity information of {request['ThingName']}.")
    return {"ConnectivityInfo": found["ConnectivityInfo"], "Message": ""}


def _tagged(context: RequestContext, request: Request) -> Versioned:
    for thing in _all(context):
        if thing.arn == request["ResourceArn"]:
            return thing
    raise errors.resource_not_found(f"{request['ResourceArn']} does not exist.")


def _all(context: RequestContext) -> Iterator[Versioned]:
    for things in store_of(context).versioned.values():
        yield from things.values()


def tag(context: RequestContext, request: Request) -> Answer:
    """Add tags."""
    _tagged(context, request).tags.update(request.get("tags") or {})
    return {}


def untag(context: RequestContext, request: Request) -> Answer:
    """Remove tags."""
    thing = _tagged(context, request)
    for name in request["TagKeys"]:
        thing.tags.pop(name, None)
    return {}


def list_tags(context: RequestContext, request: Request) -> Answer:
    """The tags of a definition or group."""
    return {"tags": dict(_tagged(context, request).tags)}


TABLE: dict[str, Handler] = {
    "AssociateRoleToGroup": associate_role,
    "GetAssociatedRole": get_associated_role,
    "DisassociateRoleFromGroup": disassociate_role,
    "AssociateServiceRoleToAccount": associate_service_role,
    "GetServiceRoleForAccount": get_service_role,
    "DisassociateServiceRoleFromAccount": disassociate_service_role,
    "UpdateConnectivityInfo": update_connectivity,
    "GetConnectivityInfo": get_connectivity,
    "TagResource": tag,
    "UntagResource": untag,
    "ListTagsForResource": list_tags,
}
