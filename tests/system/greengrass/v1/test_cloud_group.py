"""Which deployment is the core's, asked of a cloud that has only what the test puts there."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from system.greengrass.v1.cloud_group import CloudGroup, CloudUnreachable

THING = "arn:aws:iot:us-east-1:000000000000:thing/core"
ARN = "arn:aws:greengrass:us-east-1:000000000000:/greengrass"


class Greengrass:
    """The service in memory, one group to a page."""

    def __init__(self):
        self.groups = {}
        self.cores = {}
        self.down = False
        self.calls = []

    def add(self, group, thing=THING):
        self.groups[group] = []
        self.cores[group] = thing

    def deploy(self, group, version="v1", *, created, kind="NewDeployment"):
        self.groups[group].append(
            {
                "DeploymentId": f"{group}-{created}",
                "DeploymentType": kind,
                "CreatedAt": created,
                "GroupArn": f"{ARN}/groups/{group}/versions/{version}",
            }
        )

    def _answer(self, call):
        self.calls.append(call)
        if self.down:
            raise EndpointConnectionError(endpoint_url="http://nowhere")

    def list_groups(self, **request):
        self._answer("list_groups")
        place = int(request.get("NextToken", "0"))
        names = list(self.groups)[place : place + 1]
        more = {"NextToken": str(place + 1)} if place + 1 < len(self.groups) else {}
        return {"Groups": [{"Id": name} for name in names], **more}

    def list_deployments(self, **request):
        self._answer("list_deployments")
        if request["GroupId"] not in self.groups:
            answer = {"ResponseMetadata": {"HTTPStatusCode": 404}, "Error": {"Code": "404"}}
            raise ClientError(answer, "ListDeployments")
        return {"Deployments": self.groups[request["GroupId"]]}

    def get_group_version(self, **request):
        group = request["GroupId"]
        return {
            "Definition": {
                "CoreDefinitionVersionArn": f"{ARN}/definition/cores/{group}/versions/c1",
                "LoggerDefinitionVersionArn": f"{ARN}/definition/loggers/{group}/versions/l1",
            }
        }

    def get_core_definition_version(self, **request):
        assert request["CoreDefinitionVersionId"] == "c1"
        return {"Definition": {"Cores": [{"ThingArn": self.cores[request["CoreDefinitionId"]]}]}}

    def get_logger_definition_version(self, **request):
        assert request["LoggerDefinitionVersionId"] == "l1"
        return {"Definition": {"Loggers": [{"Id": request["LoggerDefinitionId"]}]}}


@pytest.fixture
def service():
    return Greengrass()


@pytest.fixture
def cloud(service):
    return CloudGroup(lambda name: {"greengrass": service}[name], THING)


def test_there_is_nothing_before_the_first_deployment(service, cloud):
    assert cloud.newest() is None
    service.add("mine")
    assert cloud.newest() is None


def test_the_newest_deployment_of_the_group_with_this_core_is_found(service, cloud):
    service.add("other", thing="arn:aws:iot:us-east-1:000000000000:thing/other")
    service.add("mine")
    service.deploy("other", created="2026-01-03")
    service.deploy("mine", "v1", created="2026-01-01")
    service.deploy("mine", "v2", created="2026-01-02")
    found = cloud.newest()
    assert (found.group, found.version, found.deployment) == ("mine", "v2", "mine-2026-01-02")
    service.calls.clear()
    assert cloud.newest() == found
    assert service.calls == ["list_deployments"], "a known group is asked with one call"


def test_the_definitions_are_those_of_the_version(service, cloud):
    service.add("mine")
    service.deploy("mine", created="2026-01-01")
    found = cloud.definitions(cloud.newest())
    assert found["loggers"] == {"Loggers": [{"Id": "mine"}]}
    assert found["functions"] == {}


def test_a_reset_of_a_known_group_is_seen_and_of_an_unknown_one_is_not(service, cloud):
    service.add("mine")
    service.deploy("mine", created="2026-01-01")
    service.deploy("mine", created="2026-01-02", kind="ResetDeployment")
    assert cloud.newest() is None
    cloud.remember("mine")
    assert cloud.newest().reset
    service.deploy("mine", "v3", created="2026-01-02")
    assert cloud.newest().version == "v3", "in the same millisecond the one that brings something"


def test_a_group_that_was_deleted_is_searched_anew(service, cloud):
    service.add("mine")
    service.deploy("mine", created="2026-01-01")
    cloud.remember("deleted")
    assert cloud.newest().group == "mine"


def test_a_link_that_is_down_is_told_as_such(service, cloud):
    service.down = True
    with pytest.raises(CloudUnreachable, match="nowhere"):
        cloud.newest()
