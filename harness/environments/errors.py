"""What can keep an environment from standing, and from being disturbed."""

from dataclasses import dataclass


@dataclass(eq=False)
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


@dataclass(eq=False)
class InjectionFailed(Exception):
    """A fault could not be injected.

    Attributes:
        reason: why, as a sentence.
    """

    reason: str

    def __str__(self) -> str:
        return self.reason
