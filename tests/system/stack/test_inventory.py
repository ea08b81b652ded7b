"""Every row of the accelerator's inventory, found by plain boto3 after a deployment. Nothing here asks the template."""

import base64
import hashlib
import io
import json
import time
import urllib.request
import zipfile

import pytest
import yaml

from harness.tools.bundles import packer
from harness.waiting import wait_until

pytestmark = pytest.mark.localstack

REGION, ACCOUNT = "ap-southeast-2", "000000000000"
STACK = "greengrass-stream-mgr-accel"
ANALYTICS = "greengrass_stream_mgr_accel"
BUCKET = f"{STACK}-greengrass-source-{REGION}"
THING = f"arn:aws:iot:{REGION}:{ACCOUNT}:thing/{STACK}"
FUNCTIONS = {
    "sensor_source": "SensorSource",
    "stream_producer": "StreamProducer",
    "stream_aggregator": "StreamAggregator",
}


@pytest.fixture(scope="module")
def standing(open_workshop, tmp_path_factory):
    """A stack as its defaults have it, with the real bundles, and its outputs."""
    with open_workshop(tmp_path_factory.mktemp("stack")) as workshop:
        workshop.name = STACK
        stack = workshop.stack(packer=packer(print))
        yield stack.deploy().outputs
        stack.destroy()


def alias(function):
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{STACK}-GreengrassLambda-{FUNCTIONS[function]}:PROD"


@pytest.fixture(scope="module")
def group(standing, plain):
    (found,) = plain("greengrass").list_groups()["Groups"]
    return found


@pytest.fixture(scope="module")
def group_version(group, plain):
    answer = plain("greengrass").get_group_version(
        GroupId=group["Id"], GroupVersionId=group["LatestVersion"]
    )
    return answer["Definition"]


@pytest.fixture(scope="module")
def definition(group_version, plain):
    """The content of the definition version that the group version refers to."""

    def content(word):
        *_, identity, _, version = group_version[f"{word}DefinitionVersionArn"].split("/")
        ask = getattr(plain("greengrass"), f"get_{word.lower()}_definition_version")
        named = {f"{word}DefinitionId": identity, f"{word}DefinitionVersionId": version}
        return ask(**named)["Definition"]

    return content


@pytest.fixture(scope="module")
def functions(definition):
    """The group's functions by ARN."""
    return {each["FunctionArn"]: each for each in definition("Function")["Functions"]}


def test_a_private_bucket_holds_the_compose_file(standing, plain):
    s3 = plain("s3")
    block = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert all(block.values()) and len(block) == 4
    written = s3.get_object(Bucket=BUCKET, Key="docker-compose.yml")["Body"].read()
    (service,) = yaml.safe_load(written)["services"].values()
    (published,) = service["ports"]
    assert published.endswith(":8082:5000")


def test_a_pipeline_leads_from_the_channel_to_the_datastore(standing, plain):
    analytics = plain("iotanalytics")
    assert analytics.describe_channel(channelName=f"{ANALYTICS}_sensordata")
    assert analytics.describe_datastore(datastoreName=f"{ANALYTICS}_datastore")
    pipeline = analytics.describe_pipeline(pipelineName=f"{ANALYTICS}_pipeline")["pipeline"]
    first, last = pipeline["activities"]
    assert first["channel"]["channelName"] == f"{ANALYTICS}_sensordata"
    assert first["channel"]["next"] == last["datastore"]["name"]
    assert last["datastore"]["datastoreName"] == f"{ANALYTICS}_datastore"


def test_the_dataset_runs_every_five_minutes_and_keeps_its_contents_for_thirty_days(
    standing, plain
):
    found = plain("iotanalytics").describe_dataset(datasetName=f"{ANALYTICS}_dataset")["dataset"]
    assert found["triggers"] == [{"schedule": {"expression": "rate(5 minutes)"}}]
    assert found["retentionPeriod"] == {"unlimited": False, "numberOfDays": 30}


