"""A deployment that fails at any resource takes back what it did, and only that."""

import signal
import threading

import pytest

from system.stack import StackFailed, StackParameters
from system.stack.bundles import FUNCTIONS, bundle
from system.stack.template import template

pytestmark = pytest.mark.localstack

# For each resource, by its key, the last call that makes it; the name tells it from others of its kind.
LAST_CALLS = {
    "bucket": ("s3", "PutPublicAccessBlock", ""),
    "compose-file": ("s3", "PutObject", ""),
    "channel-proof_sensordata": ("iotanalytics", "CreateChannel", ""),
    "datastore": ("iotanalytics", "CreateDatastore", ""),
    "pipeline": ("iotanalytics", "CreatePipeline", ""),
    "dataset": ("iotanalytics", "CreateDataset", ""),
    "kinesis-AggregateData": ("kinesis", "AddTagsToStream", "AggregateData"),
    "kinesis-Raw": ("kinesis", "AddTagsToStream", "Raw"),
    "thing": ("iot", "CreateThing", "'proof'"),
    "core-policy": ("iot", "CreatePolicy", "proof-core"),
    "certificate": ("iot", "AttachThingPrincipal", "'proof'"),
    "device-device-thing": ("iot", "CreateThing", "proof_device"),
    "device-device-policy": ("iot", "CreatePolicy", "proof_device"),
    "device-device-certificate": ("iot", "AttachThingPrincipal", "proof_device"),
    "group-role": ("iam", "PutRolePolicy", "proof-greengrass"),
    "function-role": ("iam", "PutRolePolicy", "proof-lambda"),
    "service-role": ("greengrass", "AssociateServiceRoleToAccount", ""),
    "function-sensor_source": ("lambda", "CreateAlias", "SensorSource"),
    "function-stream_producer": ("lambda", "CreateAlias", "StreamProducer"),
    "function-stream_aggregator": ("lambda", "CreateAlias", "StreamAggregator"),
    "core-definition": ("greengrass", "CreateCoreDefinition", ""),
    "functions-definition": ("greengrass", "CreateFunctionDefinition", ""),
    "connectors-definition": ("greengrass", "CreateConnectorDefinition", ""),
    "subscriptions-definition": ("greengrass", "CreateSubscriptionDefinition", ""),
    "loggers-definition": ("greengrass", "CreateLoggerDefinition", ""),
    "devices-definition": ("greengrass", "CreateDeviceDefinition", ""),
    "group": ("greengrass", "AssociateRoleToGroup", ""),
    "certificate-authority": ("greengrass", "GetGroupCertificateAuthority", ""),
    "group-version": ("greengrass", "CreateGroupVersion", ""),
    "deployment": ("greengrass", "CreateDeployment", ""),
}
# The calls before the last one, of those that take several.
EARLIER_CALLS = [
    ("bucket", "s3", "CreateBucket", ""),
    ("kinesis-AggregateData", "kinesis", "CreateStream", "AggregateData"),
    ("certificate", "iot", "AttachPolicy", "proof-core"),
    ("device-device-certificate", "iot", "AttachPolicy", "proof_device"),
    ("group-role", "iam", "CreateRole", "proof-greengrass"),
    ("function-stream_producer", "lambda", "CreateFunction", "StreamProducer"),
    ("group", "greengrass", "CreateGroup", ""),
]
STREAMS = ("Raw",)


def resources():
    parameters = StackParameters(name="proof", region="ap-southeast-2", kinesis_streams=STREAMS)
    packed = {function: bundle(b"") for function in FUNCTIONS}
    return {each.key: each for each in template(parameters, packed)}


def test_every_resource_is_made_to_fail_below():
    assert LAST_CALLS.keys() == resources().keys()


def assert_that_it_leaves_none(workshop, found, cloud, key):
    with pytest.raises(StackFailed) as failed:
        workshop.stack(cloud, kinesis_streams=STREAMS).deploy()
    assert failed.value.what == str(resources()[key])
    assert failed.value.reason == "broken by the test"
    assert failed.value.left == []
    assert found.everything() == {}
    assert not workshop.state.exists()


@pytest.mark.parametrize("key", LAST_CALLS)
def test_a_failure_at_any_resource_leaves_none(workshop, found, key):
    """The cloud did the last thing that the resource needs, but its answer was lost."""
    cloud = workshop.breaking(*LAST_CALLS[key], carried_out=True)
    assert_that_it_leaves_none(workshop, found, cloud, key)


@pytest.mark.parametrize(("key", "service", "operation", "named"), EARLIER_CALLS)
def test_a_resource_that_is_refused_half_way_leaves_none(
    workshop, found, key, service, operation, named
):
    cloud = workshop.breaking(service, operation, named)
    assert_that_it_leaves_none(workshop, found, cloud, key)


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("kinesis", "AddTagsToStream"),
        ("iot", "AttachPolicy"),
        ("greengrass", "CreateDeployment"),
    ],
)
def test_what_a_killed_deployment_left_is_destroyed(workshop, found, service, operation):
    with pytest.raises(StackFailed) as failed:
        workshop.stack(workshop.breaking(service, operation, for_good=True)).deploy()
    assert failed.value.left
    assert found.everything()
    assert workshop.stack().destroy()
    assert found.everything() == {}
    assert not workshop.state.exists()


def test_a_deployment_goes_on_where_a_killed_one_was(workshop):
    with pytest.raises(StackFailed):
        workshop.stack(workshop.breaking("kinesis", "AddTagsToStream", for_good=True)).deploy()
    changed = workshop.stack().deploy().changed
    assert "updated Kinesis data stream AggregateData" in map(str, changed)
    assert "created Greengrass deployment proof" in map(str, changed)
    assert workshop.stack().deploy().changed == ()


@pytest.mark.parametrize(
    ("service", "operation", "named"),
    [
        ("greengrass", "CreateDeployment", ""),
        ("lambda", "CreateAlias", "StreamProducer"),
        ("kinesis", "CreateStream", "Raw"),
    ],
)
def test_an_update_that_fails_is_as_if_it_had_not_been(workshop, found, service, operation, named):
    workshop.stack().deploy()
    before = found.everything()
    changed = {
        "kinesis_streams": STREAMS,
        "sensor_source": {"SENSOR_RATE_HZ": "5"},
        "dashboard": {"POLL_INTERVAL_S": "1"},
    }
    cloud = workshop.breaking(service, operation, named)
    with pytest.raises(StackFailed) as failed:
        workshop.stack(cloud, workshop.packer("2"), **changed).deploy()
    assert failed.value.left == []
    assert (
        "S3 object proof-greengrass-source-ap-southeast-2/docker-compose.yml"
        in failed.value.restored
    )
    assert found.everything() == before
    assert workshop.stack().diff() == []


def test_a_deployment_that_is_interrupted_takes_everything_back(workshop, found):
    """As by Ctrl-C, which reaches the main thread while it waits for the others."""

    def interrupt(line):
        if line.startswith("created IAM role proof-lambda"):
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        workshop.stack().deploy(interrupt)
    assert found.everything() == {}
    assert not workshop.state.exists()


def test_what_an_impatient_user_left_is_destroyed(workshop, found):
    """Interrupted once more while everything is taken back."""

    def interrupt(line):
        if "IAM role proof-lambda" in line:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        workshop.stack().deploy(interrupt)
    workshop.stack().destroy()
    assert found.everything() == {}
    assert not workshop.state.exists()


def test_a_fault_of_our_own_takes_everything_back_and_is_not_hidden(workshop, found):
    def broken(line):
        if "IAM role" in line:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        workshop.stack().deploy(broken)
    assert found.everything() == {}
