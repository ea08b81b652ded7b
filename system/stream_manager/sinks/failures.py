"""What an exception of a client says about the batch: which side failed, and whether it may have been stored."""

from collections.abc import Iterator
from http.client import IncompleteRead as BodyCutShort

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, ReadTimeoutError
from botocore.exceptions import ConnectionError as NotConnected
from urllib3.exceptions import IncompleteRead

from system.stream_manager.export.batch import Failed

REASON_LETTERS_MAX = 500
"""A status of an exporter carries its reason; pages of a proxy are longer."""

# Answers of servers and proxies that do not know themselves what became of the request.
DOUBTFUL_STATUSES = frozenset({500, 502, 504})


def failed(error: Exception) -> Failed:
    """What `error` says about the batch of the request that raised it."""
    reason = (str(error) or repr(error))[:REASON_LETTERS_MAX]
    match error:
        case ClientError():
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            return Failed(reason=refusal(error), doubtful=status in DOUBTFUL_STATUSES)
        case ReadTimeoutError():
            return Failed(reason=reason, transport=True, doubtful=True)
        case HTTPClientError():
            return Failed(reason=reason, transport=True, doubtful=was_cut_short(error))
        case NotConnected():
            return Failed(reason=reason, transport=True)
        case BotoCoreError():
            # Credentials, settings: nothing was sent.
            return Failed(reason=reason)
        case _:
            return Failed(reason=f"{type(error).__name__}: {reason}", doubtful=True)


def refusal(error: ClientError) -> str:
    """What the service said, without botocore's words about it."""
    detail = error.response.get("Error", {})
    sentence = f"{error.operation_name}: {detail.get('Code', '')}: {detail.get('Message', '')}"
    return sentence[:REASON_LETTERS_MAX]


def was_cut_short(error: Exception) -> bool:
    """Whether the link was too slow for the request or its answer, rather than gone."""
    kinds = (TimeoutError, IncompleteRead, BodyCutShort)
    return any(isinstance(each, kinds) for each in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
