"""The two ways of a link, by what gets lost on them."""

from enum import StrEnum


class Lost(StrEnum):
    """What does not get through."""

    REQUESTS = "requests"
    ANSWERS = "answers"
