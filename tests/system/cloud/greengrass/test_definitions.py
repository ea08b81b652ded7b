"""Definitions of all seven kinds, as plain boto3 sees them."""

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.localstack

LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:f:PROD"
THING = "arn:aws:iot:us-east-1:000000000000:thing/t"
CONTENT = {
    "core": {"Cores": [{"Id": "1", "ThingArn": THING, "CertificateArn": "arn:aws:iot:cert/1"}]},
    "function": {
        "DefaultConfig": {"Execution": {"IsolationMode": "NoContainer"}},
        "Functions": [
            {"Id": "1", "FunctionArn": "arn:aws:lambda:::function:GGStreamManager:1"},
            {
                "Id": "2",
                "FunctionArn": LAMBDA,
                "FunctionConfiguration": {
                    "Pinned": True,
                    "Timeout": 3,
                    "EncodingType": "binary",
                    "Environment": {"Variables": {"A": "1"}},
                },
            },
        ],
    },
    "subscription": {
        "Subscriptions": [{"Id": "1", "Source": LAMBDA, "Subject": "a/+/#", "Target": "cloud"}]
    },
    "device": {"Devices": [{"Id": "1", "ThingArn": THING, "CertificateArn": "arn:aws:iot:cert/1"}]},
    "resource": {"Resources": [{"Id": "1", "Name": "r", "ResourceDataContainer": {}}]},
    "connector": {
        "Connectors": [
            {
                "Id": "1",
                "ConnectorArn": "arn:aws:greengrass:us-east-1::"
                "/connectors/DockerApplicationDeployment/versions/7",
                "Parameters": {"DockerComposeFileS3Bucket": "b"},
            }
        ]
    },
    "logger": {
        "Loggers": [
            {"Id": "1", "Component": "GreengrassSystem", "Level": "INFO", "Type": "FileSystem", "Space": 1024},
            {"Id": "2", "Component": "Lambda", "Level": "WARN", "Type": "AWSCloudWatch"},
        ]
    },
}  # fmt: skip
KINDS = list(CONTENT)


@pytest.fixture
def greengrass(connect):
    return connect("greengrass")


def call(greengrass, verb, kind, suffix="", **arguments):
    return getattr(greengrass, f"{verb}_{kind}_definition{suffix}")(**arguments)


def ids(kind, identity, version=None):
    entity = f"{kind.capitalize()}Definition"
    named = {f"{entity}Id": identity}
    return named | {f"{entity}VersionId": version} if version else named


def error(raised):
    answer = raised.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_definition_reads_back_as_it_was_made(greengrass, named, kind):
    made = call(greengrass, "create", kind, Name=named, InitialVersion=CONTENT[kind])
    assert made["Arn"].endswith(f":greengrass/definition/{kind}s/{made['Id']}")
    assert made["LatestVersionArn"] == f"{made['Arn']}/versions/{made['LatestVersion']}"
    assert call(greengrass, "get", kind, **ids(kind, made["Id"]))["Name"] == named
    version = call(
        greengrass, "get", kind, "_version", **ids(kind, made["Id"], made["LatestVersion"])
    )
    assert version["Definition"] == CONTENT[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_version_is_the_latest_and_the_old_one_stays(greengrass, named, kind):
    made = call(greengrass, "create", kind, Name=named, InitialVersion=CONTENT[kind])
    empty = {member: [] for member in CONTENT[kind] if member != "DefaultConfig"}
    second = call(greengrass, "create", kind, "_version", **ids(kind, made["Id"]), **empty)
    assert (
        call(greengrass, "get", kind, **ids(kind, made["Id"]))["LatestVersion"] == second["Version"]
    )
    listed = call(greengrass, "list", kind, "_versions", **ids(kind, made["Id"]))["Versions"]
    assert [each["Version"] for each in listed] == [made["LatestVersion"], second["Version"]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_deleted_definition_is_gone(greengrass, named, kind):
    made = call(greengrass, "create", kind, Name=named, InitialVersion=CONTENT[kind])
    call(greengrass, "update", kind, **ids(kind, made["Id"]), Name="renamed")
    assert call(greengrass, "get", kind, **ids(kind, made["Id"]))["Name"] == "renamed"
    call(greengrass, "delete", kind, **ids(kind, made["Id"]))
    with pytest.raises(ClientError) as raised:
        call(greengrass, "get", kind, **ids(kind, made["Id"]))
    assert error(raised) == ("IdNotFoundException", 404)
    with pytest.raises(ClientError) as raised:
        call(greengrass, "delete", kind, **ids(kind, made["Id"]))
    assert error(raised) == ("IdNotFoundException", 404)


def test_a_version_that_is_not_there_is_told_from_a_definition_that_is_not(greengrass, named):
    made = greengrass.create_logger_definition(Name=named)
    with pytest.raises(ClientError) as raised:
        greengrass.get_logger_definition_version(
            LoggerDefinitionId=made["Id"], LoggerDefinitionVersionId="none"
        )
    assert error(raised) == ("VersionNotFoundException", 404)


def test_long_lists_come_in_pages(greengrass, connect):
    elsewhere = connect("greengrass", "eu-west-1")
    made = [elsewhere.create_connector_definition(Name=str(n))["Id"] for n in range(5)]
    first = elsewhere.list_connector_definitions(MaxResults="3")
    rest = elsewhere.list_connector_definitions(MaxResults="3", NextToken=first["NextToken"])
    assert "NextToken" not in rest
    assert [each["Id"] for each in first["Definitions"] + rest["Definitions"]] == made
    assert not {*made} & {
        each["Id"] for each in greengrass.list_connector_definitions()["Definitions"]
    }


@pytest.mark.parametrize(
    ("kind", "content", "complaint"),
    [
        ("logger", {"Loggers": [{**CONTENT["logger"]["Loggers"][0], "Level": "LOUD"}]}, "one of"),
        (
            "logger",
            {"Loggers": [{"Id": "1", "Component": "Lambda", "Level": "INFO", "Type": "FileSystem"}]},
            "Space",
        ),
        ("logger", {"Loggers": [{**CONTENT["logger"]["Loggers"][1], "Id": n} for n in "ab"]}, "more than one"),
        ("connector", {"Connectors": [{"Id": "1", "ConnectorArn": "arn:no"}]}, "ARN of a connector"),
        ("connector", {"Connectors": CONTENT["connector"]["Connectors"] * 2}, "more than once"),
        ("core", {"Cores": [{**CONTENT["core"]["Cores"][0], "Id": n} for n in "ab"]}, "one core"),
        ("function", {"Functions": [{"Id": "1", "FunctionArn": LAMBDA[:-5]}]}, "neither a version nor"),
        (
            "subscription",
            {"Subscriptions": [{"Id": "1", "Source": "x", "Subject": "a/#/b", "Target": "cloud"}]},
            "not its last level",
        ),
    ],
)  # fmt: skip
def test_a_definition_that_contradicts_itself_is_refused(greengrass, kind, content, complaint):
    with pytest.raises(ClientError, match=complaint) as raised:
        call(greengrass, "create", kind, InitialVersion=content)
    assert error(raised)[1] == 400


def test_tags_of_a_definition_can_be_changed(greengrass):
    made = greengrass.create_core_definition(Name="tagged", tags={"a": "1"})
    greengrass.tag_resource(ResourceArn=made["Arn"], tags={"b": "2"})
    greengrass.untag_resource(ResourceArn=made["Arn"], TagKeys=["a"])
    assert greengrass.list_tags_for_resource(ResourceArn=made["Arn"])["tags"] == {"b": "2"}
