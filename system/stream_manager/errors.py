"""What a stream can refuse, with the numbers that a client or an operator needs."""

from dataclasses import dataclass


class StreamManagerError(Exception):
    """Anything that the stream manager tells a client instead of doing what it asked."""


@dataclass(eq=False)
class StreamFull(StreamManagerError):
    """A stream that rejects new data has no room."""

    stream: str
    total_bytes: int
    max_size: int
    record_bytes: int

    def __str__(self) -> str:
        return (
            f"the stream {self.stream} is full: {self.total_bytes} of {self.max_size} bytes are taken "
            f"and the message needs {self.record_bytes}"
        )


@dataclass(eq=False)
class MessageTooLarge(StreamManagerError):
    """A message that can never be stored."""

    stream: str
    record_bytes: int
    segment_size: int
    max_size: int

    def __str__(self) -> str:
        return (
            f"the message takes {self.record_bytes} bytes in the stream {self.stream}, whose segments "
            f"have {self.segment_size} and which has {self.max_size} bytes"
        )


@dataclass(eq=False)
class StorageFailed(StreamManagerError):
    """The disk did not do what it was asked; nothing half-written stays."""

    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.what} failed: {self.reason}"


@dataclass(eq=False)
class CorruptRecord(StreamManagerError):
    """Messages that were stored cannot be read.

    Attributes:
        first, end: the unreadable messages are those from `first` up to, not including, `end`.
    """

    stream: str
    first: int
    end: int

    def __str__(self) -> str:
        return (
            f"the messages {self.first} to {self.end - 1} of the stream {self.stream} are damaged"
        )


@dataclass(eq=False)
class UpdateNotAllowed(StreamManagerError):
    """A definition that is valid by itself but not for this stream, as it is now."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class StreamExists(StreamManagerError):
    """A stream of this name is there already."""

    stream: str

    def __str__(self) -> str:
        # Programs in the field look for this text.
        return "the message stream already exists"


@dataclass(eq=False)
class StreamNotFound(StreamManagerError):
    """There is no stream of this name."""

    stream: str

    def __str__(self) -> str:
        return f"the message stream {self.stream} does not exist"


@dataclass(eq=False)
class NotEnoughMessages(StreamManagerError):
    """A read found fewer messages than it asked for, or waited for them in vain."""

    beyond_the_end: bool

    def __str__(self) -> str:
        # Programs in the field look for these texts.
        if self.beyond_the_end:
            return "the desired starting sequence number is greater than the last sequence number of the stream"
        return "not enough messages to return before time out"


@dataclass(eq=False)
class AnswerTooLarge(StreamManagerError):
    """As many messages as a read asks for at least do not fit one answer."""

    stream: str
    wanted: int
    limit_bytes: int

    def __str__(self) -> str:
        return (
            f"{self.wanted} messages of the stream {self.stream} are more than the {self.limit_bytes} bytes that one "
            "answer may have: ask for fewer"
        )


@dataclass(eq=False)
class StatusStreamMissing(StreamManagerError):
    """An exporter names a status stream that is not there."""

    exporter: str
    stream: str

    def __str__(self) -> str:
        return f"the status stream {self.stream} of the exporter {self.exporter} does not exist: create it first"
