"""Which topic filters a device may subscribe to: those that something which it may receive could pass."""

from collections.abc import Iterable

from system.greengrass.router.filters import filter_problem


def may_subscribe(wanted: str, allowed: Iterable[str]) -> bool:
    """Whether a topic exists that passes the wanted filter and one of those that are allowed."""
    return filter_problem(wanted) is None and any(overlap(wanted, each) for each in allowed)


def overlap(one: str, other: str) -> bool:
    """Whether a topic exists that passes both filters."""
    return _overlap(one.split("/"), other.split("/"))


def _overlap(one: list[str], other: list[str]) -> bool:
    # `a/#` includes its parent `a`, so `#` also meets an end.
    if one[:1] == ["#"] or other[:1] == ["#"]:
        return True
    if not one or not other:
        return one == other
    meets = "+" in (one[0], other[0]) or one[0] == other[0]
    return meets and _overlap(one[1:], other[1:])
