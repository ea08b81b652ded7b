"""Entry points of the plugin: a factory for each service, called when the service is first asked for."""

from localstack.services.plugins import Service, aws_provider


def _iot() -> Service:
    from system.cloud.iot.provider import create

    return create()


def _greengrass() -> Service:
    from system.cloud.greengrass.provider import create

    return create()


def _iotanalytics() -> Service:
    from system.cloud.iotanalytics.provider import create

    return create()


def _iotsitewise() -> Service:
    from system.cloud.iotsitewise.provider import create

    return create()


# The plugin loader reads these names from the entry points. Called rather than used as decorators: a decorator of an
# untyped package would leave the factories untyped.
iot = aws_provider(api="iot")(_iot)
greengrass = aws_provider(api="greengrass")(_greengrass)
iotanalytics = aws_provider(api="iotanalytics")(_iotanalytics)
iotsitewise = aws_provider(api="iotsitewise")(_iotsitewise)