def test_the_dataset_shows_the_readings_of_the_last_fifteen_minutes(standing, plain):
    analytics, present = plain("iotanalytics"), time.time()
    readings = [
        {"sensor": "sensor-1", "ordinal": ordinal, "timestamp": present - age_s}
        for ordinal, age_s in enumerate([16 * 60, 14 * 60, 1])
    ]
    messages = [
        {"messageId": str(each["ordinal"]), "payload": json.dumps(each)} for each in readings
    ]
    analytics.batch_put_message(channelName=f"{ANALYTICS}_sensordata", messages=messages)
    named = {"datasetName": f"{ANALYTICS}_dataset"}
    version = analytics.create_dataset_content(**named)["versionId"]

    def content():
        return analytics.get_dataset_content(**named, versionId=version)

    wait_until(lambda: content()["status"]["state"] != "CREATING", seconds=20, what="the content")
    assert content()["status"]["state"] == "SUCCEEDED"
    with urllib.request.urlopen(content()["entries"][0]["dataURI"]) as answer:
        header, *rows = answer.read().decode().splitlines()
    at = header.replace('"', "").split(",").index("ordinal")
    assert [row.replace('"', "").split(",")[at] for row in rows] == ["1", "2"]


def test_a_kinesis_data_stream_takes_the_aggregates(standing, plain):
    summary = plain("kinesis").describe_stream_summary(StreamName="AggregateData")
    assert summary["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE"
    assert summary["StreamDescriptionSummary"]["OpenShardCount"] == 1


def test_the_core_has_an_identity(standing, plain):
    iot = plain("iot")
    assert iot.describe_thing(thingName=STACK)["thingArn"] == THING
    (certificate,) = iot.list_thing_principals(thingName=STACK)["principals"]
    identity = certificate.rpartition("/")[2]
    described = iot.describe_certificate(certificateId=identity)["certificateDescription"]
    assert described["status"] == "ACTIVE"
    (policy,) = iot.list_attached_policies(target=certificate)["policies"]
    document = json.loads(iot.get_policy(policyName=policy["policyName"])["policyDocument"])
    (statement,) = document["Statement"]
    assert (statement["Effect"], set(statement["Action"])) == ("Allow", {"iot:*", "greengrass:*"})


def test_the_role_of_the_group_allows_what_the_edge_does(group, plain):
    arn = plain("greengrass").get_associated_role(GroupId=group["Id"])["RoleArn"]
    assert plain("greengrass").get_service_role_for_account()["RoleArn"] == arn
    iam, role = plain("iam"), {"RoleName": arn.rpartition("/")[2]}
    trust = iam.get_role(**role)["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"Service": "greengrass.amazonaws.com"}
    (name,) = iam.list_role_policies(**role)["PolicyNames"]
    policy = iam.get_role_policy(**role, PolicyName=name)["PolicyDocument"]
    allowed = {
        (action, resource)
        for statement in policy["Statement"]
        for action in statement["Action"]
        for resource in (
            statement["Resource"]
            if isinstance(statement["Resource"], list)
            else [statement["Resource"]]
        )
    }
    prefix = f"{REGION}:{ACCOUNT}"
    assert {
        ("iot:*", "*"),
        ("logs:PutLogEvents", "arn:aws:logs:*:*:*"),
        ("iotanalytics:*", f"arn:aws:iotanalytics:{prefix}:channel/{ANALYTICS}_sensordata"),
        ("kinesis:ListStreams", "*"),
        ("kinesis:*", f"arn:aws:kinesis:{prefix}:stream/AggregateData"),
        ("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*"),
    } <= allowed


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_has_a_published_version_behind_the_alias_prod(standing, plain, function):
    functions, name = plain("lambda"), alias(function).split(":")[-2]
    version = functions.get_alias(FunctionName=name, Name="PROD")["FunctionVersion"]
    assert version.isdecimal()
    found = functions.get_function(FunctionName=name, Qualifier=version)
    assert found["Configuration"]["Handler"] == f"{function}.main"
    with urllib.request.urlopen(found["Code"]["Location"]) as answer:
        code = answer.read()
    digest = base64.b64encode(hashlib.sha256(code).digest()).decode()
    assert digest == found["Configuration"]["CodeSha256"]
    assert f"{function}.py" in zipfile.ZipFile(io.BytesIO(code)).namelist()


def test_the_core_is_thing_and_certificate(definition, plain):
    (core,) = definition("Core")["Cores"]
    assert core["ThingArn"] == THING
    assert plain("iot").list_thing_principals(thingName=STACK)["principals"] == [
        core["CertificateArn"]
    ]


def test_functions_run_without_containers(definition):
    default = definition("Function")["DefaultConfig"]
    assert default == {"Execution": {"IsolationMode": "NoContainer"}}


@pytest.mark.parametrize(
    ("arn", "pinned", "variables"),
    [
        ("arn:aws:lambda:::function:GGStreamManager:1", True, {}),
        (alias("sensor_source"), True, {"SENSOR_API_PORT": "8180"}),
        (
            alias("stream_producer"),
            False,
            {"STREAM_MANAGER_CHANNEL": f"{ANALYTICS}_sensordata"},
        ),
        (
            alias("stream_aggregator"),
            True,
            {
                "LOCAL_DATA_STREAM": "LocalDataStream",
                "KINESIS_DATA_STREAM": "AggregateData",
                "AGGREGATE_API_PORT": "8181",
            },
        ),
    ],
)
def test_a_function_is_started_as_the_inventory_has_it(functions, arn, pinned, variables):
    settings = functions[arn]["FunctionConfiguration"]
    assert (settings["EncodingType"], settings["Timeout"]) == ("binary", 3)
    assert settings["Pinned"] is pinned
    assert settings["Environment"].get("Variables", {}) == variables


def test_the_group_has_these_four_functions(functions):
    assert len(functions) == 4


def test_the_connector_runs_the_compose_file(definition):
    (connector,) = definition("Connector")["Connectors"]
    assert connector["ConnectorArn"] == (
        f"arn:aws:greengrass:{REGION}::/connectors/DockerApplicationDeployment/versions/7"
    )
    assert connector["Parameters"] == {
        "DockerComposeFileS3Bucket": BUCKET,
        "DockerComposeFileS3Key": "docker-compose.yml",
        "DockerComposeFileDestinationPath": "/opt",
    }


def test_readings_go_from_the_source_to_the_producer(definition):
    sources = {alias("sensor_source"), f"{THING}_device"}
    routes = {
        (each["Source"], each["Subject"], each["Target"])
        for each in definition("Subscription")["Subscriptions"]
    }
    assert routes == {(source, "sensor_data", alias("stream_producer")) for source in sources}


def test_a_device_on_the_site_has_an_identity_and_knows_the_core_by_the_group(
    standing, definition, group, plain
):
    (device,) = definition("Device")["Devices"]
    assert device["ThingArn"] == f"{THING}_device"
    attached = plain("iot").list_thing_principals(thingName=f"{STACK}_device")["principals"]
    assert attached == [device["CertificateArn"]]
    (policy,) = plain("iot").list_attached_policies(target=attached[0])["policies"]
    assert policy["policyName"] == f"{STACK}_device"
    greengrass = plain("greengrass")
    (authority,) = greengrass.list_group_certificate_authorities(GroupId=group["Id"])[
        "GroupCertificateAuthorities"
    ]
    found = greengrass.get_group_certificate_authority(
        GroupId=group["Id"], CertificateAuthorityId=authority["GroupCertificateAuthorityId"]
    )
    assert standing.group_ca_pem == found["PemEncodedCertificate"]
    (given,) = standing.devices
    assert given.name == f"{STACK}_device"


def test_system_and_functions_log_to_files_and_warnings_to_the_cloud(definition):
    loggers = {
        (each["Component"], each["Type"], each["Level"], each.get("Space"))
        for each in definition("Logger")["Loggers"]
    }
    assert loggers == {
        ("GreengrassSystem", "FileSystem", "INFO", 1024),
        ("Lambda", "FileSystem", "INFO", 1024),
        ("GreengrassSystem", "AWSCloudWatch", "WARN", None),
        ("Lambda", "AWSCloudWatch", "WARN", None),
    }


def test_the_newest_version_of_the_group_is_deployed(group, plain):
    assert group["Name"] == STACK
    (deployment,) = plain("greengrass").list_deployments(GroupId=group["Id"])["Deployments"]
    assert deployment["DeploymentType"] == "NewDeployment"
    assert deployment["GroupArn"] == group["LatestVersionArn"]


def test_the_outputs_say_what_a_core_needs(standing, plain):
    iot = plain("iot")
    assert standing.bucket == BUCKET
    assert standing.thing_arn == THING
    assert (
        standing.endpoint == iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    )
    (certificate,) = iot.list_thing_principals(thingName=STACK)["principals"]
    described = iot.describe_certificate(certificateId=certificate.rpartition("/")[2])
    assert standing.certificate_pem == described["certificateDescription"]["certificatePem"]
    assert standing.private_key_pem.startswith("-----BEGIN RSA PRIVATE KEY-----")
