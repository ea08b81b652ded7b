"""The template, and the compose file in it."""

from dataclasses import replace

import pytest

from system.greengrass.v1.compose import parse_services
from system.stack.application import Application, Function, Subscription
from system.stack.bundles import FUNCTIONS, bundle
from system.stack.compose_file import compose_file
from system.stack.parameters import StackParameters
from system.stack.resource import Kind, ordered
from system.stack.template import template


def resources(parameters=None, content=b"1"):
    packed = {function: bundle(content) for function in FUNCTIONS}
    return template(parameters or StackParameters(), packed)


def one(kind, found):
    (resource,) = [each for each in found if each.kind is kind]
    return resource


def variables(parameters):
    entries = one(Kind.FUNCTION_DEFINITION, resources(parameters)).properties["Functions"]
    return [each["FunctionConfiguration"]["Environment"]["Variables"] for each in entries]


def test_each_resource_comes_after_all_that_it_needs():
    seen = set()
    for resource in ordered(resources()):
        assert resource.needs() <= seen
        seen.add(resource.key)
    assert len(seen) == len(resources())


def test_the_same_parameters_and_bundles_give_the_same_template():
    assert resources() == resources()


def test_the_parameters_environments_reach_the_functions():
    manager, source, producer, aggregator = variables(
        StackParameters(
            stream_manager={"STREAM_MANAGER_SERVER_PORT": "9001"},
            sensor_source={"SENSOR_COUNT": "3"},
            stream_producer={"LOCAL_STREAM": "Small", "LOCAL_STREAM_MAX_SIZE": "1024"},
            stream_aggregator={"AGGREGATE_STREAM": "Other"},
            sensor_api_port=1,
            aggregate_api_port=2,
        )
    )
    assert manager == {"STREAM_MANAGER_SERVER_PORT": "9001"}
    assert source == {"SENSOR_API_PORT": "1", "SENSOR_COUNT": "3"}
    assert producer["STREAM_MANAGER_CHANNEL"] == "greengrass_stream_mgr_accel_sensordata"
    assert producer["LOCAL_STREAM_MAX_SIZE"] == "1024"
    assert aggregator == {
        "LOCAL_DATA_STREAM": "Small",
        "KINESIS_DATA_STREAM": "AggregateData",
        "AGGREGATE_API_PORT": "2",
        "AGGREGATE_STREAM": "Other",
    }


def test_subscriptions_follow_the_topic_of_the_source():
    found = resources(StackParameters(sensor_source={"SENSOR_TOPIC": "plant/readings"}))
    subscriptions = one(Kind.SUBSCRIPTION_DEFINITION, found).properties["Subscriptions"]
    assert [each["Subject"] for each in subscriptions] == ["plant/readings"] * 2
    assert [str(each["Source"]) for each in subscriptions] == [
        "<function-sensor_source.alias_arn>",
        "<device-device-thing.arn>",
    ]


def test_other_code_is_another_function_definition():
    first, second = (
        one(Kind.FUNCTION_DEFINITION, resources(content=content)).properties
        for content in (b"1", b"2")
    )
    assert first != second


@pytest.mark.parametrize("stream", ["AggregateData", "Raw"])
def test_the_group_may_write_to_every_stream(stream):
    found = resources(StackParameters(kinesis_streams=("Raw",)))
    role = next(each for each in found if each.key == "group-role")
    assert f"kinesis-{stream}" in role.needs()


def test_the_page_runs_as_a_process_where_there_are_no_containers():
    parameters = StackParameters(
        dashboard_port=9000, aggregate_api_port=9001, dashboard={"POLL_INTERVAL_S": "$1"}
    )
    (service,) = parse_services(compose_file(parameters), {})
    assert service.command[1:] == ("-m", "system.dashboard")
    assert service.environment == {
        "PORT": "9000",
        "AGGREGATE_URL": "http://127.0.0.1:9001/api/v1/aggregate",
        "POLL_INTERVAL_S": "$1",
    }


OWN = Application(
    functions=(
        Function(
            name="Press",
            lambda_name="Press",
            handler="press.main",
            pinned=True,
            encoding="json",
            timeout_s=7,
            memory_kb=65536,
            environment={"A": "1"},
            folder="/somewhere",
        ),
        Function(name="Alarm", lambda_name="Alarm", handler="alarm.main", pinned=False),
    ),
    subscriptions=(
        Subscription(source="Press", topic="press/+", target="Alarm"),
        Subscription(source="Alarm", topic="alarms", target="cloud"),
    ),
    kinesis_streams=("Frames",),
)


def own(**changes):
    parameters = StackParameters(name="line", application=replace(OWN, **changes))
    return template(parameters, {name: bundle(b"1") for name in ("Press", "Alarm")})


def test_another_application_takes_the_place_of_ours_whole():
    functions = [each for each in own() if each.kind is Kind.FUNCTION]
    assert {(each.name, each.properties["handler"]) for each in functions} == {
        ("line-Press", "press.main"),
        ("line-Alarm", "alarm.main"),
    }
    _, press, alarm = one(Kind.FUNCTION_DEFINITION, own()).properties["Functions"]
    assert press["FunctionConfiguration"] == {
        "EncodingType": "json",
        "Pinned": True,
        "Timeout": 7,
        "MemorySize": 65536,
        "Environment": {"Variables": {"A": "1"}},
    }
    assert not alarm["FunctionConfiguration"]["Pinned"]
    assert [each.name for each in own() if each.kind is Kind.KINESIS_STREAM] == ["Frames"]


def test_its_subscriptions_name_its_functions_and_the_cloud():
    first, second = one(Kind.SUBSCRIPTION_DEFINITION, own()).properties["Subscriptions"]
    assert (first["Subject"], second["Target"]) == ("press/+", "cloud")
    needs = one(Kind.SUBSCRIPTION_DEFINITION, own()).needs()
    assert needs == {"function-Press", "function-Alarm"}


def test_what_it_does_not_need_is_not_there():
    kinds = {each.kind for each in own(kinesis_streams=())}
    assert not kinds & {Kind.CONNECTOR_DEFINITION, Kind.OBJECT, Kind.CHANNEL, Kind.KINESIS_STREAM}
    assert not kinds & {Kind.DEVICE_DEFINITION, Kind.CERTIFICATE_AUTHORITY}
    for resource in ordered(own(kinesis_streams=())):
        assert "connectors-definition" not in resource.needs()


def test_its_container_and_its_channels_are_there_when_it_has_some():
    found = own(compose="services: {}\n", channels=("alarms",))
    assert one(Kind.OBJECT, found).payload == b"services: {}\n"
    assert one(Kind.CHANNEL, found).name == "alarms"
    assert Kind.CONNECTOR_DEFINITION in {each.kind for each in found}


def test_a_device_is_an_end_of_subscriptions_like_a_function():
    to_device = Subscription(source="Press", topic="orders", target="gauge")
    found = own(devices=("gauge",), subscriptions=(to_device,))
    (subscription,) = one(Kind.SUBSCRIPTION_DEFINITION, found).properties["Subscriptions"]
    assert str(subscription["Target"]) == "<device-gauge-thing.arn>"
    (device,) = one(Kind.DEVICE_DEFINITION, found).properties["Devices"]
    assert str(device["ThingArn"]) == "<device-gauge-thing.arn>"
    assert "line_gauge" in {each.name for each in found if each.kind is Kind.THING}
