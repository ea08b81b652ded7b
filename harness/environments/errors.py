"""What can keep an environment from standing."""

from dataclasses import dataclass


@dataclass
class EnvironmentUnavailable(Exception):
    """The environment could not be stood up (exit status 4).

    Attributes:
        what: what could not be had, as a sentence.
        mend: what to do about it, as a sentence.
    """

    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.what}. {self.mend}" if self.mend else f"{self.what}."
