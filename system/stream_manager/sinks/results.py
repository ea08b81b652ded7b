"""Results of requests that carry parts of one batch."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from system.stream_manager.export.batch import Delivered, Failed, SinkResult

Part = TypeVar("Part", bound=Sequence[Any])
Each = TypeVar("Each")


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


def halves(batch: Sequence[Each]) -> tuple[Sequence[Each], Sequence[Each]]:
    """The two halves of a batch of at least two."""
    middle = len(batch) // 2
    return batch[:middle], batch[middle:]


def chosen(
    result: SinkResult, indexes: Sequence[int], skipped: tuple[tuple[int, str], ...]
) -> SinkResult:
    """The result of a batch of which only a part was sent.

    Args:
        result: of that part.
        indexes: of the messages that were sent.
        skipped: index of the others, with the reason.
    """
    if isinstance(result, Failed):
        if not skipped:
            return result
        # The destination never sees those; what is left is a batch of its own the next time.
        return Delivered(
            refused=tuple(indexes),
            skipped=skipped,
            reason=result.reason,
            warnings=result.warnings,
        )
    told = ((indexes[index], why) for index, why in result.skipped)
    return replace(
        result,
        refused=tuple(indexes[index] for index in result.refused),
        skipped=tuple(sorted((*skipped, *told))),
    )


def _joined(before: Delivered, result: Delivered, begin: int) -> Delivered:
    return Delivered(
        refused=(*before.refused, *(begin + index for index in result.refused)),
        skipped=(*before.skipped, *((begin + index, why) for index, why in result.skipped)),
        reason=before.reason or result.reason,
        note="; ".join(filter(None, (before.note, result.note))),
        sent_bytes=before.sent_bytes + result.sent_bytes,
        warnings=(*before.warnings, *result.warnings),
    )
