"""Seeds in blocks: a few are tried whenever the tests run, all of them every night."""

import pytest

ALWAYS, ALL = 3, 10

BLOCKS = [
    *range(ALWAYS),
    *(pytest.param(block, marks=pytest.mark.nightly) for block in range(ALWAYS, ALL)),
]
