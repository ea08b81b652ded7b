"""The parts of a Lambda function's ARN."""

import re

ARN = re.compile(
    r"^(?P<unqualified>(?P<prefix>arn:aws(?:-[a-z]+)*:lambda)"
    r":(?P<region>[a-z0-9-]*):(?P<account>\d*):function:(?P<name>[a-zA-Z0-9-_]+))"
    r"(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?$"
)


class FunctionArnFields:
    """The fields of an ARN; those of system functions have neither region nor account.

    Raises:
        ValueError: it is not the ARN of a Lambda function.
    """

    def __init__(self, function_arn: str) -> None:
        found = ARN.match(function_arn)
        if not found:
            raise ValueError(f"{function_arn!r} is not the ARN of a Lambda function")
        self.unqualified_arn: str = found["unqualified"]
        self.region: str = found["region"]
        self.account_id: str = found["account"]
        self.name: str = found["name"]
        self.qualifier: str = found["qualifier"] or ""

    @staticmethod
    def build_function_arn(unqualified_arn: str, qualifier: str) -> str:
        """The ARN with its qualifier, if there is one."""
        return f"{unqualified_arn}:{qualifier}" if qualifier else unqualified_arn

    @staticmethod
    def build_arn_string(
        region: str, account_id: str, name: str, qualifier: str | None = None
    ) -> str:
        """The ARN of these fields."""
        arn = f"arn:aws:lambda:{region}:{account_id}:function:{name}"
        return FunctionArnFields.build_function_arn(arn, qualifier or "")
