"""A stack over its life: deployed again, changed by hand, changed by its parameters, destroyed."""

import stat

import pytest

from system.aws.clients import Cloud
from system.stack import BadInput, BundleUnavailable, Stack, StackFailed
from system.stack.application import Application, Function

pytestmark = pytest.mark.localstack


def told(changes):
    return sorted(map(str, changes))


def test_a_second_deployment_changes_nothing(workshop, found):
    lines = []
    first = workshop.stack().deploy(lines.append)
    assert told(first.changed) == sorted(lines)
    before = found.everything()
    second = workshop.stack().deploy()
    assert second.changed == ()
    assert second.outputs == first.outputs == workshop.stack().outputs()
    assert workshop.stack().diff() == []
    assert found.everything() == before


def test_destroy_leaves_none_and_may_be_repeated(workshop, found):
    changed = workshop.stack().deploy().changed
    gone = workshop.stack().destroy()
    assert sorted(gone) == sorted(each.resource for each in changed)
    assert found.everything() == {}
    assert not workshop.state.exists()
    assert workshop.stack().destroy() == []


def test_a_bucket_with_foreign_objects_is_emptied(workshop, found, plain):
    bucket = workshop.stack().deploy().outputs.bucket
    plain("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for content in (b"one", b"two"):
        plain("s3").put_object(Bucket=bucket, Key="foreign", Body=content)
    workshop.stack().destroy()
    assert found.everything() == {}


def test_what_was_changed_by_hand_is_shown_and_mended(workshop, plain):
    bucket = workshop.stack().deploy().outputs.bucket
    plain("s3").put_object(Bucket=bucket, Key="docker-compose.yml", Body=b"services: {}")
    plain("iotanalytics").delete_dataset(datasetName="proof_dataset")
    plain("iam").delete_role_policy(
        RoleName="proof-lambda-ap-southeast-2",
        PolicyName="stack",
    )
    (definition,) = plain("greengrass").list_logger_definitions()["Definitions"]
    plain("greengrass").create_logger_definition_version(
        LoggerDefinitionId=definition["Id"], Loggers=[]
    )
    shown = {(each.action, each.resource): each.properties for each in workshop.stack().diff()}
    assert shown.keys() == {
        ("update", f"S3 object {bucket}/docker-compose.yml"),
        ("create", "IoT Analytics dataset proof_dataset"),
        ("update", "IAM role proof-lambda-ap-southeast-2"),
        ("update", "Greengrass logger definition proof-loggers"),
        # What follows from a new version of the loggers.
        ("update", "Greengrass group version proof"),
        ("update", "Greengrass deployment proof"),
    }
    live, wanted = shown["update", "Greengrass logger definition proof-loggers"]["Loggers"]
    assert (live, len(wanted)) == ([], 4)
    assert shown["update", "IAM role proof-lambda-ap-southeast-2"].keys() == {"policy"}
    changed = workshop.stack().deploy().changed
    assert {each.resource for each in changed} == {resource for _, resource in shown}
    assert workshop.stack().diff() == []


def deployment_types(plain):
    (group,) = plain("greengrass").list_groups()["Groups"]
    listed = plain("greengrass").list_deployments(GroupId=group["Id"])["Deployments"]
    return [each["DeploymentType"] for each in sorted(listed, key=lambda each: each["CreatedAt"])]


def test_another_environment_is_deployed_after_a_reset(workshop, plain):
    workshop.stack().deploy()
    changed = workshop.stack(sensor_source={"SENSOR_RATE_HZ": "5"}).deploy().changed
    assert told(changed) == [
        "updated Greengrass deployment proof",
        "updated Greengrass function definition proof-functions",
        "updated Greengrass group version proof",
    ]
    assert deployment_types(plain) == ["NewDeployment", "ResetDeployment", "NewDeployment"]


def test_other_code_is_published_and_deployed(workshop, plain):
    workshop.stack().deploy()
    changed = workshop.stack(packer=workshop.packer("2")).deploy().changed
    assert told(changed) == [
        "updated Greengrass deployment proof",
        "updated Greengrass function definition proof-functions",
        "updated Greengrass group version proof",
        "updated Lambda function proof-GreengrassLambda-SensorSource",
        "updated Lambda function proof-GreengrassLambda-StreamAggregator",
        "updated Lambda function proof-GreengrassLambda-StreamProducer",
    ]
    assert deployment_types(plain)[-2:] == ["ResetDeployment", "NewDeployment"]
    assert workshop.stack(packer=workshop.packer("2")).diff() == []


def test_a_stream_that_is_no_longer_wanted_is_removed(workshop, found):
    workshop.stack(kinesis_streams=("Raw",)).deploy()
    assert found.everything()["Kinesis"] == ["AggregateData", "Raw"]
    (difference,) = [each for each in workshop.stack().diff() if each.action == "remove"]
    assert difference.resource == "Kinesis data stream Raw"
    assert "removed Kinesis data stream Raw" in told(workshop.stack().deploy().changed)
    assert found.everything()["Kinesis"] == ["AggregateData"]


def test_a_stream_of_somebody_else_is_neither_taken_over_nor_destroyed(workshop, found, plain):
    plain("kinesis").create_stream(StreamName="AggregateData", ShardCount=1)
    plain("kinesis").get_waiter("stream_exists").wait(
        StreamName="AggregateData", WaiterConfig={"Delay": 0.05, "MaxAttempts": 200}
    )
    try:
        with pytest.raises(StackFailed, match="that this stack did not make"):
            workshop.stack().deploy()
        workshop.stack().destroy()
        assert found.everything() == {"Kinesis": ["AggregateData"]}
    finally:
        plain("kinesis").delete_stream(StreamName="AggregateData")
        plain("kinesis").get_waiter("stream_not_exists").wait(
            StreamName="AggregateData", WaiterConfig={"Delay": 0.05, "MaxAttempts": 200}
        )


def own(*functions: str, **more: tuple[str, ...]) -> Application:
    return Application(
        functions=tuple(
            Function(name=name, lambda_name=name, handler="a.main", pinned=True, folder="/a")
            for name in functions
        ),
        **more,
    )


def test_what_an_application_no_longer_names_is_removed(workshop, found):
    more = own("A", "B", kinesis_streams=("frames",), channels=("wear", "alarms"))
    workshop.stack(application=more).deploy()
    there = found.everything()
    assert there["functions"] == ["proof-A", "proof-B"]
    assert there["channels"] == ["alarms", "wear"]
    assert "datastores" not in there
    assert "connector definitions" not in there
    fewer = workshop.stack(application=own("B", channels=("wear",)))
    assert {each.resource for each in fewer.diff() if each.action == "remove"} == {
        "Lambda function proof-A",
        "Kinesis data stream frames",
        "IoT Analytics channel alarms",
    }
    fewer.deploy()
    assert fewer.diff() == []
    there = found.everything()
    assert (there["functions"], there["channels"]) == (["proof-B"], ["wear"])
    assert "Kinesis" not in there
    fewer.destroy()
    assert found.everything() == {}


@pytest.mark.parametrize(("settings", "serves"), [({}, True), ({"numberOfDays": 1}, False)])
def test_a_channel_of_somebody_else_serves_as_it_is_and_stays(
    workshop, found, plain, settings, serves
):
    kept = {"retentionPeriod": settings} if settings else {}
    plain("iotanalytics").create_channel(channelName="wear", **kept)
    stack = workshop.stack(application=own("A", channels=("wear",)))
    try:
        if serves:
            stack.deploy()
        else:
            with pytest.raises(StackFailed, match="that this stack did not make"):
                stack.deploy()
        stack.destroy()
        assert found.everything() == {"channels": ["wear"]}
    finally:
        plain("iotanalytics").delete_channel(channelName="wear")


def test_a_service_role_of_somebody_else_serves_and_stays(workshop, found, plain):
    theirs = "arn:aws:iam::000000000000:role/theirs"
    plain("greengrass").associate_service_role_to_account(RoleArn=theirs)
    try:
        changed = workshop.stack().deploy().changed
        assert not [each for each in changed if "service role" in each.resource]
        workshop.stack().destroy()
        assert found.everything() == {"service role": [theirs]}
    finally:
        plain("greengrass").disassociate_service_role_from_account()


def test_the_private_key_is_kept_where_only_its_owner_reads_it(workshop):
    outputs = workshop.stack().deploy().outputs
    assert stat.S_IMODE(workshop.state.stat().st_mode) == 0o600
    assert outputs.private_key_pem not in repr(outputs)


def test_a_certificate_whose_key_was_lost_is_replaced(workshop, found):
    first = workshop.stack().deploy().outputs
    workshop.state.unlink()
    with pytest.raises(StackFailed, match="its private key is not known on this machine"):
        workshop.stack().outputs()
    second = workshop.stack().deploy().outputs
    assert second.private_key_pem != first.private_key_pem
    assert second.devices[0].private_key_pem != first.devices[0].private_key_pem
    assert len(found.everything()["certificates"]) == 2
    assert workshop.stack().diff() == []


def test_there_are_no_outputs_of_what_is_not_there(workshop):
    with pytest.raises(StackFailed, match="deploy the stack first"):
        workshop.stack().outputs()


def test_a_function_that_cannot_be_packed_leaves_the_cloud_as_it_is(workshop, found):
    def broken(function):
        raise BundleUnavailable(function, "the disk is full")

    with pytest.raises(BundleUnavailable, match="the disk is full"):
        workshop.stack(packer=broken).deploy()
    assert found.everything() == {}


def test_a_cloud_that_does_not_answer_is_named(workshop):
    nowhere = Cloud("http://127.0.0.1:1", "ap-southeast-2")
    with pytest.raises(StackFailed, match=r'Could not connect.*"http://127\.0\.0\.1:1/'):
        workshop.stack(nowhere).deploy()


def test_cloud_and_parameters_agree_about_the_region(workshop):
    with pytest.raises(BadInput, match="the stack is for ap-southeast-2, the cloud is us-east-1"):
        Stack(
            workshop.parameters(),
            Cloud("http://127.0.0.1:1", "us-east-1"),
            workshop.state,
            workshop.packer(),
        )
