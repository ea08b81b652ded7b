"""The way of a deployment: made with plain boto3 in LocalStack, carried out by a core that knows only its thing."""

import contextlib
import io
import json
import uuid
import zipfile

import boto3
import pytest

from harness.waiting import wait_until

pytestmark = pytest.mark.localstack

ACCOUNT = "000000000000"
SENDER = """
import logging, threading, time
import greengrasssdk
client = greengrasssdk.client("iot-data")
logging.warning("edition {edition} complains")

def publish():
    while True:
        client.publish(topic="beat", payload="{edition}")
        time.sleep(0.1)

threading.Thread(target=publish, daemon=True).start()

def handler(event, context):
    pass
"""
RECEIVER = """
def handler(event, context):
    with open("seen", "a") as seen:
        seen.write(event.decode() + "\\n")
"""
COMPOSE = """
services:
  page:
    x-process: ["{python}", "-c", "import time; time.sleep(300)"]
"""


def bundle(source, sdk=None):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", source)
        for path in sdk.glob("greengrasssdk/**/*.py") if sdk else ():
            archive.write(path, path.relative_to(sdk))
    return content.getvalue()


class Group:
    """A group in the cloud, made version by version."""

    def __init__(self, endpoint, sdk):
        self.name = f"it-{uuid.uuid4().hex[:8]}"
        self.thing = f"arn:aws:iot:us-east-1:{ACCOUNT}:thing/{self.name}"
        self.sdk = sdk
        self._endpoint = endpoint
        self.greengrass = self.client("greengrass")
        self.functions = self.client("lambda")
        self.group = self.greengrass.create_group(Name=self.name)["Id"]

    def client(self, service):
        return boto3.client(
            service, endpoint_url=self._endpoint, region_name="us-east-1",
            aws_access_key_id="test", aws_secret_access_key="test",
        )  # fmt: skip

    def function(self, name, source, sdk=None):
        """A function behind its alias; returns the alias's ARN. One that is there is made anew, so its version
        is the same one again with other code: an emulator without Docker cannot update a function."""
        full, code = f"{self.name}-{name}", bundle(source, sdk)
        with contextlib.suppress(self.functions.exceptions.ResourceNotFoundException):
            self.functions.delete_function(FunctionName=full)
        self.functions.create_function(
            FunctionName=full, Runtime="python3.11", Handler="app.handler", Code={"ZipFile": code},
            Role=f"arn:aws:iam::{ACCOUNT}:role/any",
        )  # fmt: skip
        version = self.functions.publish_version(FunctionName=full)["Version"]
        made = self.functions.create_alias(FunctionName=full, Name="PROD", FunctionVersion=version)
        return made["AliasArn"]

    def definition(self, kind, **content):
        make = getattr(self.greengrass, f"create_{kind}_definition")
        return make(Name=f"{self.name}-{kind}", InitialVersion=content)["LatestVersionArn"]

    def deploy(self, edition):
        """Deploy sender, receiver and connector."""
        sender = self.function("sender", SENDER.replace("{edition}", edition), self.sdk)
        receiver = self.function("receiver", RECEIVER)
        bucket = f"{self.name}-source"
        s3 = self.client("s3")
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="docker-compose.yml", Body=COMPOSE.encode())
        core = {"Id": "core", "ThingArn": self.thing, "CertificateArn": "arn:aws:iot:::cert/x"}
        parameters = {
            "DockerComposeFileS3Bucket": bucket,
            "DockerComposeFileS3Key": "docker-compose.yml",
            "DockerComposeFileDestinationPath": "/opt",
        }
        connector = (
            "arn:aws:greengrass:us-east-1::/connectors/DockerApplicationDeployment/versions/7"
        )
        version = self.greengrass.create_group_version(
            GroupId=self.group,
            CoreDefinitionVersionArn=self.definition("core", Cores=[core]),
            FunctionDefinitionVersionArn=self.definition(
                "function",
                DefaultConfig={"Execution": {"IsolationMode": "NoContainer"}},
                Functions=[self._entry(sender, pinned=True), self._entry(receiver, pinned=False)],
            ),
            SubscriptionDefinitionVersionArn=self.definition(
                "subscription",
                Subscriptions=[
                    {"Id": "s", "Source": sender, "Subject": "beat", "Target": receiver}
                ],
            ),
            ConnectorDefinitionVersionArn=self.definition(
                "connector",
                Connectors=[{"Id": "c", "ConnectorArn": connector, "Parameters": parameters}],
            ),
            LoggerDefinitionVersionArn=self.definition(
                "logger",
                Loggers=[
                    {
                        "Id": "f",
                        "Component": "Lambda",
                        "Type": "FileSystem",
                        "Level": "INFO",
                        "Space": 1024,
                    },
                    {"Id": "c", "Component": "Lambda", "Type": "AWSCloudWatch", "Level": "WARN"},
                ],
            ),
        )["Version"]
        self.greengrass.create_deployment(
            GroupId=self.group, GroupVersionId=version, DeploymentType="NewDeployment"
        )

    def _entry(self, arn, *, pinned):
        settings = {"EncodingType": "binary", "Pinned": pinned, "Timeout": 10}
        return {"Id": arn.split(":")[6], "FunctionArn": arn, "FunctionConfiguration": settings}

    def log_lines(self, function):
        logs = self.client("logs")
        group = f"/aws/greengrass/Lambda/us-east-1/{ACCOUNT}/{self.name}-{function}"
        try:
            events = logs.filter_log_events(logGroupName=group)["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in events]


@pytest.fixture
def endpoint(localstack):
    return localstack.endpoint


@pytest.fixture
def group(edge, endpoint, sdk):
    made = Group(endpoint, sdk)
    edge.environment["AWS_ENDPOINT_URL"] = endpoint
    edge.configuration["coreThing"]["thingArn"] = made.thing
    return made


def launch(edge):
    path = edge.root / "config/config.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(edge.configuration))
    edge.launch("--containers", "process", "--poll-interval", "0.5")


def wait_for_beat(edge, group, edition):
    seen = f"{group.name}-receiver"
    wait_until(lambda: edition in edge.lines(seen), seconds=40, what=f"edition {edition}")


def test_a_core_waits_for_its_first_deployment_and_takes_later_ones_over(edge, group):
    launch(edge)
    wait_until(
        lambda: "waiting for the first one from the cloud" in edge.runtime_log(),
        seconds=20,
        what="it",
    )
    group.deploy("one")
    wait_for_beat(edge, group, "one")
    wait_until(lambda: edge.status().get("status") == "Success", seconds=30, what="success")
    assert edge.status()["group_id"] == group.group
    assert edge.processes()["containers"]["page"]["pid"]
    wait_until(
        lambda: any("edition one complains" in line for line in group.log_lines("sender")),
        seconds=20,
        what="the warning in CloudWatch Logs",
    )
    first = edge.status()["version"]
    group.deploy("two")
    wait_for_beat(edge, group, "two")
    wait_until(lambda: edge.status()["version"] != first, seconds=30, what="the new version")
    assert len(list(edge.deployment.glob("lambda/*sender*/*"))) == 1, "the old code is gone"
    edge.stop()


def test_a_core_that_has_lost_its_link_runs_what_it_ran_last(edge, group):
    group.deploy("one")
    launch(edge)
    wait_for_beat(edge, group, "one")
    wait_until(lambda: edge.status().get("status") == "Success", seconds=30, what="success")
    edge.stop()
    seen = edge.work(f"{group.name}-receiver") / "seen"
    seen.unlink()
    (edge.root / "ggc/var/state/deployment.json").unlink()
    edge.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
    launch(edge)
    wait_for_beat(edge, group, "one")
    wait_until(lambda: edge.status().get("status") == "Success", seconds=30, what="success")
    assert "The cloud cannot be asked for a deployment" in edge.runtime_log()


def test_a_reset_group_takes_everything_away(edge, group):
    group.deploy("one")
    launch(edge)
    wait_for_beat(edge, group, "one")
    group.greengrass.reset_deployments(GroupId=group.group, Force=True)
    wait_until(lambda: not edge.processes()["functions"], seconds=20, what="the end of all")
    copy = edge.deployment / "group/group.json"
    wait_until(lambda: not copy.exists(), seconds=20, what="the local copy to go")
