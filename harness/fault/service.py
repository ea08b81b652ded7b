"""The cloud services of a site, each with a link of its own that can fail apart."""

from enum import StrEnum


class Service(StrEnum):
    """A cloud service, by the name of its link."""

    KINESIS = "kinesis"
    IOTANALYTICS = "iotanalytics"
    IOT = "iot"
    GREENGRASS = "greengrass"
    S3 = "s3"
    LOGS = "logs"
    LAMBDA = "lambda"
    IOTSITEWISE = "iotsitewise"


ALL_SERVICES = tuple(Service)
"""Every link of the site: the whole uplink."""
