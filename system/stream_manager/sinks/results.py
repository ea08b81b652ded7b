"""Results of requests that carry parts of one batch."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from system.stream_manager.export.batch import Delivered, Failed, SinkResult
from system.wire.messages import Message

Part = TypeVar("Part", bound=Sequence[Message])


def in_turn(parts: Sequence[Part], send: Callable[[Part], SinkResult]) -> SinkResult:
    """Send the parts of a batch one after the other, up to the first that fails.

    Returns:
        The failure, when it is the first part's; else what was taken, with the rest as refused.
    """
    together = Delivered()
    begin = 0
    for part in parts:
        result = send(part)
        if isinstance(result, Failed):
            if not begin:
                return result
            rest = range(begin, sum(map(len, parts)))
            return replace(
                together,
                refused=(*together.refused, *rest),
                reason=result.reason,
                warnings=(*together.warnings, *result.warnings),
            )
        together = _joined(together, result, begin)
        begin += len(part)
    return together


def _joined(before: Delivered, result: Delivered, begin: int) -> Delivered:
    return Delivered(
        refused=(*before.refused, *(begin + index for index in result.refused)),
        skipped=(*before.skipped, *((begin + index, why) for index, why in result.skipped)),
        reason=before.reason or result.reason,
        note="; ".join(filter(None, (before.note, result.note))),
        sent_bytes=before.sent_bytes + result.sent_bytes,
        warnings=(*before.warnings, *result.warnings),
    )
