"""What several judges ask of a history is worked out once."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from harness.history.history import History

P = ParamSpec("P")
T = TypeVar("T")


def once(asked: Callable[Concatenate[History, P], T]) -> Callable[Concatenate[History, P], T]:
    """Have a question about a history answered once for each thing that it is about; nobody changes the answer."""

    @wraps(asked)
    def answered(history: History, /, *about: P.args, **named: P.kwargs) -> T:
        key = (asked.__module__, asked.__qualname__, *map(id, about), *map(id, named.values()))
        if key not in history.worked_out:
            # What it is about is kept, too, so that nothing else can have its place in memory.
            history.worked_out[key] = asked(history, *about, **named), about, named
        answer: Any = history.worked_out[key][0]
        return answer  # type: ignore[no-any-return]

    return answered
