"""A device whose certificate the cloud issued, and a core that takes everything for it from the cloud."""

import io
import json
import uuid
import zipfile

import boto3
import pytest

from harness.waiting import wait_until

from .conftest import SEEN_S, THINGS, Identity, free_port

pytestmark = pytest.mark.localstack

RECEIVER = """
def handler(event, context):
    with open("seen", "a") as seen:
        seen.write(event.decode() + "\\n")
"""


class Cloud:
    """A group with a core, a device and a function, made with plain boto3."""

    def __init__(self, endpoint, folder):
        self.name = f"it-{uuid.uuid4().hex[:8]}"
        self.endpoint = endpoint
        self.folder = folder
        self.core, core_certificate = self.identity("core")
        self.device, self.device_certificate = self.identity("device")
        self.stranger, _ = self.identity("stranger")
        self.greengrass = self.client("greengrass")
        self.group = self.greengrass.create_group(Name=self.name)["Id"]
        self.receiver = self._function()
        self._core_arn = self._definition("core", Cores=[self._thing("core", core_certificate)])

    def client(self, service):
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name="us-east-1",
            aws_access_key_id="test", aws_secret_access_key="test",
        )  # fmt: skip

    def identity(self, name):
        """Certificate and key, and the ARN of the certificate."""
        made = self.client("iot").create_keys_and_certificate(setAsActive=True)
        files = Identity(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        files.certificate.write_text(made["certificatePem"])
        files.key.write_text(made["keyPair"]["PrivateKey"])
        return files, made["certificateArn"]

    def thing_arn(self, name):
        return f"{THINGS}/{self.name}-{name}"

    def authority(self):
        """The certificate that devices know the core by."""
        (listed,) = self.greengrass.list_group_certificate_authorities(GroupId=self.group)[
            "GroupCertificateAuthorities"
        ]
        found = self.greengrass.get_group_certificate_authority(
            GroupId=self.group, CertificateAuthorityId=listed["GroupCertificateAuthorityId"]
        )
        path = self.folder / "authority.pem"
        path.write_text(found["PemEncodedCertificate"])
        return path

    def deploy(self):
        entry = {
            "Id": "receiver",
            "FunctionArn": self.receiver,
            "FunctionConfiguration": {"EncodingType": "binary", "Timeout": 10},
        }
        subscription = {
            "Id": "s",
            "Source": self.thing_arn("device"),
            "Subject": "sensor_data",
            "Target": self.receiver,
        }
        version = self.greengrass.create_group_version(
            GroupId=self.group,
            CoreDefinitionVersionArn=self._core_arn,
            DeviceDefinitionVersionArn=self._definition(
                "device", Devices=[self._thing("device", self.device_certificate)]
            ),
            FunctionDefinitionVersionArn=self._definition(
                "function",
                DefaultConfig={"Execution": {"IsolationMode": "NoContainer"}},
                Functions=[entry],
            ),
            SubscriptionDefinitionVersionArn=self._definition(
                "subscription", Subscriptions=[subscription]
            ),
        )["Version"]
        self.greengrass.create_deployment(
            GroupId=self.group, GroupVersionId=version, DeploymentType="NewDeployment"
        )

    def _thing(self, name, certificate):
        return {"Id": name, "ThingArn": self.thing_arn(name), "CertificateArn": certificate}

    def _definition(self, kind, **content):
        make = getattr(self.greengrass, f"create_{kind}_definition")
        return make(Name=f"{self.name}-{kind}", InitialVersion=content)["LatestVersionArn"]

    def _function(self):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("app.py", RECEIVER)
        functions, name = self.client("lambda"), f"{self.name}-receiver"
        functions.create_function(
            FunctionName=name, Runtime="python3.11", Handler="app.handler",
            Code={"ZipFile": content.getvalue()}, Role="arn:aws:iam::000000000000:role/any",
        )  # fmt: skip
        version = functions.publish_version(FunctionName=name)["Version"]
        made = functions.create_alias(FunctionName=name, Name="PROD", FunctionVersion=version)
        return made["AliasArn"]


@pytest.fixture
def cloud(edge, localstack, tmp_path):
    made = Cloud(localstack.endpoint, tmp_path)
    edge.environment["AWS_ENDPOINT_URL"] = localstack.endpoint
    edge.configuration["coreThing"] |= {
        "thingArn": made.thing_arn("core"),
        "ggMqttPort": free_port(),
        "certPath": str(made.core.certificate),
        "keyPath": str(made.core.key),
    }
    return made


def launch(edge):
    path = edge.root / "config/config.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(edge.configuration))
    edge.launch("--poll-interval", "0.5")


def wait_for_status(edge, status):
    wait_until(lambda: edge.status().get("status") == status, seconds=60, what=status)


def test_a_device_publishes_to_a_function_with_a_link_and_without(edge, cloud, connect):
    cloud.deploy()
    launch(edge)
    wait_for_status(edge, "Success")
    port, authority = edge.configuration["coreThing"]["ggMqttPort"], cloud.authority()
    receiver = f"{cloud.name}-receiver"
    device = connect(port, cloud.device, "device", ca=authority)
    device.publish("sensor_data", b"with a link")
    assert edge.wait_for_lines(receiver, 1) == ["with a link"]
    before, pid = edge.status()["version"], edge.processes()["mqtt_broker"]["pid"]
    cloud.deploy()
    wait_until(lambda: edge.status()["version"] != before, seconds=60, what="the next deployment")
    assert edge.processes()["mqtt_broker"]["pid"] == pid, "nothing of it has changed"
    assert not device.ended
    with pytest.raises(OSError):
        connect(port, cloud.stranger, "stranger", ca=authority)
    edge.stop()
    wait_until(lambda: device.ended, seconds=SEEN_S, what="the device to notice")
    (edge.root / "ggc/var/state/deployment.json").unlink()
    edge.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
    launch(edge)
    wait_for_status(edge, "Success")
    device.publish("sensor_data", b"without a link")
    assert edge.wait_for_lines(receiver, 2)[1] == "without a link"


def test_a_device_whose_certificate_was_revoked_is_not_deployed(edge, cloud):
    identity = cloud.device_certificate.rpartition("/")[2]
    cloud.client("iot").update_certificate(certificateId=identity, newStatus="INACTIVE")
    cloud.deploy()
    launch(edge)
    wait_for_status(edge, "Failure")
    assert "has no active certificate" in edge.status()["error"]
