"""The collector of cycles, kept from looking through the millions of things that a long run rightly holds."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OFTEN, SELDOM, ALMOST_NEVER = 100_000, 20, 500
"""What is new is looked through as usual, but for its number; what is old hardly ever: few cycles are made at all."""


@contextmanager
def collected_seldom() -> Iterator[None]:
    """While the block runs, what lives long is seldom looked through; a tenth of the time would go there."""
    before = gc.get_threshold()
    gc.set_threshold(OFTEN, SELDOM, ALMOST_NEVER)
    try:
        yield
    finally:
        gc.set_threshold(*before)
