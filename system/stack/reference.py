"""The application that comes with this package: sensor source, stream producer, stream aggregator and their page."""

from system.stack.application import Application, Function, Subscription
from system.stack.compose_file import compose_file
from system.stack.parameters import AGGREGATE_STREAM, StackParameters

RAW_STREAM = "LocalDataStream"
SENSOR_TOPIC = "sensor_data"
DEVICE = "device"


def application_of(parameters: StackParameters) -> Application:
    """What runs on the site of a stack: what its parameters name, else this one."""
    return parameters.application or _reference(parameters)


def channel_of(parameters: StackParameters) -> str:
    """The channel of this application's raw readings."""
    return f"{parameters.name.replace('-', '_')}_sensordata"


def _reference(parameters: StackParameters) -> Application:
    topic = parameters.sensor_source.get("SENSOR_TOPIC", SENSOR_TOPIC)
    return Application(
        functions=_functions(parameters),
        subscriptions=tuple(
            Subscription(source=source, topic=topic, target="stream_producer")
            for source in ("sensor_source", DEVICE)
        ),
        devices=(DEVICE,),
        kinesis_streams=(AGGREGATE_STREAM, *parameters.kinesis_streams),
        channels=(channel_of(parameters),),
        compose=compose_file(parameters),
    )


def _functions(parameters: StackParameters) -> tuple[Function, ...]:
    """Each with the variables that it needs, then those that the parameters say."""
    raw_stream = parameters.stream_producer.get("LOCAL_STREAM", RAW_STREAM)
    source = {"SENSOR_API_PORT": str(parameters.sensor_api_port)}
    producer = {"STREAM_MANAGER_CHANNEL": channel_of(parameters)}
    aggregator = {
        "LOCAL_DATA_STREAM": raw_stream,
        "KINESIS_DATA_STREAM": AGGREGATE_STREAM,
        "AGGREGATE_API_PORT": str(parameters.aggregate_api_port),
    }
    return (
        Function(
            name="sensor_source",
            lambda_name="GreengrassLambda-SensorSource",
            handler="sensor_source.main",
            pinned=True,
            environment={**source, **parameters.sensor_source},
        ),
        Function(
            name="stream_producer",
            lambda_name="GreengrassLambda-StreamProducer",
            handler="stream_producer.main",
            pinned=False,
            environment={**producer, **parameters.stream_producer},
        ),
        Function(
            name="stream_aggregator",
            lambda_name="GreengrassLambda-StreamAggregator",
            handler="stream_aggregator.main",
            pinned=True,
            environment={**aggregator, **parameters.stream_aggregator},
        ),
    )
