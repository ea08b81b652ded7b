"""The tokens by which functions are known."""

import base64
import hmac
import secrets


class Tokens:
    """Gives each function a token.

    It is the same for a function as long as the core runs, so that a deployment need not restart whoever was told the
    tokens of the functions that stay.
    """

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def of(self, arn: str) -> str:
        """The token of a function."""
        digest = hmac.digest(self._secret, arn.encode(), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
