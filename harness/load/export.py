"""Where the load's stream is exported to."""

from dataclasses import dataclass

EXAMPLES = "kinesis:NAME, iotanalytics:CHANNEL or none"


@dataclass(frozen=True, slots=True)
class Export:
    """A destination.

    Attributes:
        service: `kinesis` or `iotanalytics`.
        target: name of the data stream or channel.
    """

    service: str
    target: str

    @classmethod
    def parse(cls, text: str) -> "Export":
        """The destination in `SERVICE:TARGET`.

        Raises:
            ValueError: the text has another form.
        """
        service, _, target = text.partition(":")
        if service not in ("kinesis", "iotanalytics") or not target:
            raise ValueError(f"{text!r} is no destination; write {EXAMPLES}")
        return cls(service, target)

    @property
    def most_messages(self) -> int:
        """How many messages go into one request at most."""
        return 500 if self.service == "kinesis" else 100

    def __str__(self) -> str:
        return f"{self.service}:{self.target}"
