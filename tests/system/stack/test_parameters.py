"""The parameters of a stack: what may be said, and that all mistakes are told at once."""

import json

import pytest

from system.stack import BadInput, StackParameters, load_parameters
from system.stack.application import Application, Function, Subscription


def test_what_was_written_is_read_back():
    parameters = StackParameters(
        name="mine",
        region="eu-central-1",
        sensor_source={"SENSOR_RATE_HZ": "5"},
        dashboard_port=9000,
        kinesis_streams=("Raw",),
    )
    assert StackParameters.from_json(json.loads(json.dumps(parameters.to_json()))) == parameters


def test_an_application_is_read_back():
    application = Application(
        functions=(
            Function(name="A", lambda_name="A", handler="a.main", pinned=True, folder="/a"),
        ),
        subscriptions=(Subscription(source="A", topic="t", target="cloud"),),
        kinesis_streams=("Frames",),
        channels=("alarms",),
        compose="services: {}",
    )
    parameters = StackParameters(application=application)
    assert StackParameters.from_json(json.loads(json.dumps(parameters.to_json()))) == parameters


def test_an_application_that_no_site_file_gives_is_refused():
    with pytest.raises(BadInput, match="deploy with --site"):
        StackParameters.from_json({"application": {"functions": [{"name": "A"}]}})


def test_what_is_left_out_keeps_its_default():
    assert StackParameters.from_json({}) == StackParameters()


def test_all_mistakes_are_told_at_once(tmp_path):
    file = tmp_path / "parameters.json"
    mistakes = {
        "nmae": "x",
        "name": "Not-This",
        "region": "nowhere",
        "sensor_source": {"SENSOR_RATE_HZ": 20, "1ST": "x"},
        "stream_manager": [],
        "sensor_api_port": 0,
        "aggregate_api_port": 8082,
        "kinesis_streams": ["AggregateData", "no stream"],
    }
    file.write_text(json.dumps(mistakes))
    with pytest.raises(BadInput) as bad:
        load_parameters(file)
    assert bad.value.where == str(file)
    for number, told in enumerate(
        [
            "`nmae` is not known",
            "`name` has to be small letters",
            "`region` has to be a region such as us-east-1, not 'nowhere'",
            '`sensor_source.SENSOR_RATE_HZ` has to be a string, such as "20"',
            "`sensor_source.1ST` is not the name of a variable",
            "`stream_manager` has to be an object of strings",
            "`sensor_api_port` has to be a port, 1 to 65535, not 0",
            "have to be three different ports",
            "`kinesis_streams`: AggregateData is there anyway",
            "`kinesis_streams`: 'no stream' is not the name",
        ]
    ):
        assert told in bad.value.problems[number]
    assert len(bad.value.problems) == 10


def test_a_name_that_makes_the_bucket_s_name_too_long_is_refused():
    with pytest.raises(BadInput, match="more than 63 letters"):
        StackParameters.from_json({"name": "a" * 30, "region": "us-gov-northwest-1"})


@pytest.mark.parametrize(
    ("content", "told"), [("{", "it is not JSON"), ("[]", "has to be a JSON object")]
)
def test_a_file_that_is_no_parameters_is_named(tmp_path, content, told):
    file = tmp_path / "parameters.json"
    file.write_text(content)
    with pytest.raises(BadInput, match=told) as bad:
        load_parameters(file)
    assert str(bad.value).startswith(f"{file}: ")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadInput, match="cannot be read"):
        load_parameters(tmp_path / "none.json")
