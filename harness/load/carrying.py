"""How a reading is carried: what is tried again, and for how long.

- What could not be sent, because there is no connection, is tried again until it has been due for as long as the
  sender's patience: nobody can have it, so that nothing is doubled.
- What was sent and not answered may have been stored. It is not sent again, unless the sender is told to: then a
  second copy is lawful.
- What was refused stays refused.
"""

from collections.abc import Callable
from dataclasses import dataclass

from harness.load.answer import Answer, Outcome

RECONNECT_S = 0.25
"""Between two attempts to find a connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """See the module.

    Attributes:
        retries: how often a reading is sent again that was sent and not answered.
        patience_s: how long after it was due a reading waits for a connection.
    """

    retries: int = 0
    patience_s: float = 30.0


def carry(
    due_s: float,
    send: Callable[[], Answer],
    policy: Policy,
    *,
    now: Callable[[], float],
    pause: Callable[[float], None],
) -> Answer:
    """Send one reading, again if the policy says so.

    Args:
        due_s: when it was due, on the clock of `now`.
        send: sends it once.
        now: seconds.
        pause: waits for so many seconds.

    Returns:
        The last answer, its `sent_s` that of the last attempt.
    """
    retries = policy.retries
    while True:
        answer = send()
        match answer.outcome:
            case Outcome.UNSENT if now() < due_s + policy.patience_s:
                pause(RECONNECT_S)
            case Outcome.UNKNOWN if retries > 0:
                retries -= 1
            case _:
                return answer
