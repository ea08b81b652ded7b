"""MQTT topics and topic filters."""

TOPIC_BYTES_MAX = 256
"""As the cloud's broker has it; forward slashes count."""


def topic_problem(topic: str) -> str | None:
    """What is wrong with a topic that somebody publishes to, if anything."""
    if not topic:
        return "the topic is empty"
    if len(topic.encode()) > TOPIC_BYTES_MAX:
        return f"the topic is longer than {TOPIC_BYTES_MAX} bytes"
    if any(wildcard in topic for wildcard in "+#"):
        return f"the topic {topic!r} has a wildcard; those belong into subscriptions only"
    return None


def filter_problem(pattern: str) -> str | None:
    """What is wrong with a topic filter, if anything."""
    levels = pattern.split("/")
    if not pattern:
        return "the subject is empty"
    if any("#" in level for level in levels[:-1]) or ("#" in levels[-1] and levels[-1] != "#"):
        return f"in {pattern!r} `#` has to be the whole last level"
    if any("+" in level and level != "+" for level in levels):
        return f"in {pattern!r} `+` has to be a whole level"
    return None


def matches(pattern: str, topic: str) -> bool:
    """Whether a topic passes a filter: `+` stands for one level, `#` for all that follow."""
    wanted, present = pattern.split("/"), topic.split("/")
    # As MQTT has it, a wildcard in first place leaves reserved topics alone.
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    if wanted[-1] == "#":
        # `a/#` includes its parent `a`.
        wanted = wanted[:-1]
        present = present[: len(wanted)]
    return len(wanted) == len(present) and all(
        want in ("+", level) for want, level in zip(wanted, present, strict=True)
    )
