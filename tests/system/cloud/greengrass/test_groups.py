"""Groups, their deployments and roles."""

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.localstack

CORE = {"Id": "1", "ThingArn": "arn:aws:iot:us-east-1:0:thing/t", "CertificateArn": "arn:aws:iot:c"}


@pytest.fixture
def greengrass(connect):
    return connect("greengrass")


@pytest.fixture
def content(greengrass):
    core = greengrass.create_core_definition(InitialVersion={"Cores": [CORE]})
    logger = greengrass.create_logger_definition(InitialVersion={"Loggers": []})
    connector = greengrass.create_connector_definition(InitialVersion={"Connectors": []})
    return {
        "CoreDefinitionVersionArn": core["LatestVersionArn"],
        "LoggerDefinitionVersionArn": logger["LatestVersionArn"],
        "ConnectorDefinitionVersionArn": connector["LatestVersionArn"],
    }


@pytest.fixture
def group(greengrass, named, content):
    return greengrass.create_group(Name=named, InitialVersion=content)


def deploy(greengrass, group):
    return greengrass.create_deployment(
        GroupId=group["Id"], GroupVersionId=group["LatestVersion"], DeploymentType="NewDeployment"
    )["DeploymentId"]


def status(greengrass, group, deployment):
    answer = greengrass.get_deployment_status(GroupId=group["Id"], DeploymentId=deployment)
    return answer["DeploymentType"], answer["DeploymentStatus"]


def error(raised):
    answer = raised.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_a_group_version_says_all_that_it_refers_to(greengrass, group, content):
    version = greengrass.get_group_version(
        GroupId=group["Id"], GroupVersionId=group["LatestVersion"]
    )
    assert version["Definition"] == content


def test_a_group_version_refers_only_to_what_is_there(greengrass, group, content):
    wrong = {**content, "LoggerDefinitionVersionArn": content["LoggerDefinitionVersionArn"] + "0"}
    with pytest.raises(ClientError, match="Loggers definition reference does not exist") as raised:
        greengrass.create_group_version(GroupId=group["Id"], **wrong)
    assert error(raised)[1] == 400
    assert len(greengrass.list_group_versions(GroupId=group["Id"])["Versions"]) == 1


def test_a_deployment_waits_for_a_core(greengrass, group):
    deployment = deploy(greengrass, group)
    assert status(greengrass, group, deployment) == ("NewDeployment", "InProgress")
    (listed,) = greengrass.list_deployments(GroupId=group["Id"])["Deployments"]
    assert listed["DeploymentId"] == deployment
    assert listed["GroupArn"] == group["LatestVersionArn"]


def test_deployments_sort_by_their_time(greengrass, group):
    made = [deploy(greengrass, group) for _ in range(5)]
    listed = greengrass.list_deployments(GroupId=group["Id"])["Deployments"]
    assert [
        each["DeploymentId"] for each in sorted(listed, key=lambda each: each["CreatedAt"])
    ] == made


def test_a_group_without_core_cannot_be_deployed(greengrass, named):
    group = greengrass.create_group(Name=named)
    with pytest.raises(ClientError, match="GG-303") as raised:
        deploy(greengrass, group)
    assert error(raised) == ("MissingCoreException", 400)


def test_a_deployed_group_has_to_be_reset_before_it_is_deleted(greengrass, group):
    deploy(greengrass, group)
    with pytest.raises(ClientError, match="Reset") as raised:
        greengrass.delete_group(GroupId=group["Id"])
    assert error(raised) == ("BadRequestException", 400)
    reset = greengrass.reset_deployments(GroupId=group["Id"], Force=True)["DeploymentId"]
    assert status(greengrass, group, reset) == ("ForceResetDeployment", "Success")
    greengrass.delete_group(GroupId=group["Id"])
    with pytest.raises(ClientError) as raised:
        greengrass.get_group(GroupId=group["Id"])
    assert error(raised) == ("IdNotFoundException", 404)


def test_what_was_never_deployed_can_be_reset_by_force_only(greengrass, group):
    with pytest.raises(ClientError, match="has not been deployed") as raised:
        greengrass.reset_deployments(GroupId=group["Id"])
    assert error(raised) == ("ResourceNotFoundException", 404)
    greengrass.reset_deployments(GroupId=group["Id"], Force=True)


def test_an_earlier_deployment_can_be_repeated(greengrass, group):
    first = deploy(greengrass, group)
    greengrass.create_group_version(GroupId=group["Id"])
    again = greengrass.create_deployment(
        GroupId=group["Id"], DeploymentType="Redeployment", DeploymentId=first
    )
    listed = greengrass.list_deployments(GroupId=group["Id"])["Deployments"]
    (repeated,) = (each for each in listed if each["DeploymentId"] == again["DeploymentId"])
    assert repeated["GroupArn"] == group["LatestVersionArn"]


def test_a_role_comes_and_goes_with_its_group(greengrass, group):
    with pytest.raises(ClientError) as raised:
        greengrass.get_associated_role(GroupId=group["Id"])
    assert error(raised)[1] == 404
    greengrass.associate_role_to_group(GroupId=group["Id"], RoleArn="arn:aws:iam::0:role/r")
    answer = greengrass.get_associated_role(GroupId=group["Id"])
    assert answer["RoleArn"] == "arn:aws:iam::0:role/r"
    greengrass.disassociate_role_from_group(GroupId=group["Id"])
    with pytest.raises(ClientError):
        greengrass.get_associated_role(GroupId=group["Id"])
