"""What one case does, from its seed alone: streams, clients, and when the server is killed."""

from dataclasses import dataclass
from random import Random

FILE, MEMORY = 0, 1
REJECT, OVERWRITE = 0, 1
KILLS_PER_CASE = 10


@dataclass(frozen=True)
class StreamPlan:
    """One stream.

    Attributes:
        batch_size: of its exporter; 0: it has none.
    """

    name: str
    persistence: int
    strategy: int
    flush: bool
    max_size: int
    segment_size: int
    batch_size: int

    def definition(self, exporters):
        """The definition as it is sent; `exporters` makes an export definition of a batch size."""
        return {
            "name": self.name,
            "persistence": self.persistence,
            "strategyOnFull": self.strategy,
            "flushOnWrite": self.flush,
            "maxSize": self.max_size,
            "streamSegmentSize": self.segment_size,
            "exportDefinition": exporters(self) if self.batch_size else {},
        }


@dataclass(frozen=True)
class ClientPlan:
    """One client: how many requests it has under way, and the largest of its payloads."""

    number: int
    window: int
    payload_bytes_max: int


@dataclass(frozen=True)
class Kill:
    """One moment.

    Attributes:
        answers: so many answers after the load began,
        delay_s: and so much later.
        at_start: instead of that, this part of the time that a start takes after the kill before; None: under load.
    """

    answers: int
    delay_s: float
    at_start: float | None


@dataclass(frozen=True)
class Case:
    """What a seed says.

    Attributes:
        over_http: the exporters post to a destination; else the server prints what it exports.
    """

    seed: int
    over_http: bool
    streams: tuple[StreamPlan, ...]
    clients: tuple[ClientPlan, ...]
    kills: tuple[Kill, ...]


def planned(seed, kills=KILLS_PER_CASE):
    """The case of a seed; more kills continue it."""
    dice = Random(seed)
    return Case(
        seed,
        dice.random() < 0.25,
        tuple(_stream(f"s{number}", dice) for number in range(dice.randint(2, 4))),
        tuple(
            ClientPlan(number, dice.choice([1, 4, 32, 128]), dice.choice([40, 400, 4000]))
            for number in range(dice.randint(1, 4))
        ),
        tuple(_kill(dice, first=not number) for number in range(kills)),
    )


def _stream(name, dice):
    segment = dice.choice([8 << 10, 32 << 10])
    persistence = dice.choices([FILE, MEMORY], [5, 1])[0]
    return StreamPlan(
        name,
        persistence,
        dice.choices([REJECT, OVERWRITE], [1, 2])[0],
        persistence == FILE and dice.random() < 0.5,
        dice.choice([segment, 4 * segment, 1 << 18]),
        segment,
        dice.choice([0, 3, 20, 100]),
    )


def _kill(dice, *, first):
    answers = dice.choice([dice.randint(1, 20), dice.randint(20, 600)])
    delay_s = dice.choice([0, dice.uniform(0, 0.05)])
    at_start = dice.uniform(0.3, 1.1) if dice.random() < 0.15 else None
    return Kill(answers, delay_s, None if first else at_start)
