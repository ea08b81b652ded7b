"""Pages of an answer: a token is the number of items before the next page."""

from system.cloud.iotsitewise import errors
from system.cloud.service import Request


def offset_of(request: Request) -> int:
    """How many items come before the page asked for."""
    token = request.get("nextToken") or "0"
    if not token.isdecimal():
        raise errors.invalid_request("nextToken is none that was given")
    return int(token)


def next_token(offset: int, more: bool) -> dict[str, str]:
    """What an answer says of the page after it."""
    return {"nextToken": str(offset)} if more else {}
