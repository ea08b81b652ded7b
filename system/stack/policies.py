"""Who may do what: the documents of IAM and IoT."""

from typing import Any

from system.stack.names import Names
from system.stack.resource import Joined, Reference, joined, reference

Document = dict[str, Any]
VERSION = "2012-10-17"


def _statement(resource: Any, *actions: str) -> Document:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def trust(service: str) -> Document:
    """Lets a service of AWS take the role."""
    principal = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Version": VERSION, "Statement": [statement]}


def group_policy(names: Names) -> Document:
    """What the core, its functions and its connector may do in the cloud."""
    streams: list[Joined | Reference] = [reference(kinesis_key(n)) for n in names.kinesis_streams]
    channels: list[Joined | Reference] = [reference(channel_key(n)) for n in names.channels]
    statements = [
        _statement("*", "iot:*"),
        _statement(
            "arn:aws:logs:*:*:*",
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
        ),
        *([_statement(channels, "iotanalytics:*")] if channels else []),
        _statement("*", "kinesis:ListStreams"),
        *([_statement(streams, "kinesis:*")] if streams else []),
        # The connector fetches its compose file, the core the code of its functions.
        _statement(joined(reference("bucket"), "/*"), "s3:GetObject", "s3:GetObjectVersion"),
        _statement("*", "lambda:GetFunction"),
    ]
    return {"Version": VERSION, "Statement": statements}


def function_policy() -> Document:
    """What a function may do if it were invoked in the cloud, which nobody does: write its log."""
    actions = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
    return {"Version": VERSION, "Statement": [_statement("arn:aws:logs:*:*:*", *actions)]}


def core_policy() -> Document:
    """What whoever has the core's certificate may do."""
    return {"Version": VERSION, "Statement": [_statement("*", "iot:*", "greengrass:*")]}


def device_policy() -> Document:
    """What whoever has a device's certificate may do: speak MQTT, and look for its core."""
    actions = ("iot:Connect", "iot:Publish", "iot:Subscribe", "iot:Receive", "greengrass:Discover")
    return {"Version": VERSION, "Statement": [_statement("*", *actions)]}


def channel_key(channel: str) -> str:
    """By which the template refers to an IoT Analytics channel."""
    return f"channel-{channel}"


def kinesis_key(stream: str) -> str:
    """By which the template refers to a Kinesis data stream."""
    return f"kinesis-{stream}"
