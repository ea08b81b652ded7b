from argparse import Namespace

import pytest

from harness.commands.outcome import CommandFailed, ExitStatus
from harness.load.export import Export
from harness.load.options import OPTIONS, LoadOptions, parse
from harness.load.shape import ShapeName


def parsed(**given: str) -> LoadOptions:
    defaults = {option.name.replace("-", "_"): option.default for option in OPTIONS}
    return parse(Namespace(**{**defaults, **given}))


def test_a_load_without_options_is_that_of_the_mission() -> None:
    options = parsed()

    assert (options.rate_hz, options.duration_ms, options.sensors) == (20.0, 60_000, 1)
    assert options.shape.name is ShapeName.STEADY
    assert options.export == Export("kinesis", "LoadData")
    assert len(options.schedule("StreamAppender")) == 1200


def test_a_number_alone_is_per_second_and_in_seconds() -> None:
    options = parsed(rate="200", duration="90")

    assert (options.rate_hz, options.duration_ms) == (200.0, 90_000)


def test_quantities_have_units_as_in_a_scenario() -> None:
    options = parsed(rate="30/min", duration="5m", patience="500ms")

    assert (options.rate_hz, options.duration_ms) == (0.5, 300_000)
    assert options.policy.patience_s == 0.5


def test_a_ramp_takes_all_of_the_load_unless_it_is_told_otherwise() -> None:
    assert parsed(shape="ramp", duration="2m").shape.over_ms == 120_000
    assert parsed(shape="ramp", duration="2m", over="30s").shape.over_ms == 30_000


def test_an_export_takes_what_is_made_in_two_seconds_at_once() -> None:
    assert parsed().batch_size == 40
    assert parsed(rate="200", shape="burst").batch_size == 500
    assert parsed(rate="200", export="iotanalytics:c").batch_size == 100
    assert parsed(batch_size="7").batch_size == 7


def test_a_device_that_uses_the_api_has_a_rate_of_its_own() -> None:
    assert len(parsed(api_rate="2", rate="200").schedule("SensorApi")) == 120


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"rate": "fast"}, "--rate: 'fast' is no rate; write a number with a unit (/s, /min)"),
        ({"rate": "0"}, "--rate: '0/s' is no rate; write one above 0, such as 20/s."),
        ({"duration": "0s"}, "--duration: '0s' is no time at all; write a longer one"),
        ({"duration": "400h"}, "--duration: '400h' is longer than a week"),
        (
            {"shape": "wave"},
            "--shape: 'wave' is no shape; choose one of steady, ramp, burst, duty.",
        ),
        (
            {"shape": "duty", "lasting": "30s"},
            "--lasting: a duty has to be shorter than its period",
        ),
        ({"sensors": "0"}, "--sensors: '0' is no whole number from 1 to 1000; write one."),
        ({"retries": "-1"}, "--retries: '-1' is no whole number from 0 to 100; write one."),
        ({"times": "0"}, "--times: '0' is no number above 0; write one, such as 5."),
        ({"export": "s3:bucket"}, "--export: 's3:bucket' is no destination; write kinesis:NAME"),
        ({"export": "kinesis:"}, "--export: 'kinesis:' is no destination"),
        ({"batch_size": "501"}, "--batch-size: '501' is no whole number from 1 to 500"),
        ({"stream": ""}, "--stream: a stream has a name of 1 to 255 characters; write one."),
        ({"qos": "2"}, "--qos: '2' is no whole number from 0 to 1; write one."),
    ],
)
def test_a_wrong_option_gets_one_sentence(given: dict[str, str], sentence: str) -> None:
    with pytest.raises(CommandFailed) as failed:
        parsed(**given)

    assert str(failed.value).startswith(sentence)
    assert failed.value.status is ExitStatus.BAD_INPUT


def test_each_option_can_be_set_by_a_variable() -> None:
    variables = {option.name: option.variable for option in OPTIONS}

    assert variables["site"] == "STREAM_CHAOS_SITE"
    assert variables["reading-bytes"] == "STREAM_CHAOS_LOAD_READING_BYTES"
